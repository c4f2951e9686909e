#!/bin/bash -eu
usage() {
  echo "usage: $0 PATH $3"
}
path=${1:-/}
df -P "$path" | tail -n 1
[ -z "$2" ] || echo "$2"
