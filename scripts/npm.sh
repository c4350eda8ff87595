#!/bin/bash
# Brings node_modules to what package-lock.json says, keeping npm's pages of talk in the log.
#   --check  only looks: status 0 when nothing is missing
set -eu
. scripts/lib.sh

# npm itself is slow to find that nothing is to be done, and when offline it deletes first.
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

# Reason for a failure of npm or corepack, by the last error code in its output: earlier codes may belong to other
# attempts.
reason() {
    local code
    code=$(grep -oE "(npm (error|ERR!) code |[Cc]ode: ')[A-Z][A-Z0-9_]+|HTTP [45][0-9][0-9]" "$log" | tail -n 1 | grep -oE '[A-Z0-9_]+$') || :
    case $code in
    '') echo 'see the npm log for the reason:' ;;
    EUSAGE) echo 'package-lock.json does not match package.json:' ;;
    ENOTFOUND | EAI_AGAIN | ETIMEDOUT | ECONNREFUSED | ECONNRESET | ENETUNREACH | EHOSTUNREACH | ERR_SOCKET_TIMEOUT | UND_ERR_CONNECT_TIMEOUT)
        echo "offline? ($code)" ;;
    *CERT* | *SIGNATURE* | ERR_TLS* | ERR_SSL*)
        echo "the certificate of the npm registry or of a proxy is not trusted ($code; set NODE_EXTRA_CA_CERTS to a file of CA certificates):" ;;
    E4[0-9][0-9] | 4[0-9][0-9]) echo "the npm registry refused the request ($code):" ;;
    E5[0-9][0-9] | 5[0-9][0-9]) echo "the npm registry failed ($code):" ;;
    EINTEGRITY) echo "a download does not match package-lock.json ($code):" ;;
    ENOSPC) echo "the disk is full ($code):" ;;
    *) echo "npm failed with $code:" ;;
    esac
}

what=$(missing)
if [ -n "$what" ]; then
    [ "${1-}" != --check ] || exit 1
    step NPM ci
    any_npm ci --include=dev --no-audit --no-fund --fetch-retries=1 >"$log" 2>&1 </dev/null || fail "$(reason) npm packages are missing: $(missing) (npm ci failed: $PWD/$log)"
fi
[ "${1-}" = --check ] || touch node_modules/.package-lock.json
