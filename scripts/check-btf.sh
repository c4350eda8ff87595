#!/bin/bash
# Check that there is BTF to generate vmlinux.h from.
set -eu
. scripts/lib.sh
if [ -n "${BTF-}" ]; then
    [ -r "$BTF" ] || fail "BTF=$BTF: no such file, or not readable"
else
    [ -r /sys/kernel/btf/vmlinux ] ||
        fail 'this kernel has no BTF (/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF): build with make BTF=FILE'
fi
