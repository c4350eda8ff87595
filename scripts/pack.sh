#!/bin/bash
# Packs the package into build/, and sees that what came out holds everything and starts by itself.
set -eu
. scripts/lib.sh

rm -rf build/pack
mkdir -p build/pack
# prepack would call make again; the Makefile has built everything already.
npm pack --ignore-scripts --pack-destination build/pack >>"$log" 2>&1 || fail "npm pack failed: $PWD/$log"
tar -xzf build/pack/*.tgz -C build/pack
for needed in bin/snoopkit.js dist/src/index.js dist/src/index.d.ts oclif.manifest.json "dist/native/linux-$NODE_ARCH.node" \
    "dist/native/launch-linux-$NODE_ARCH" LICENSE LICENSE-BPF LICENSES/GPL-2.0-only.txt; do
    [ -e "build/pack/package/$needed" ] || fail "the package lacks $needed"
done
for source in bpf/*.bpf.c; do
    object=dist/bpf/$NODE_ARCH/$(basename "$source" .c).o
    [ -e "build/pack/package/$object" ] || fail "the package lacks $object"
done
node build/pack/package/bin/snoopkit.js --version || fail 'the packed snoopkit does not start'
step PACK "$(du -k build/pack/*.tgz | awk '{ print $2 " (" $1 " KiB)" }')"
