#!/usr/bin/env bash
set -e
sleep "${PT_timeout:-3}"
echo "{\"status\":\"queued\"}"
