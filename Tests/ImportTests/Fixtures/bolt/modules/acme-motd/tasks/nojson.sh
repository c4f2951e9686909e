#!/bin/sh
echo "$PT_anything"
