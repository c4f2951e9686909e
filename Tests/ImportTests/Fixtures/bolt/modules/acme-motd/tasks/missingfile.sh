#!/bin/sh
. "$PT__installdir/nobody/files/common.sh"
