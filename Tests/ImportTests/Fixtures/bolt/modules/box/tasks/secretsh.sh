#!/bin/sh
printf "%s:%s\n" "$PT_user" "$PT_password"
