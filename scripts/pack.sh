#!/bin/bash
# Packs the package into build/, and sees that what came out holds everything and starts by itself.
set -eu
. scripts/lib.sh

rm -rf build/pack
mkdir -p build/pack
# prepack would call make again; the Makefile has built everything already.
any_npm pack --ignore-scripts --pack-destination build/pack >>"$log" 2>&1 || fail "npm pack failed: $PWD/$log"
tar -xzf build/pack/*.tgz -C build/pack
needed=(bin/snoopkit.cjs bin/start.sh dist/src/index.js dist/src/index.d.ts oclif.manifest.json LICENSE LICENSE-BPF LICENSES/GPL-2.0-only.txt)
for addon in dist/native/linux-*.node; do
    arch=$(basename "${addon#*linux-}" .node)
    needed+=("$addon" "dist/native/launch-linux-$arch" "dist/native/inherited-linux-$arch")
    for source in bpf/*.bpf.c; do
        needed+=("dist/bpf/$arch/$(basename "$source" .c).o")
    done
done
for file in "${needed[@]}"; do
    [ -e "build/pack/package/$file" ] || fail "the package is missing $file"
done
node build/pack/package/bin/snoopkit.cjs --version || fail 'the packed snoopkit does not start'
step PACK "$(du -k build/pack/*.tgz | awk '{ print $2 " (" $1 " KiB)" }')"
