#!/bin/bash
# Demo of `make run`: a short real workload under opensnoop. With arguments: snoopkit with those.
set -eu
export LC_ALL=C # otherwise most events are the C library opening locale files
. scripts/lib.sh

is_root || has_sudo || fail 'tracing requires root (or CAP_BPF, CAP_PERFMON ...) and sudo is not available: run make as root'

if [ $# -eq 0 ]; then
    set -- opensnoop -f -- sh -c 'cat /etc/hostname; ls /proc/self/ns >/dev/null; cat /nonexistent 2>/dev/null; exit 0'
    echo "\$ LC_ALL=C snoopkit opensnoop -f -- sh -c '${!#}'"
fi
as_root "$(command -v node)" bin/snoopkit.cjs "$@"
