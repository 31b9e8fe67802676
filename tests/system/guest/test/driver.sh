# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Runs in a Debian guest and makes it a driver domain, as small as one can be: what a disk's source names is a file here,
# made where there is none, and interfaces join one bridge. The kernel's backends do the rest.
for module in loop bridge xen-blkback xen-netback; do
    modprobe "$module"
done
ip link add br0 type bridge || brctl addbr br0
ip addr add 10.0.5.1/24 dev br0
ip link set br0 up

# children PATH: the nodes two levels below one, FRONTEND/DEVICE.
children() {
    xenstore-list "$1" 2> /dev/null | while read -r front; do
        xenstore-list "$1/$front" 2> /dev/null | sed "s|^|$front/|"
    done
}

# give_disk NODE: the kernel's backend waits for the number of a block device.
give_disk() {
    xenstore-exists "$1/physical-device" && return
    file=$(xenstore-read "$1/params") || return
    [ -e "$file" ] || dd if=/dev/zero of="$file" bs=1M count=8 2> /dev/null
    device=$(losetup -f)
    losetup "$device" "$file" || return
    xenstore-write "$1/physical-device" "7:$(printf %x "${device#/dev/loop}")"
    echo "driver: $1 is $file"
}

# give_network NODE FRONTEND/DEVICE: it waits for the word that its interface is where it belongs.
give_network() {
    name=vif$(echo "$2" | tr / .)
    xenstore-exists "$1/hotplug-status" && return
    [ -e "/sys/class/net/$name" ] || return
    ip link set "$name" master br0 2> /dev/null || brctl addif br0 "$name" || return
    ip link set "$name" up
    xenstore-write "$1/hotplug-status" connected
    echo "driver: $name is in br0"
}

mkfifo /tmp/never
(nc -l -p 5000 0<> /tmp/never > /tmp/got; echo "VERDICT got $(md5sum < /tmp/got | cut -d ' ' -f 1)") &
echo "driver: ready"
while :; do
    for at in $(children backend/vbd); do
        give_disk "backend/vbd/$at"
    done
    for at in $(children backend/vif); do
        give_network "backend/vif/$at" "$at"
    done
    sleep 1
done
