#!/usr/bin/perl -w
print "x\n";
