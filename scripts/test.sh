#!/bin/bash
# Runs the tests, as root if that can be had; the tests that need no root run in any case.
set -eu
. scripts/lib.sh

mocha=(node_modules/mocha/bin/mocha.js "$@")
[ -z "${CI-}" ] || mocha+=(--forbid-only)
if ! is_root && has_sudo; then
    exec sudo --preserve-env=CI,PACKAGED_OBJECTS,OTELCOL,OTEL_PROTO,SNOOPKIT_FORBID_SKIP env "PATH=$PATH" "$(command -v node)" "${mocha[@]}"
fi
# sudo drops it, too: Node reads those certificates at every start, and here it starts thousands of times.
unset NODE_EXTRA_CA_CERTS
exec node "${mocha[@]}"
