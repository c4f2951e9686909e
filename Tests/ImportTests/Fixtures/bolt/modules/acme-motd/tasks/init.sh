#!/bin/bash -e
printf '%s\n' "$PT_text" > /etc/motd
chmod "$PT_mode" /etc/motd
