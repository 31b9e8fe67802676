# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Disks in QEMU's formats.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# content FILE: the sum of what an image holds.
content() {
    qemu-img convert -O raw "$1" /tmp/content.raw && sha256sum < /tmp/content.raw
    rm -f /tmp/content.raw
}

check format /usr/sbin/mke2fs -q -t ext4 -F /tmp/raw.img 48M
check convert qemu-img convert -O qcow2 /tmp/raw.img /tmp/base.qcow2
check overlay qemu-img create -q -f qcow2 -b /tmp/base.qcow2 -F qcow2 /tmp/over.qcow2
base=$(sha256sum < /tmp/base.qcow2)

device_json writer 'run=sh,/test/write.sh' '"disks": [{"source": "/tmp/over.qcow2", "format": "qcow2"}]'
check create parvis create "$config"
check synced said writer 'disk: synced 8 files' 120
check listed sh -c 'parvis disk list writer -o json | grep -q "\"device\": *\"/dev/nbd"'
device_json second '' '"disks": [{"source": "/tmp/over.qcow2", "format": "qcow2"}]'
check_refused one-user 1 'disks.0.: disk xvda ./tmp/over.qcow2.: /tmp/over.qcow2 is in use by another guest' parvis create "$config"
check killed parvis destroy -w writer
check nothing-left wait_until 10 no_devices_left
check_is base-untouched "$base" "$(sha256sum < /tmp/base.qcow2)"
check thin test "$(stat -c %s /tmp/over.qcow2)" -lt 48000000

before=$(content /tmp/over.qcow2)
check snapshot qemu-img snapshot -c first /tmp/over.qcow2
device_json reader 'run=sh,/test/verify.sh' '"disks": [{"source": "/tmp/over.qcow2", "format": "qcow2"}]'
check create-again parvis create "$config"
check verified said reader 'disk: verified 8 files' 120
check unmounted said reader 'disk: unmounted' 20
check gone gone reader 60
check nothing-left-again wait_until 10 no_devices_left
check changed test "$before" != "$(content /tmp/over.qcow2)"
check snapshot-applied qemu-img snapshot -a first /tmp/over.qcow2
check_is snapshot-holds "$before" "$(content /tmp/over.qcow2)"

# Who is killed while a server starts leaves none behind, nor its lock on the image.
mkdir -p /tmp/slow
printf '#!/bin/sh\ntouch /tmp/slow/started\nsleep 2\ntouch /tmp/slow/begins\nexec %s "$@"\n' "$(command -v qemu-nbd)" > /tmp/slow/qemu-nbd
chmod +x /tmp/slow/qemu-nbd
no_server() {
    ! pidof qemu-nbd > /dev/null
}
device_json halfway '' '"disks": [{"source": "/tmp/over.qcow2", "format": "qcow2"}]'
PATH=/tmp/slow:$PATH parvis create "$config" > /tmp/halfway.log 2>&1 &
creator=$!
check server-starts wait_until 30 test -e /tmp/slow/started
check kill-creator kill -9 "$creator"
check server-came wait_until 30 test -e /tmp/slow/begins
check no-server-left wait_until 30 no_server
check no-lock qemu-img check /tmp/over.qcow2

# The server dies under a guest that writes: a new one takes its place, and the guest notices nothing.
# server: the process that the record names.
server() {
    cut -d ' ' -f 1 /run/parvis/nbd/[0-9]*
}
server_changed() {
    test "$(server)" != "$1"
}
check make-disk qemu-img convert -O qcow2 /tmp/raw.img /tmp/served.qcow2
device_json served 'run=sh,/test/serve.sh' '"disks": [{"source": "/tmp/served.qcow2", "format": "qcow2"}]'
check create-served parvis create "$config"
check writes said served 'disk: round 1 synced' 180
# dom0's end of the disk is another one then, with the same server.
server=$(pidof qemu-nbd)
check reconnect parvis disk reconnect -t 60 served xvda
check_is same-server "$server" "$(pidof qemu-nbd)"
for round in 1 2; do
    pid=$(server)
    check "kill-$round" kill -9 "$pid"
    check "served-again-$round" wait_until 30 server_changed "$pid"
