#!/bin/sh
echo "$PT_p1"
