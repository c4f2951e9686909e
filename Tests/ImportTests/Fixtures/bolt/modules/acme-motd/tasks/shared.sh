#!/bin/bash

declare PT__installdir
for f in "$PT__installdir"/motd/files/*.sh "$PT__installdir"/motd/files/lib/*.sh; do source "$f"; done
[ -n "$PT_name" ] || fail "no name"
[ "$PT__noop" = true ] || one
two
printf "%s of %s\n" "${#PT_password}" "$PT__task"