done
# The other one watches what its predecessor has left.
check kill-monitord killall -9 parvis-monitord
pid=$(server)
check kill-3 kill -9 "$pid"
check restart-monitord parvis-monitord --daemon
check served-again-3 wait_until 30 server_changed "$pid"
check all-rounds said served 'disk: all rounds verified' 300
check no-error sh -c "! grep -aE 'I/O error|Remounting|EXT4-fs error' $(guest_log served)"
check served-gone gone served 60
check nothing-left-of-it wait_until 10 no_devices_left
check no-record-left wait_until 10 sh -c '! ls /run/parvis/nbd/[0-9]* 2>/dev/null'
# Devices that are free again are taken again: there are not more and more of them.
check no-device-leaks test ! -e /dev/nbd16
# Clusters that a dead server had just taken may be nobody's: that is no harm (3).
whole() {
    qemu-img check "$1" || [ "$?" = 3 ]
}
check image-is-whole whole /tmp/served.qcow2

# What a server has answered outlives it, flushed or not.
check make-answered qemu-img create -q -f qcow2 /tmp/answered.qcow2 16M
device_json answered 'run=sh,/test/answered.sh' '"disks": [{"source": "/tmp/answered.qcow2", "format": "qcow2"}]'
check create-answered parvis create "$config"
check written said answered 'answered: round 2 holds what was written' 120
pid=$(server)
check kill-answered kill -9 "$pid"
check answered-again wait_until 30 server_changed "$pid"
round=$(grep -ac 'answered: round' "$(guest_log answered)")
check read-again said answered "answered: round $((round + 3)) " 120
check nothing-lost sh -c "! grep -a 'answered: .*LOST' $(guest_log answered)"
check destroy-answered parvis destroy -w answered
check nothing-left-answered wait_until 10 no_devices_left

# Limits: what takes so long at the least does, also by a server that took a killed one's place. Each may begin with a
# tenth of a second's worth.
# took NAME LEAST: the guest has measured at least so many hundredths of a second.
took() {
    measured=$(tr -d '\r' < "$(guest_log limited)" | sed -n "s/.*limits: $1 took \([0-9]*\) hundredths.*/\1/p")
    check "limit-$1" test "${measured:-0}" -ge "$2"
}
# limited_servers: the two processes that the records name.
limited_servers() {
    cut -d ' ' -f 1 /run/parvis/nbd/[0-9]* | tr '\n' ' '
}
others_serve() {
    for other in $(limited_servers); do
        case " $servers " in *" $other "*) return 1 ;; esac
        kill -0 "$other" || return 1
    done
}
head -c 8000000 /dev/urandom > '/tmp/li,mit.img'
check make-limited qemu-img convert -O qcow2 /tmp/raw.img /tmp/limited.qcow2
device_json limited 'run=sh,/test/limits.sh' \
    '"disks": [{"source": "/tmp/li,mit.img", "rate": "2MB/s"}, {"source": "/tmp/limited.qcow2", "format": "qcow2", "iops": 20}]'
check create-limited parvis create "$config"
check measured-1 said limited 'limits: requests-1 took' 180
took read-1 140
took requests-1 180
check limits-listed sh -c 'parvis disk list limited | grep -E "xvda .*/tmp/li,mit.img rate=2MB/s$" &&
    parvis disk list limited | grep -E "xvdb .*/tmp/limited.qcow2 iops=20$" &&
    parvis disk list limited -o json | grep -E "\"rate\": *2000000"'
device_json unlimited '' '"disks": [{"source": "/tmp/li,mit.img"}]'
check_refused one-user-of-limited 1 'disk xvda .*/tmp/li,mit.img is in use by another guest' parvis create "$config"
servers=$(limited_servers)
# shellcheck disable=SC2086
check kill-limited kill -9 $servers
check limited-again wait_until 60 others_serve
cp /tmp/li,mit.img /tmp/third.img
check attach-limited parvis disk attach limited source=/tmp/third.img target=xvdc write_rate=1MB/s
check connect-limited wait_until 30 sh -c 'parvis disk list limited | grep -E "xvdc +rw +connected +connected"'
check_refused attach-both 2 'write_rate: cannot be together with rate' \
    parvis disk attach limited source=/tmp/raw.img rate=1MB/s write_rate=1MB/s
check measured-2 said limited 'limits: write took' 240
took read-2 140
took requests-2 180
took write 180
check limited-holds said limited 'limits: xvdc holds what was written' 60
check limited-gone gone limited 60
check nothing-left-of-limited wait_until 10 no_devices_left

# What a guest reads a second time comes from dom0's page cache with `writeback`, and from the medium with `none`.
medium_read() {
    awk '{ print $3 }' "/sys/block/$medium/stat"
}
modprobe crc32c_generic
modprobe ext4
modprobe loop
mkdir -p /mnt/medium
check medium sh -c 'truncate -s 64M /tmp/medium.img && /usr/sbin/mke2fs -q -t ext4 -b 4096 -F /tmp/medium.img &&
    mount -t ext4 -o loop /tmp/medium.img /mnt/medium'
