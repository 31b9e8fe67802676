# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # the caller and this file use each other's variables
# Sourced after image.sh by ./demo and the tests: a small Debian with systemd on a disk, made by debootstrap and kept in the
# cache. It boots by itself: kernel, initrd and GRUB's configuration lie in its /boot. The caller sets `cache`, `busybox`,
# `kernel` and `modules` (of the kernel's package) too.

rootfs_packages=systemd-sysv,iproute2,iputils-ping,udev,kmod
rootfs_size=1536M
rootfs_label=parvis-root
# What a kernel needs to get at its root, natively, as dom0 and as a guest.
rootfs_drivers=(xen-blkfront virtio_pci virtio_blk ext4 crc32c_generic)
# What it may want later: its network, and the work of dom0.
rootfs_modules=("${rootfs_drivers[@]}" xen-netfront virtio_net "${image_modules[@]}" "${image_backends[@]}")

# The archive that apt's own lists come from.
rootfs_mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $1" | head -n 1
}

# rootfs_bootstrap FILE: Debian's packages, installed by root, as an archive.
rootfs_bootstrap() {
    local release mirror dir=$1.part
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt_lists systemd-sysv
    mirror=$(rootfs_mirror "$release")
    say "installing a Debian $release for a disk (some minutes)"
    as_root rm -rf "$dir"
    quietly as_root debootstrap --variant=minbase "--include=$rootfs_packages" "$release" "$dir" ${mirror:+"$mirror"} ||
        die "debootstrap failed; see $dir/debootstrap/debootstrap.log"
    as_root rm -rf "$dir/debootstrap"
    as_root find "$dir/var/cache/apt" "$dir/var/lib/apt/lists" "$dir/usr/share/doc" "$dir/usr/share/man" \
        "$dir/usr/share/locale" -type f -delete
    as_root tar -C "$dir" --one-file-system -cf "$dir.tar" . || die "cannot pack $dir"
    as_root rm -rf "$dir"
    mv "$dir.tar" "$1"
}

# rootfs_initrd FILE: finds the root by the kernel's command line, and hands over to its init.
rootfs_initrd() {
    local dir=$temp_dir/initrd
    mkdir -p "$dir"/{proc,sys,dev,new}
    image_busybox "$dir"
    image_add_modules "$dir" "${rootfs_drivers[@]}"
    install -m 755 "$image_dir/disk-init" "$dir/init"
    image_pack "$dir" | gzip -9n > "$1"
}

# rootfs_grub VERSION: what update-grub writes for such a disk, in short.
rootfs_grub() {
    cat << END
set default=0
set timeout=0
search --no-floppy --label --set=root $rootfs_label
menuentry 'Debian GNU/Linux' --class debian {
	linux	/boot/vmlinuz-$1 root=LABEL=$rootfs_label ro console=hvc0
	initrd	/boot/initrd.img-$1
}
menuentry 'Debian GNU/Linux (one user)' --class debian {
	linux	/boot/vmlinuz-$1 root=LABEL=$rootfs_label ro single console=hvc0
	initrd	/boot/initrd.img-$1
}
END
}

