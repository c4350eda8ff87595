#!/bin/bash
# scripts/sanitize.sh ADDON [ONLY] [KERNEL...]: makes the tree build/sanitize with this instrumented addon, and runs the
# library's tests in it, those whose files match ONLY, here or on other kernels. Fails with a test, and with any report of
# a sanitizer in any process.
set -eu
. scripts/lib.sh

addon=$1 only=${2:-.}
shift 2
tree=build/sanitize reports=$PWD/build/sanitize/reports

is_root || has_sudo || fail 'tracing needs root, and there is no sudo to ask: make sanitize as root'

# Files of dist are shared, too, but for the addon: Node finds it beside them.
mkdir -p $tree/build
for file in * .mocharc.json; do
    [ "$file" = dist ] || [ "$file" = build ] || ln -sfn "../../$file" "$tree/$file"
done
rm -rf $tree/dist
cp -al dist $tree/dist
rm -f "$tree/dist/native/${addon##*/}"
ln "$addon" "$tree/dist/native/"

# Node is not instrumented, so the library comes first by LD_PRELOAD. An error ends the process by SIGABRT; a leak is found
# at its end and must not change its status, because V8 leaves its heap to the kernel when process.exit() is called.
preload=$("$SANITIZE_CXX" -print-file-name=libasan.so)
common=abort_on_error=1:log_path=$reports/report
# Programs that tests start inherit the library, and iproute2 copies strings onto themselves.
suppressions=$PWD/$tree/suppressions
printf 'interceptor_via_lib:/%s\n' bin/ip sbin/tc >"$suppressions"
settings=(
    "LD_PRELOAD=$preload"
    "ASAN_OPTIONS=$common:detect_leaks=1:exitcode=0:symbolize=0:malloc_context_size=20:suppressions=$suppressions"
    "UBSAN_OPTIONS=$common:print_stacktrace=1"
)

cd $tree
rm -rf "$reports"
mkdir "$reports"
if [ $# -gt 0 ]; then
    # An error ends its process, and so fails the test. Reports are in the guest's log, those of leaks, too, which fail nothing
    # there: build/kernels/<kernel>-<n>.log.
    as_root env SNOOPKIT_GUEST_ENV="$(printf '%s\n' "${settings[@]/:log_path=*\/report/}")" \
        "$(command -v node)" dist/test/kernels/main.js --only="$only" "$@"
    exit
fi
mapfile -t files < <(printf '%s\n' dist/test/{bpf,bpf/verifier,native,fuzz}/*.test.js | grep -E -- "$only")
[ ${#files[@]} -gt 0 ] || fail "no test file matches $only"
# One process for each file, so that its leaks are found at its end.
test_file() {
    step ASAN "${1#dist/test/}"
    as_root env -u NODE_EXTRA_CA_CERTS SNOOPKIT_SLOW="${SNOOPKIT_SLOW:-3}" "${settings[@]}" "$(command -v node)" \
        node_modules/mocha/bin/mocha.js --no-config --timeout 180000 --require dist/test/hooks.js \
        --reporter dist/test/reporter.js "$1" >build/log 2>&1
}
# The search for leaks reads the memory of all threads, and crashes at times when one of a worker has just ended.
search_crashed() {
    local crashed
    mapfile -t crashed < <(grep -l 'LeakSanitizer has encountered a fatal error' "$reports"/* 2>/dev/null)
    [ ${#crashed[@]} -gt 0 ] && rm "${crashed[@]}"
}
status=0
for file in "${files[@]}"; do
    test_file "$file" || { search_crashed && test_file "$file"; } || { status=1; cat build/log; }
done

# A leak counts if the first frame above the allocator, the C library and libelf is in the addon or in libbpf: V8 leaves the
# pages of its heap, and the programs that tests start inherit the settings. Addresses are symbolized here, because each
# process would need seconds for its own.
found=$(cd "$reports" && for report in *; do
    [ -e "$report" ] || continue
    if grep -q 'ERROR: LeakSanitizer' "$report"; then
        awk 'BEGIN { RS = ""; FS = "\n" }
            /^(Direct|Indirect) leak/ {
                for (i = 2; i <= NF && $i ~ /\/lib(asan|stdc\+\+|c|elf|z)\.so/; i++) ;
                if ($i ~ /\/(linux-[a-z0-9]+\.node|libbpf\.so[.0-9]*)\+0x/) print
            }' "$report"
    else
        cat "$report"
    fi
done)
places() { grep -oE '\.node\+0x[0-9a-f]+' <<<"$found" | sed 's/.*+//' | sort -u; }
if [ -n "$found" ]; then
    echo "$found"
    mapfile -t addresses < <(places)
    [ ${#addresses[@]} -eq 0 ] || addr2line -aCfpe "$OLDPWD/$addon" "${addresses[@]}"
    status=1
fi
[ $status = 0 ] || fail 'a test failed, or a sanitizer reported an error: see above'
echo "snoopkit: ${#files[@]} test files, no report of a sanitizer"
