#!/bin/bash
# Brings node_modules to what package-lock.json says, keeping npm's pages of talk in the log.
#   --check  only looks: status 0 when nothing is missing
set -eu
. scripts/lib.sh

# npm itself is slow to find out that there is nothing to do, and when offline it deletes first.
missing() {
    node -e '
        const { readFileSync } = require("node:fs");
        const runsHere = (list, here) => !list || list.includes(here);
        const missing = [];
        for (const [path, locked] of Object.entries(JSON.parse(readFileSync("package-lock.json", "utf8")).packages)) {
            const runnable = runsHere(locked.os, process.platform) && runsHere(locked.cpu, process.arch) && runsHere(locked.libc, "glibc");
            if (path === "" || (locked.optional && !runnable)) continue;
            let version;
            try { version = JSON.parse(readFileSync(path + "/package.json", "utf8")).version; } catch {}
            if (version !== locked.version) missing.push(path.replace(/^.*node_modules\//, ""));
        }
        const more = missing.length > 5 ? ` and ${missing.length - 5} more` : "";
        console.log(missing.slice(0, 5).join(", ") + more);'
}

what=$(missing)
if [ -n "$what" ]; then
    [ "${1-}" != --check ] || exit 1
    step NPM ci
    npm ci --include=dev --no-audit --no-fund --fetch-retries=1 >"$log" 2>&1 </dev/null ||
        fail "$(grep -qE 'EUSAGE' "$log" && echo 'package-lock.json does not match package.json;' || echo 'offline?') npm packages are missing: $(missing) (npm ci failed: $PWD/$log)"
fi
[ "${1-}" = --check ] || touch node_modules/.package-lock.json
