# shellcheck shell=bash
# What the scripts here share; to be sourced.

log=build/setup.log

# Final line of every failure of the build itself.
fail() {
    echo "snoopkit: $*" >&2
    exit 1
}

step() {
    printf '  %-8s%s\n' "$1" "$2"
}

has() {
    PATH=$PATH:/usr/sbin:/sbin command -v "${1%% *}" >/dev/null
}

is_root() {
    [ "$(id -u)" = 0 ]
}

# npm, or else the version named in package.json, by corepack.
any_npm() {
    if has npm; then npm "$@"; else COREPACK_ENABLE_DOWNLOAD_PROMPT=0 corepack npm "$@"; fi
}

# Checks for a sudo that won't hang: it needs no password, or there is someone to type it.
has_sudo() {
    has sudo && { sudo -n true 2>/dev/null || { [ -t 0 ] && [ -t 2 ]; }; }
}

# Runs a command as root, with the PATH that this shell has (node may live in someone's home).
as_root() {
    if is_root; then "$@"; else sudo env "PATH=$PATH" "$@"; fi
}