medium=$(grep -l medium.img /sys/block/loop*/loop/backing_file | cut -d / -f 4)
check medium-raw dd if=/dev/urandom of=/mnt/medium/raw.img bs=1M count=4
check medium-qcow2 qemu-img convert -O qcow2 /mnt/medium/raw.img /mnt/medium/image.qcow2
for cache in none writeback; do
    sync
    echo 3 > /proc/sys/vm/drop_caches
    first=$(medium_read)
    device_json "cache-$cache" 'run=sh,/test/twice.sh' \
        "\"disks\": [{\"source\": \"/mnt/medium/raw.img\", \"cache\": \"$cache\"},
        {\"source\": \"/mnt/medium/image.qcow2\", \"format\": \"qcow2\", \"cache\": \"$cache\"}]"
    check "create-cache-$cache" parvis create "$config"
    check "read-cache-$cache" said "cache-$cache" 'disk: all read twice' 120
    check "gone-cache-$cache" gone "cache-$cache" 60
    eval "medium_$cache=$(($(medium_read) - first))"
done
# Two disks of 4 MiB, in sectors; of a cached one the file system's own blocks may be read, too.
# shellcheck disable=SC2154
check cache-none test "$medium_none" -ge $((2 * 2 * 8192))
# shellcheck disable=SC2154
check cache-writeback test "$medium_writeback" -lt $((3 * 8192))
check medium-unmounted umount /mnt/medium

# Storage in the network, which the guest boots from, by an entry of the Boot Loader Specification, beside a disk of its own.
mkdir -p /tmp/remote/boot/loader/entries
cp /boot/vmlinuz /tmp/guest-devices.gz /tmp/remote/boot/
printf 'title One\nversion 1\nlinux /boot/vmlinuz\ninitrd /boot/guest-devices.gz\noptions console=hvc0\n' \
    > /tmp/remote/boot/loader/entries/one.conf
check remote-content /usr/sbin/mke2fs -q -t ext4 -d /tmp/remote -F /tmp/remote.img 96M
check remote-server qemu-nbd --fork --persistent --shared=2 --format=raw --socket=/tmp/remote.socket --pid-file=/tmp/remote.pid \
    /tmp/remote.img
remote='"source": "nbd+unix:///?socket=/tmp/remote.socket"' far='"source": "nbd+unix:///?socket=/tmp/far.socket"'
truncate -s 16M /tmp/far.img
check far-server qemu-nbd --fork --persistent --shared=2 --format=raw --socket=/tmp/far.socket --pid-file=/tmp/far.pid /tmp/far.img
printf '{"name": "remote", "bootloader": "extract", "memory": "320M", "cmdline": "run=sh,/test/twice.sh",
 "disks": [{"source": "/tmp/raw.img"}, {%s, "access": "ro", "boot": true}]}' "$remote" > /tmp/remote.json
check create-remote parvis create /tmp/remote.json
check remote-listed sh -c 'parvis disk list remote | grep -E "^remote +xvdb +ro +.*nbd\+unix:///"'
check remote-read said remote 'disk: all read twice' 180
check remote-gone gone remote 60
device_json far 'run=sh,/test/answered.sh' "\"disks\": [{$far}]"
check create-far parvis create "$config"
check written-far said far 'answered: round 2 holds what was written' 120
pid=$(server)
check kill-far kill -9 "$pid"
check far-again wait_until 30 server_changed "$pid"
round=$(grep -ac 'answered: round' "$(guest_log far)")
check read-far-again said far "answered: round $((round + 3)) " 120
check far-lost-nothing sh -c "! grep -a 'answered: .*LOST' $(guest_log far)"
check destroy-far parvis destroy -w far
sed -i 's/, "boot": true//' /tmp/remote.json
check_refused first-disk-boots-none 2 'bootloader: disk xvda ./tmp/raw.img.' parvis create /tmp/remote.json
kill "$(cat /tmp/remote.pid)" "$(cat /tmp/far.pid)"
check remote-ended wait_until 20 no_devices_left
printf '{"name": "remote", "kernel": "/boot/vmlinuz", "memory": "128M", "disks": [{%s}]}' "$remote" > /tmp/remote.json
check_refused no-remote-server 1 'disk xvda .nbd.unix:///.*qemu-nbd: .*Failed to connect' parvis create /tmp/remote.json

device_json broken '' '"disks": [{"source": "/tmp/raw.img", "format": "qcow2"}]'
check_refused wrong-format 1 'disk xvda ./tmp/raw.img.: qemu-nbd: .*not in qcow2 format' parvis create "$config"
check nothing-of-it no_devices_left
show_logs writer reader served answered remote far cache-none cache-writeback limited
end
