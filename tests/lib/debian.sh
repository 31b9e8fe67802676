# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # the caller sets `cache`
# Sourced by tests that need Debian's packages as files: downloads each once, unpacks it below the cache, installs nothing.

# debian_folder NAME PACKAGE...: prints the folder that the packages are unpacked in.
debian_folder() {
    local name=$1
    mkdir -p "$cache/packages"
    (
        flock 8
        [ -e "$cache/packages/$name/packages.txt" ] || unpack_packages "$cache/packages/$name" "${@:2}" >&2
    ) 8> "$cache/packages/$name.lock" || return
    echo "$cache/packages/$name"
}

# debian_kernel SERIES FLAVOUR: prints the path of the newest kernel of a series (6.12; empty: the release's own) that apt
# offers, in its unpacked package; its modules lie beside it. Nothing where apt has none.
debian_kernel() {
    local meta=linux-image-${1:+$1-}$2 package folder
    apt_lists "$meta" >&2
    package=$({ apt-cache depends "$meta" 2>/dev/null || true; } |
        awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ && !n++ { print $2 }')
    [ -n "$package" ] || return 0
    folder=$(debian_folder "$package" "$package") || return
    find "$folder/boot" -name 'vmlinuz-*' -print -quit
}
