# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# dom0's part of the pairings test: makes guests and the nodes of their devices, and reads their verdicts.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# guest NAME IMAGE MEMORY CMDLINE: creates a guest-lib guest, paused.
guest() {
    printf '{"name": "%s", "kernel": "/test/%s.elf", "memory": "%s", "cmdline": "%s"}\n' "$1" "$2" "$3" "$4" > "/tmp/$1.json"
    parvis create -p "/tmp/$1.json"
}

debian() {
    guest_json "$1" "run=sh,/test/disknet.sh,$2" 2
    sed -i 's|/boot/guest.cpio.gz|/tmp/guest.cpio.gz|' "$config"
    parvis create -p "$config"
}

number_of() {
    [ "$1" = dom0 ] && echo 0 || domain_id "$1"
}

# nodes BACK FRONT TYPE INDEX BACK-KEYS FRONT-KEYS: both folders, each its owner's and readable by the other; keys are
# words KEY=VALUE.
nodes() {
    back=/local/domain/$1/backend/$3/$2/$4 front=/local/domain/$2/device/$3/$4
    xenstore-write "$front" '' "$back" ''
    xenstore-chmod "$front" "n$2" "r$1"
    xenstore-chmod "$back" "n$1" "r$2"
    pairs=''
    for pair in $6 backend-id="$1" backend="$back" state=1; do
        pairs="$pairs $front/${pair%%=*} ${pair#*=}"
    done
    for pair in $5 frontend-id="$2" online=1 state=1 frontend="$front"; do
        pairs="$pairs $back/${pair%%=*} ${pair#*=}"
    done
    # shellcheck disable=SC2086
    xenstore-write $pairs
}

# disk BACK FRONT INDEX BACK-KEYS, network BACK FRONT MAC BACK-KEYS: of domains by their names.
disk() {
    nodes "$(number_of "$1")" "$(number_of "$2")" vbd "$3" "$4 mode=w device-type=disk" "virtual-device=$3 device-type=disk"
}

network() {
    nodes "$(number_of "$1")" "$(number_of "$2")" vif 0 "handle=0 mac=$3 $4" "handle=0 mac=$3"
}

# The times are for machines that are many times slower; nothing waits that long otherwise.
verdict() {
    check "$1" said "$2" "VERDICT $3" 300
}

# guest-lib's backends: a driver domain.
check driver-starts guest driver ramdisk 64M ''
parvis unpause driver
check driver-ready said driver 'ramdisk: ready' 300

# Linux's frontends with them. They boot while the other pairings are tried.
check echo-created guest echo1 echo 32M 'ip=10.0.0.3 once'
network driver echo1 00:16:3e:00:00:03
parvis unpause echo1
cat /boot/guest.cpio.gz /test/guest-extra.cpio.gz > /tmp/guest.cpio.gz
check receiver-created debian two 10.0.0.2,10.0.0.1,10.0.0.3,receive
disk driver two 51712 params=ram:4
network driver two 00:16:3e:00:00:02
parvis unpause two
check sender-created debian one 10.0.0.1,10.0.0.2,10.0.0.3,send
disk driver one 51712 params=ram:4
network driver one 00:16:3e:00:00:01
parvis unpause one

# guest-lib's frontends with guest-lib's backends.
check echo-up said echo1 'echo: 10.0.0.3 is up' 300
check front-created guest check1 disk-check 64M disks=2
disk driver check1 51712 params=ram:2
disk driver check1 51728 params=ram:1
parvis unpause check1
check guestlib-with-guestlib said check1 'disk-check: good' 300

# guest-lib's frontends with Linux's backends.
for module in loop xen-blkback xen-netback; do
    check "module-$module" insmod "/test/modules/$module.ko"
done
dd if=/dev/zero of=/tmp/disk bs=64k count=32 2> /dev/null
check loop losetup /dev/loop0 /tmp/disk
check front2-created guest check2 disk-check 64M disks=1
disk dom0 check2 51712 "type=phy dev=xvda params=/dev/loop0 physical-device=7:0"
parvis unpause check2
check echo2-created guest echo2 echo 32M 'ip=10.0.1.2 once'
network dom0 echo2 00:16:3e:00:01:02 'script=none hotplug-status=connected'
parvis unpause echo2
check echo2-up said echo2 'echo: 10.0.1.2 is up' 300
interface=vif$(domain_id echo2).0
check echo2-interface wait_until 60 test -e "/sys/class/net/$interface"
ip addr add 10.0.1.1/24 dev "$interface"
ip link set "$interface" up
check guestlib-with-linux-ping wait_until 60 ping -c 1 -W 5 10.0.1.2
check guestlib-with-linux-large wait_until 60 ping -c 1 -s 1400 -W 5 10.0.1.2
check guestlib-with-linux-udp /test/udp 10.0.1.2 7 quit
check echo2-ends gone echo2 120
check guestlib-with-linux-disk said check2 'disk-check: good' 300

verdict linux-disk-one one 'disk: same'
verdict linux-disk-two two 'disk: same'
verdict linux-ping one 'echo: answers'
verdict linux-fragments one 'fragments: answered'
verdict linux-sends one 'sent'
verdict linux-receives two 'got'
check_is linux-data "$(grep -aoE 'sent [0-9a-f]{32}' "$(guest_log one)" | cut -d ' ' -f 2)" \
    "$(grep -aoE 'got [0-9a-f]{32}' "$(guest_log two)" | cut -d ' ' -f 2)"
verdict linux-udp one 'udp: echoed'
check echo-ends gone echo1 120
check one-ends gone one 120
check two-ends gone two 120
check driver-lives is_listed driver
parvis destroy driver
end
