#!/bin/bash
# scripts/test-nodes.sh VERSION...: the tests on other versions of Node, whose programs npm's packages hold. What was
# built here is what is tested: the addon is one for all versions.
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