# rootfs_fill DIR: what is ours in it: the kernel and its modules, the network, a root without a password on consoles.
rootfs_fill() {
    local dir=$1 version=${kernel##*/vmlinuz-} wants=etc/systemd/system/multi-user.target.wants
    mkdir -p "$dir"/{boot/grub,etc/systemd/network,"$wants",etc/systemd/system/serial-getty@hvc0.service.d}
    cp "$(readlink -f "$kernel")" "$dir/boot/vmlinuz-$version"
    rootfs_initrd "$dir/boot/initrd.img-$version"
    rootfs_grub "$version" > "$dir/boot/grub/grub.cfg"
    image_add_modules "$dir" "${rootfs_modules[@]}"
    # With the indices that Debian's kmod wants.
    depmod -b "$dir" "$version" 2>/dev/null || die "depmod failed for the modules of $version"
    echo "LABEL=$rootfs_label / ext4 errors=remount-ro 0 1" > "$dir/etc/fstab"
    echo debian > "$dir/etc/hostname"
    # One address of the machine, and the same journal after each boot, matter less than a disk that stays small.
    printf '[Journal]\nStorage=volatile\n' > "$dir/etc/systemd/journald.conf"
    printf '[Match]\nType=ether\nName=e*\n\n[Network]\nDHCP=ipv4\n' > "$dir/etc/systemd/network/80-ether.network"
    ln -sf /lib/systemd/system/systemd-networkd.service "$dir/$wants/"
    printf '[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear %%I $TERM\n' \
        > "$dir/etc/systemd/system/serial-getty@hvc0.service.d/autologin.conf"
    ln -sf /dev/null "$dir/etc/systemd/system/apt-daily.timer"
    ln -sf /dev/null "$dir/etc/systemd/system/apt-daily-upgrade.timer"
}

# rootfs_make FILE BASE: the file system, whole or not at all.
rootfs_make() {
    local temp_dir=$1.part
    as_root rm -rf "$temp_dir"
    mkdir -p "$temp_dir/root" "$temp_dir/add"
    say "making a disk of it"
    rootfs_fill "$temp_dir/add"
    as_root tar -C "$temp_dir/root" -xf "$2" &&
        tar -C "$temp_dir/add" -cf - . |
        as_root tar -C "$temp_dir/root" --no-same-owner --keep-directory-symlink -xf - &&
        quietly as_root mke2fs -q -t ext4 -L "$rootfs_label" -d "$temp_dir/root" "$temp_dir/image" "$rootfs_size" &&
        as_root chown "$(id -u)" "$temp_dir/image" &&
        mv "$temp_dir/image" "$1" || die "cannot make $1"
    as_root rm -rf "$temp_dir"
}

# rootfs_base [REFRESH]: prints the path of the cached disk; with REFRESH it is made anew from Debian's present packages.
rootfs_base() {
    local key image base=$cache/rootfs/base.tar
    key=$({ basename "$(readlink -f "$kernel")" && cat "$image_dir"/{image.sh,rootfs.sh,disk-init}; } | sha256sum)
    image=$cache/rootfs/debian-${key::16}.img
    install_missing debootstrap:debootstrap mke2fs:e2fsprogs
    mkdir -p "$cache/rootfs"
    (
        flock 8
        [ -z "${1:-}" ] || rm -f "$base" "$image"
        [ -e "$base" ] || rootfs_bootstrap "$base"
        [ -e "$image" ] || {
            find "$cache/rootfs" -name 'debian-*.img' -atime +30 -delete
            rootfs_make "$image" "$base"
        }
    ) 8> "$cache/rootfs/lock" || return
    echo "$image"
}

# rootfs_copy FILE [REFRESH]: a disk of one's own at FILE: raw, or qcow2 where its name ends so.
rootfs_copy() {
    local base
    base=$(rootfs_base "${2:-}") || return
    case $1 in
    *.qcow2)
        install_missing qemu-img:qemu-utils
        qemu-img convert -O qcow2 "$base" "$1.part"
        ;;
    *) cp --sparse=always "$base" "$1.part" ;;
    esac
    mv "$1.part" "$1"
}

# rootfs_put IMAGE FILE PLACE: puts a file into a raw disk that nobody has mounted, with the mode that it has here.
rootfs_put() {
    local folder made='' part mode
    mode=$(stat -c %a "$2")
    while IFS= read -r part; do
        [ -z "$part" ] || { made+=/$part && printf 'mkdir %s\n' "$made"; }
    done < <(dirname "$3" | tr / '\n') > "$1.commands"
    folder=$(dirname "$3")
    {
        printf 'cd %s\nrm %s\nwrite %s %s\n' "$folder" "${3##*/}" "$(readlink -f "$2")" "${3##*/}"
        printf 'set_inode_field %s mode 0100%s\n' "$3" "$mode"
    } >> "$1.commands"
    debugfs -w -f "$1.commands" "$1" > /dev/null 2>&1
    rm "$1.commands"
    debugfs -R "stat $3" "$1" 2>/dev/null | grep -q '^Inode:' || die "cannot put $3 into $1"
}
