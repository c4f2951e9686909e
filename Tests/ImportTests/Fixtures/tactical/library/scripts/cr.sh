#!/bin/sh
printf "ab\n"
