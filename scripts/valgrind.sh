#!/bin/bash
# scripts/valgrind.sh [ONLY]: runs tests of the addon in Memcheck, those whose files match ONLY. Without JIT, whose code
# Memcheck would translate anew each time that V8 changes it. What V8 has not freed at the end is not reported: leaks are
# found by scripts/sanitize.sh.
set -eu
. scripts/lib.sh

only=${1:-^(map|object|ring)$}
is_root || has_sudo || fail 'tracing needs root, and there is no sudo to ask: make valgrind as root'

mapfile -t files < <(cd test/native && printf '%s\n' *.test.ts | sed 's/\.test\.ts$//' | grep -E -- "$only")
[ ${#files[@]} -gt 0 ] || fail "no test file matches $only"
for file in "${files[@]}"; do
    step MEMCHECK "native/$file"
    as_root env -u NODE_EXTRA_CA_CERTS SNOOPKIT_SLOW=10 valgrind -q --error-exitcode=99 --suppressions=scripts/valgrind.supp \
        --trace-children=yes --trace-children-skip='*/strace,*/sh,*/bpftool,*/ip' "$(command -v node)" --jitless \
        node_modules/mocha/bin/mocha.js --no-config --timeout 600000 --require dist/test/hooks.js \
        --reporter dist/test/reporter.js "dist/test/native/$file.test.js"
done
