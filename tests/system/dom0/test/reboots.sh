# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A guest that reboots itself with all kinds of devices. After each boot dom0 has as much of everything as after the first.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# count WORD...: how many of these files there are.
count() {
    counted=0
    for file in "$@"; do
        [ ! -e "$file" ] || counted=$((counted + 1))
    done
    echo "$counted"
}

# store_nodes DOMID: how many nodes of xenstore a domain owns. The message is CONTROL with "quota" and "DOMID".
store_nodes() {
    {
        printf '\0\0\0\0\1\0\0\0\0\0\0\0\010\0\0\0quota\0%s\0' "$1" >&3
        dd bs=4096 count=1 <&3 2>/dev/null | tr '\0' '\n' | grep -aoE 'nodes +[0-9]+'
    } 3<> /dev/xen/xenbus
}

# What dom0 has of each kind of thing that a guest's device needs.
usage() {
    echo "loops $(count /sys/block/loop*/loop), nbd $(count /sys/block/nbd*/pid), servers $(pidof qemu-nbd | wc -w)," \
        "records $(count /run/parvis/nbd/[0-9]*), backends $(count /sys/bus/xen-backend/devices/*)," \
        "interfaces $(count /sys/class/net/vif*), interrupts $(wc -l < /proc/interrupts), domains $(parvis list | wc -l)"
}

usage_is() {
    [ "$(usage)" = "$1" ]
}

mkdir -p /srv
echo hello > /srv/hello
check bridge parvis network bridge br0 10.9.0.1/24
httpd -p 10.9.0.1:80 -h /srv
check format /usr/sbin/mke2fs -q -t ext4 -F /tmp/raw.img 16M
check convert sh -c 'echo 0 > /tmp/zero && truncate -s 1M /tmp/zero && qemu-img convert -f raw -O qcow2 /tmp/zero /tmp/count.qcow2'
empty=$(usage)

device_json again 'run=sh,/test/reboot.sh' \
    '"disks": [{"source": "/tmp/raw.img"}, {"source": "/tmp/count.qcow2", "format": "qcow2"}]' \
    '"networks": [{"bridge": "br0", "mac": "00:16:3e:00:00:01"}]'
check create parvis create "$config"
for boot in 1 2 3 4; do
    check "boot-$boot-disks" said again "reboot: both disks know of boot $((boot - 1))" 180
    check "boot-$boot-network" said again "reboot: boot $boot: disks and network work" 180
    if [ "$boot" = 1 ]; then
        first=$(usage)
        echo "in use: $first"
        check_is all-served "1 1 1 1" \
            "$(echo "$first" | sed 's/loops \([0-9]*\), nbd \([0-9]*\), servers \([0-9]*\), .*, interfaces \([0-9]*\),.*/\1 \2 \3 \4/')"
    fi
    # The domain that was before may take a moment to be gone.
    wait_until 20 usage_is "$first"
    check_is "boot-$boot-usage" "$first" "$(usage)"
    # From the first reboot on, the store has a record that there were some.
    case $boot in
    2) nodes=$(store_nodes 0) ;;
    [34]) check_is "boot-$boot-store" "$nodes" "$(store_nodes 0)" ;;
    esac
    touch "/srv/go-$boot"
done
check gone gone again 120
check nothing-left wait_until 20 no_devices_left
check_is usage-after "$empty" "$(usage)"
show_logs again
end
