# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Sourced by the tests that create guests: configurations, consoles and waiting.

# guest_json NAME [KEY=VALUE...]: writes /tmp/NAME.json for Debian's kernel and returns its path in `config`. The guest
# runs no shell but the command of the word "run=" in its cmdline, where the caller gives one.
guest_json() {
    config=/tmp/$1.json
    printf '{\n  "name": "%s",\n  "kernel": "/boot/vmlinuz",\n  "ramdisk": "/boot/guest.cpio.gz",\n' "$1" > "$config"
    printf '  "cmdline": "console=hvc0 %s",\n  "memory": "256M",\n  "vcpus": %s\n}\n' "${2:-}" "${3:-1}" >> "$config"
}

# device_json NAME CMDLINE KEY-AND-VALUE...: the same for a guest with disks or networks, whose ramdisk has the scripts of
# tests/system/guest; the rest are members of the JSON object.
device_json() {
    [ -e /tmp/guest-devices.gz ] || cat /boot/guest.cpio.gz /test/guest-more.cpio.gz > /tmp/guest-devices.gz
    config=/tmp/$1.json
    printf '{\n  "name": "%s",\n  "kernel": "/boot/vmlinuz",\n  "ramdisk": "/tmp/guest-devices.gz",\n' "$1" > "$config"
    printf '  "cmdline": "console=hvc0 %s",\n  "memory": "256M"' "$2" >> "$config"
    shift 2
    for member in "$@"; do
        printf ',\n  %s' "$member" >> "$config"
    done
    printf '\n}\n' >> "$config"
}

# no_devices_left: no backend serves anybody, no loop device is bound, no interface of a guest is there.
no_devices_left() {
    for left in /sys/bus/xen-backend/devices/vbd-* /sys/bus/xen-backend/devices/vif-* /sys/block/loop*/loop \
        /sys/block/nbd*/pid /sys/class/net/vif*; do
        [ ! -e "$left" ] || return 1
    done
    ! pidof qemu-nbd >/dev/null && ! { parvis disk list -o json; parvis network list -o json; } | grep -q domid
}

# show_logs NAME...: what the guests said, for the reader of a failure.
show_logs() {
    [ "${failed_count:-0}" = 0 ] || for shown in "$@"; do
        echo "--- the console of $shown"
        tail -n 30 "$(guest_log "$shown")"
    done
}

# tiny_json NAME: the smallest guest, which prints some lines and powers itself off.
tiny_json() {
    config=/tmp/$1.json
    printf '{"name": "%s", "kernel": "/test/hello.elf", "memory": "16M"}\n' "$1" > "$config"
}

guest_log() {
    echo "/var/log/parvis/console/guest-$1.log"
}

# last_words NAME: the end of what the guest said, for the reader of a failure.
last_words() {
    echo "its console ends:"
    tail -n 3 "$(guest_log "$1")" | tr -d '\r'
}

# said NAME PATTERN SECONDS: waits until the guest's console has the pattern.
said() {
    wait_until "$3" grep -aqE "$2" "$(guest_log "$1")" || ! last_words "$1"
}

is_listed() {
    parvis list | grep -qw "$1"
}

is_gone() {
    ! is_listed "$1"
}

# gone NAME SECONDS: waits until the guest is no more.
gone() {
    wait_until "$2" is_gone "$1" || ! last_words "$1"
}

# number JSON-KEY: the first such number in the JSON on standard input.
number() {
    grep -oE "\"$1\" *: *[0-9]+" | head -n 1 | grep -oE '[0-9]+$'
}

# What the hypervisor has free, in KiB.
free_memory() {
    parvis info -o json | number free_memory_kib
}

# The same when nothing is given back any more: what it is ten times in a row, a fifth of a second apart.
settled_memory() {
    settled_same=0 settled_left=300 settled_last=
    while [ "$settled_same" -lt 10 ] && [ "$settled_left" -gt 0 ]; do
        settled=$(free_memory)
        settled_same=$((settled_same + 1)) settled_left=$((settled_left - 1))
        [ "$settled" = "$settled_last" ] || settled_same=0
        settled_last=$settled
        usleep 200000
    done
    echo "$settled"
}

# only_dom0: no guest is listed.
only_dom0() {
    test "$(parvis list | grep -c .)" = 2
}

domain_id() {
    parvis info "$1" -o json | number domid
}

# type_into NAME TEXT: types a line into the guest's console, as a person at `parvis console` does.
type_into() {
    (sleep 1; echo "$2"; sleep 2) | timeout 20 parvis console "$1" >/dev/null 2>&1
}
