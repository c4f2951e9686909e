#!/bin/sh
[ "$PT__noop" = true ] && echo "would greet $PT_name" && exit
echo "hello $PT_name from $PT__task"
