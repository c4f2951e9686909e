#!/usr/bin/env bash
for path in "$@"; do du -s "$path"; done
