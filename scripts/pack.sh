#!/bin/bash
# Packs the package into build/, and checks that it is complete and starts on its own.
set -eu
. scripts/lib.sh

rm -rf build/pack
mkdir -p build/pack
# prepack would call make again; the Makefile has built everything already.
any_npm pack --ignore-scripts --pack-destination build/pack >>"$log" 2>&1 || fail "npm pack failed: $PWD/$log"
tar -xzf build/pack/*.tgz -C build/pack
needed=(bin/snoopkit.cjs bin/start.sh dist/src/index.js dist/src/index.d.ts dist/src/trace/index.d.ts dist/src/otlp/packed.js dist/tools/opensnoop.js oclif.manifest.json src/trace/features/filter/filter.h LICENSE LICENSE-BPF LICENSES/GPL-2.0-only.txt)
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
# Installed elsewhere: here, Node would find missing packages among those of the project.
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
cp -R build/pack/package "$elsewhere"
(cd "$elsewhere/package" && node bin/snoopkit.cjs --version) || fail 'the packed snoopkit does not start'
(cd "$elsewhere/package" && node --input-type=module -e '
    for (const name of ["snoopkit", "snoopkit/trace", "snoopkit/output", "snoopkit/otlp"]) await import(name);
    // Loaded only when it is asked for.
    await import(`${process.cwd()}/dist/src/trace/features/dns/host-names.js`);
    const { trace } = await import("snoopkit/trace");
    const { jsonLines, table } = await import("snoopkit/output");
    jsonLines();
    table();
    for (const name of ["opensnoop", "tcplife"])
        await trace(name, { nope: 1 }).catch(({ message }) => { if (!/no option nope|missing CAP_/.test(message)) throw new Error(message); });
') || fail 'the packed library can not be imported'
step PACK "$(du -k build/pack/*.tgz | awk '{ print $2 " (" $1 " KiB)" }')"
