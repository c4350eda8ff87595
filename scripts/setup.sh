#!/bin/bash
# scripts/setup.sh [build] [test] [kernels] [arm64] [kernels-arm64] [sanitize] [valgrind] [wire] [lint]: checks this machine for the
# requirements of these, and installs missing ones. It runs before every build, so the checks must cost next to nothing.
set -eu
. scripts/lib.sh

[ "$(uname -s)" = Linux ] || fail "requires Linux, but this is $(uname -s)"

node=$(node --version 2>/dev/null) || fail 'requires Node >= 20.19, but no node is on the PATH (Debian 13: apt-get install nodejs)'
IFS=. read -r major minor _ <<<"${node#v}"
((major > 20 || (major == 20 && minor >= 19))) || fail "requires Node >= 20.19, but node is $node"

mkdir -p build 2>/dev/null || true
for made in "$PWD" build dist node_modules vmlinux; do
    [ ! -e "$made" ] || [ -w "$made" ] || fail "$made is not writable (created by root?): sudo chown -R $(id -un) '$PWD'"
done

# Checks for a header in the usual place, or in the search path of this compiler.
header() {
    [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ] ||
        { has "${CXX:-c++}" && echo "#include <$1>" | ${CXX:-c++} -E -x c++ - >/dev/null 2>&1; }
}

packages=() things=() essential=
want() { # PACKAGE THING CHECK...: Debian's name for it, its common name, the check for it
    local package=$1 thing=$2
    shift 2
    "$@" && return
    packages+=("$package") things+=("$thing")
    [ "$purpose" = test ] || [ "$purpose" = wire ] || essential=1
}
# Debian's npm brings 380 packages. Its nodejs has corepack, which runs the npm that package.json names.
npm_stocked() { has npm || has corepack || scripts/npm.sh --check; }
certificates() { [ -e /etc/ssl/certs/ca-certificates.crt ] || ! has apt-get || scripts/npm.sh --check; }

arm64_headers() {
    local compiler=${ARM64_CC:-aarch64-linux-gnu-gcc}
    has "$compiler" && echo '#include <stdio.h>' | $compiler -E - >/dev/null 2>&1
}

# QEMU's own until version 7, now a package.
has_virtiofsd() { [ -x /usr/lib/qemu/virtiofsd ] || [ -x /usr/libexec/virtiofsd ] || has virtiofsd; }
virtiofsd_package() { grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release && echo qemu-system-common || echo virtiofsd; }
# The package busybox would not do: a guest has no libraries yet when it needs it.
static_busybox() { has busybox && LC_ALL=C ldd "$(command -v busybox)" 2>&1 | grep -qE 'not a dynamic|statically linked'; }

purpose=npm
want npm npm npm_stocked
want ca-certificates 'CA certificates' certificates
for purpose in "$@"; do
    case $purpose in
    build)
        # clang, needed for the BPF programs, is the fallback for the rest, too.
        want clang 'a C compiler' has "${CC:-cc}"
        want clang 'a C++ compiler' has "${CXX:-c++}"
        want clang 'clang' has "${CLANG:-$(scripts/tool.sh clang)}"
        want llvm 'llvm-strip' has "${LLVM_STRIP:-$(scripts/tool.sh llvm-strip)}"
        want libc6-dev 'the C library headers' header stdio.h
        want libbpf-dev 'the libbpf headers (>= 1.1)' header bpf/libbpf.h
        want libuv1-dev 'the libuv headers' header uv.h
        ;;
    test)
        want strace strace has strace
        want jq jq has jq
        want bpftool bpftool has bpftool
        want man-db man has man
        want util-linux 'setpriv, unshare and nsenter (util-linux)' has setpriv
        want libcap2-bin 'capsh (libcap)' has capsh
        want iproute2 'ip and ss (iproute2)' has ip
        want curl curl has curl
        want openssl openssl has openssl
        want bsdutils 'script (util-linux)' has script
        ;;
    kernels)
        want qemu-system-x86 qemu-system-x86_64 has qemu-system-x86_64
        want "$(virtiofsd_package)" virtiofsd has_virtiofsd
        want busybox-static 'a static busybox' static_busybox
        want cpio cpio has cpio
        want xz-utils xz has xz
        want debian-archive-keyring "the keys of Debian's archive" test -e /usr/share/keyrings/debian-archive-keyring.gpg
        ;;
    arm64)
        want gcc-aarch64-linux-gnu 'a C compiler for arm64 (aarch64-linux-gnu-gcc)' has "${ARM64_CC:-aarch64-linux-gnu-gcc}"
        want g++-aarch64-linux-gnu 'a C++ compiler for arm64 (aarch64-linux-gnu-g++)' has "${ARM64_CXX:-aarch64-linux-gnu-g++}"
        want libc6-dev-arm64-cross 'the C library for arm64' arm64_headers
        want debian-archive-keyring "the keys of Debian's archive" test -e /usr/share/keyrings/debian-archive-keyring.gpg
        ;;
    kernels-arm64)
        want qemu-system-arm qemu-system-aarch64 has qemu-system-aarch64
        ;;
    sanitize)
        want g++ g++ has "${SANITIZE_CXX:-g++}"
        want binutils 'addr2line (binutils)' has addr2line
        ;;
    valgrind)
        want valgrind valgrind has valgrind
        ;;
    wire)
        want protobuf-compiler protoc has protoc
        want debian-archive-keyring "the keys of Debian's archive" test -e /usr/share/keyrings/debian-archive-keyring.gpg
        ;;
    lint)
        want clang-format-19 clang-format-19 has "${CLANG_FORMAT:-clang-format-19}"
        ;;
    esac
done

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 </dev/null
}
# Tests skip cases whose observing programs are missing, and say so; all else is required.
lacking() {
    [ -z "$essential" ] || fail "$*"
    echo "snoopkit: $*; tests that need them are skipped" >&2
}
install() {
    mapfile -t packages < <(printf '%s\n' "${packages[@]}" | awk '!seen[$0]++')
    local list
    printf -v list ', %s' "${things[@]}"
    if ! has apt-get; then
        lacking "missing: ${list:2} (no apt-get: install them manually)"
    elif ! is_root && ! has_sudo; then
        lacking "Debian packages are missing, run: sudo apt-get install --no-install-recommends ${packages[*]}"
    else
        step APT "${packages[*]}"
        : >"$log"
        # The lists may be out of reach and the packages in the cache: only the second command decides.
        apt update || true
        apt install --no-install-recommends "${packages[@]}" ||
            lacking "offline? Debian packages are missing: ${packages[*]} (apt-get failed: $PWD/$log)"
    fi
}
[ ${#packages[@]} -eq 0 ] || install

# Reported here, before minutes of compiling: the BPF programs need the kernel's types.
if [[ " $* " = *' build '* ]] && [ ! -e "$VMLINUX_H" ]; then
    scripts/check-btf.sh
fi
