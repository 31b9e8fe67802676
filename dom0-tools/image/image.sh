# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034 # the caller and this file use each other's variables
# Sourced by ./demo: makes the initramfs of dom0 and that of the example guest from busybox, the tools and the modules.
# The caller sets `build`, `root` and `cache` and offers say and die.

image_dir=$root/dom0-tools/image
# What dom0's tools need of the kernel, loaded when dom0 starts.
image_modules=(xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs)
# Backends of disks and networks, there for modprobe; the caller's `more_modules` follow them.
image_backends=(xen-blkback xen-netback loop nbd bridge)
image_frontends=(xen-blkfront xen-netfront)

# image_pack DIR: writes the folder as a cpio archive to standard output. The same content gives the same bytes,
# whoever packs it and when. Its size is a multiple of 4, so that archives can follow one another.
image_pack() {
    find "$1" -exec touch -h -d @0 {} +
    (cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc --quiet --reproducible -R 0:0)
}

# image_busybox DIR: busybox and a link for each of its commands.
image_busybox() {
    local applet
    mkdir -p "$1/bin"
    cp "$busybox" "$1/bin/busybox"
    for applet in $("$busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"
    done
    # The kernel starts /sbin/poweroff when it is asked from outside to switch off.
    for applet in poweroff reboot halt; do
        install -D -m 755 "$image_dir/power" "$1/sbin/$applet"
        rm "$1/bin/$applet"
    done
}

# image_program DIR FILE PLACE: a program and the libraries that it is linked with.
image_program() {
    local libraries library
    install -D -m 755 "$2" "$1$3"
    libraries=$(ldd "$2" 2>/dev/null) || return 0 # static
    case $libraries in
    *"not found"*) die "$2 needs a library that is not here:"$'\n'"$libraries" ;;
    esac
    awk '/=> \// { print $3 } /^\t\/lib64/ { print $1 }' <<< "$libraries" | while read -r library; do
        case $library in
        */ld-linux*) install -D -m 755 "$library" "$1/lib64/${library##*/}" ;;
        *) install -D -m 644 "$library" "$1/usr/lib/x86_64-linux-gnu/${library##*/}" ;;
        esac
    done
}

# image_find_module NAME: the file of a kernel module below $modules, which may be compressed.
image_find_module() {
    local pattern=${1//[-_]/[-_]}
    [ -z "$modules" ] || find "$modules/" -name "$pattern.ko" -o -name "$pattern.ko.xz" -o -name "$pattern.ko.zst" \
        -o -name "$pattern.ko.gz" | head -n 1
}

# image_add_module DIR NAME: puts a module into DIR, plain, after those that it depends on, and notes the order.
image_add_module() {
    local dir=$1 name=${2//_/-} file depends dependency
    [ ! -e "$dir/$name.ko" ] || return 0
    file=$(image_find_module "$name")
    if [ -z "$file" ]; then
        grep -qs "/${name//-/[-_]}\.ko" "$modules/modules.builtin" ||
            say "the module $name is not in ${modules:-any folder}; give --modules DIR unless the kernel has it built in"
        return 0
    fi
    case $file in
    *.xz) xz -dc "$file" ;;
    *.zst) zstd -qdc "$file" ;;
    *.gz) gzip -dc "$file" ;;
    *) cat "$file" ;;
    esac > "$dir/new-$name.ko"
    depends=$(modinfo -F depends "$dir/new-$name.ko")
    for dependency in ${depends//,/ }; do
        image_add_module "$dir" "$dependency"
    done
    mv "$dir/new-$name.ko" "$dir/$name.ko"
    echo "$name" >> "$dir/order"
}

# image_add_modules DIR NAME...: puts modules where modprobe finds them in the root DIR.
image_add_modules() {
    local dir=$1 name file version
    shift
    file=$(image_find_module "$1")
    [ -n "$file" ] || return 0
    version=$(modinfo -F vermagic "$file" | cut -d ' ' -f 1)
    mkdir -p "$dir/lib/modules/$version"
    for name in "$@"; do
        image_add_module "$dir/lib/modules/$version" "$name"
    done
    rm -f "$dir/lib/modules/$version/order"
    depmod -b "$dir" "$version" 2>/dev/null || die "depmod failed for the modules of $version"
    find "$dir/lib/modules/$version" -name 'modules.*' ! -name modules.dep ! -name modules.alias -delete
}

