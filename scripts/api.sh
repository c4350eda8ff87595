#!/bin/bash
# Writes the API reference of the library, as HTML, to build/api. Nothing else needs typedoc: the first run fetches it.
set -eu
. scripts/lib.sh

folder=build/typedoc
[ -x "$folder/node_modules/.bin/typedoc" ] ||
    any_npm install --no-audit --no-fund --legacy-peer-deps --prefix "$folder" \
        typedoc@0.28.20 typedoc-plugin-missing-exports@4.1.4 >"$log" 2>&1 </dev/null ||
    fail "cannot install typedoc (npm failed: $PWD/$log)"
step TYPEDOC build/api/index.html
node "$folder/node_modules/typedoc/bin/typedoc" --options scripts/typedoc.json \
    --plugin "./$folder/node_modules/typedoc-plugin-missing-exports/index.js"
