#!/bin/bash
# scripts/test-nodes.sh VERSION...: runs the tests on other versions of Node, taken from npm's packages. They test the
# existing build: one addon serves all versions.
set -eu
. scripts/lib.sh

failed=
for version in "$@"; do
    folder=build/node-$version
    program=$folder/node_modules/node-linux-$NODE_ARCH/bin
    [ -x "$program/node" ] || any_npm install --no-audit --no-fund --prefix "$folder" "node-linux-$NODE_ARCH@$version" >"$log" 2>&1 </dev/null ||
        fail "cannot install Node $version (npm failed: $PWD/$log)"
    step NODE "$("$program/node" --version)"
    PATH=$PWD/$program:$PATH scripts/test.sh || failed+=" $version"
done
[ -z "$failed" ] || fail "the tests failed on Node$failed"
