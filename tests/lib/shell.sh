# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034 # the caller and this file use each other's variables
# What ./demo, ./check and the tests' scripts share: words to the person, missing packages, downloads from Debian.

program=${0##*/}
cache=${XDG_CACHE_HOME:-${HOME:?is not set; set XDG_CACHE_HOME}/.cache}/parvis
# Where modinfo and the like may be, which not every user's PATH has.
PATH=$PATH:/usr/sbin:/sbin

say() {
    echo "$program: $*" >&2
}

die() {
    say "$@"
    exit 1
}

# usage_error MESSAGE: a mistake on the command line.
usage_error() {
    say "$*; see $program --help"
    exit 2
}

# print_help FILE: the comment at the head of a script, after its licence line.
print_help() {
    awk 'NR > 2 && !/^#/ { exit } NR > 2 { sub(/^# ?/, ""); print }' "$1"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root (or sudo) for: $*"
    fi
}

# quietly COMMAND...: runs a long-winded command; what it says is shown only when it fails.
quietly() {
    local output status=0
    output=$("$@" 2>&1) || status=$?
    [ "$status" = 0 ] || printf '%s\n' "$output" | tail -n 30 >&2
    return "$status"
}

# apt_lists [PACKAGE...]: fetches apt's lists where they do not know the packages (a fresh container has none).
apt_lists() {
    apt-get download -qq --print-uris "$@" >/dev/null 2>&1 && return
    say "fetching apt's lists of packages"
    quietly as_root apt-get update -q || die "apt-get update failed"
}

# install_missing THING:PACKAGE...: installs the package of each thing that is not there. A thing is a program or, with
# a slash in it, a file.
install_missing() {
    local pair thing missing=()
    for pair in "$@"; do
        thing=${pair%%:*}
        case $thing in
        */*) [ -e "$thing" ] || missing+=("${pair#*:}") ;;
        *) command -v "$thing" >/dev/null || missing+=("${pair#*:}") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    apt_lists "${missing[@]}"
    say "installing ${missing[*]}"
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" ||
        die "apt-get could not install ${missing[*]}"
}

build_packages=(
    cmake:cmake ninja:ninja-build gcc:gcc ld:binutils pkg-config:pkg-config
    /usr/include/stdio.h:libc6-dev /usr/include/yajl/yajl_gen.h:libyajl-dev /usr/include/zlib.h:zlib1g-dev
    /usr/include/lzma.h:liblzma-dev /usr/include/ext2fs/ext2fs.h:libext2fs-dev /usr/include/et/com_err.h:comerr-dev
    /usr/include/zstd.h:libzstd-dev /usr/include/lz4.h:liblz4-dev
)

# unpack_packages DIR PACKAGE...: downloads packages from Debian and unpacks them below DIR, installing nothing. DIR
# appears only when all went well; packages.txt in it names the versions.
unpack_packages() {
    local dir=$1 part=$1.part deb
    shift
    apt_lists "$@"
    say "downloading $*"
    rm -rf "$part"
    mkdir -p "$part/debs"
    (cd "$part/debs" && quietly apt-get download -q -o APT::Sandbox::User=root "$@") ||
        die "apt-get could not download $*; if its lists are old, run apt-get update"
    say "unpacking"
    for deb in "$part"/debs/*.deb; do
        dpkg -x "$deb" "$part"
        dpkg-deb -W "$deb"
    done > "$part/packages.txt"
    rm -rf "$part/debs" "$dir"
    mv "$part" "$dir"
}

# configure BUILD [OPTION...]: runs cmake where the folder was not configured yet, or with other options.
configure() {
    local build=$1 log=$1/logs/configure.log wanted
    shift
    mkdir -p "$build/logs"
    wanted="$root $*"
    [ "$(cat "$build/configured" 2>/dev/null)" != "$wanted" ] || return 0
    say "configuring $build"
    cmake -G Ninja -S "$root" -B "$build" "$@" > "$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "cmake failed; all of it is in $log"
    }
    echo "$wanted" > "$build/configured"
}

# build BUILD [TARGET...]: runs ninja, one at a time in a folder, and says so when there is more to do than a look.
build() {
    local build=$1 log=$1/logs/build.log targets=("${@:2}")
    (
        flock 9
        ninja -C "$build" ${jobs:+-j "$jobs"} "${targets[@]}" > "$log" 2>&1 9>&- &
        ninja=$!
        for _ in {1..15}; do
            kill -0 "$ninja" 2>/dev/null || break
            sleep 0.1
        done
        ! kill -0 "$ninja" 2>/dev/null || say "building (log: $log)"
        wait "$ninja" && exit 0
        grep -E -A 5 'error|FAILED' "$log" | tail -n 40 >&2
        die "the build failed; all of it is in $log"
    ) 9> "$build/lock"
}