# image_tools: the programs of dom0 that the build made.
image_tools() {
    find "$build/dom0-tools" -type f -perm -u+x \( -name parvis -o -name 'parvis-*' \) | LC_ALL=C sort
}

# image_units DIR: the daemons' units and ./demo's, for a dom0 that systemd runs.
image_units() {
    local unit
    mkdir -p "$1/multi-user.target.wants"
    for unit in "$image_dir"/../systemd/*.service "$image_dir"/../systemd/*.mount "$image_dir/parvis-demo.service"; do
        install -m 644 "$unit" "$1/"
        ln -s "../${unit##*/}" "$1/multi-user.target.wants/"
    done
}

image_build_dom0() {
    local dir=$1 tool name
    mkdir -p "$dir"/{proc,sys,dev,tmp,root,sbin,lib64,lib/modules,mnt,boot,usr/{bin,sbin,lib/x86_64-linux-gnu}}
    mkdir -p "$dir"/{run,etc/parvis,var/{cache,lib/parvis,log/parvis/console}}
    ln -s ../run "$dir/var/run"
    ln -s ../usr/lib/x86_64-linux-gnu "$dir/lib/x86_64-linux-gnu"
    image_busybox "$dir"
    for tool in $(image_tools); do
        image_program "$dir" "$tool" "/usr/sbin/${tool##*/}"
    done
    for name in "${image_modules[@]}"; do
        image_add_module "$dir/lib/modules" "$name"
    done
    image_add_modules "$dir" "${image_backends[@]}" "${more_modules[@]}"
    echo 'root:x:0:0:root:/root:/bin/sh' > "$dir/etc/passwd"
    echo 'root:x:0:' > "$dir/etc/group"
    echo '127.0.0.1 localhost' > "$dir/etc/hosts"
    install -m 755 "$image_dir/dom0-init" "$dir/init"
    install -m 644 "$image_dir/dom0-session" "$dir/etc/parvis/session"
    image_units "$dir/etc/systemd"
    install -m 644 "$image_dir/profile" "$dir/etc/profile"
}

image_build_guest() {
    local dir=$1
    mkdir -p "$dir"/{proc,sys,dev,tmp,root,etc,run}
    image_busybox "$dir"
    image_add_modules "$dir" "${image_frontends[@]}"
    echo 'root:x:0:0:root:/root:/bin/sh' > "$dir/etc/passwd"
    install -m 755 "$image_dir/guest-init" "$dir/init"
    install -m 644 "$image_dir/profile" "$dir/etc/profile"
}

# image_cached NAME SUFFIX BUILDER FILE...: prints the path of an image that BUILDER makes from the files; it is made
# anew only when one of them, or this script, changed.
image_cached() {
    local name=$1 suffix=$2 builder=$3 key image temp_dir
    shift 3
    key=$(sha256sum "$@" "$busybox" "$image_dir"/* "$image_dir"/../systemd/* | sha256sum | cut -c 1-16)
    image=$build/images/$name-$key.$suffix
    if [ ! -e "$image" ]; then
        say "making the initramfs of $name"
        mkdir -p "$build/images"
        find "$build/images" -name "$name-*" -mtime +1 -delete
        temp_dir=$(mktemp -d "$build/images/$name.XXXXXX")
        "$builder" "$temp_dir/root"
        if [ "${suffix##*.}" = gz ]; then
            image_pack "$temp_dir/root" | gzip -9n > "$temp_dir/image"
        else
            image_pack "$temp_dir/root" > "$temp_dir/image"
        fi
        mv "$temp_dir/image" "$image"
        rm -rf "$temp_dir"
    fi
    echo "$image"
}

# image_module_files NAME...: the files of the kernel's modules, for the key.
image_module_files() {
    local name file
    for name in "$@"; do
        file=$(image_find_module "$name")
        [ -z "$file" ] || echo "$file"
    done
}

image_dom0() {
    local files
    readarray -t files < <(image_tools
        image_module_files "${image_modules[@]}" "${image_backends[@]}" "${more_modules[@]}")
    image_cached dom0 cpio image_build_dom0 "${files[@]}"
}

image_guest() {
    local files
    readarray -t files < <(image_module_files "${image_frontends[@]}")
    image_cached guest cpio.gz image_build_guest "${files[@]}"
}
