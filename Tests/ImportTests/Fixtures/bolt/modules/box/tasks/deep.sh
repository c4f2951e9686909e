#!/bin/sh
echo "$PT_x"
