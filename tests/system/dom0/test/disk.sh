# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A guest's disks: raw files on dom0's tmpfs.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

check format /usr/sbin/mke2fs -q -t ext4 -F /tmp/a.img 48M
head -c 3145728 /dev/urandom > /tmp/b.img
cp /tmp/b.img /tmp/b.orig

device_json writer 'run=sh,/test/write.sh' '"disks": [{"source": "/tmp/a.img"}]'
check dry-run parvis create --dry-run "$config"
check create parvis create "$config"
check synced said writer 'disk: synced 8 files' 120
check listed sh -c 'parvis disk list writer | grep -E "^writer +xvda +rw +connected +connected +/tmp/a.img"'
check listed-json sh -c 'parvis disk list -o json | grep -q "\"source\": *\"/tmp/a.img\""'
device_json second 'run=true' '"disks": [{"source": "/tmp/a.img"}]'
check_refused one-writer 1 'disks.0.: disk xvda ./tmp/a.img.: /tmp/a.img is in use' parvis create "$config"
check no-half-guest is_gone second
check killed parvis destroy -w writer
check no-device-left wait_until 10 no_devices_left

device_json reader 'run=sh,/test/verify.sh' \
    '"disks": [{"source": "/tmp/a.img", "target": "xvda", "cache": "writeback"}, {"source": "/tmp/b.img", "access": "ro"}]'
check create-again parvis create "$config"
check verified said reader 'disk: verified 8 files' 120
check read-only-reads said reader 'disk: xvdb reads 6144 sectors' 20
check read-only-refuses said reader 'disk: xvdb refuses writes' 20
check unmounted said reader 'disk: unmounted' 20
check gone gone reader 60
check none-left-after-poweroff wait_until 10 no_devices_left
check file-system-clean /usr/sbin/e2fsck -fn /tmp/a.img
check read-only-unchanged cmp /tmp/b.img /tmp/b.orig

device_json live 'run=sh,/test/watch.sh'
check create-live parvis create "$config"
check none-yet said live 'devices: \[\]' 120
check attach parvis disk attach live source=/tmp/b.img target=xvdc
check appears said live 'devices: \[xvdc\]' 30
check attach-second parvis disk attach live source=/tmp/a.img
check named-next said live 'devices: \[xvda xvdc\]' 30
check_refused attach-taken 2 'disks.2..target|another disk is xvdc' \
    parvis disk attach live source=/tmp/a.img target=xvdc
check_refused attach-missing 2 '/tmp/none.img: No such file' parvis disk attach live source=/tmp/none.img
check_refused attach-unknown-key 2 'sauce: there is no such key' parvis disk attach live sauce=/tmp/b.img
check_refused detach-unknown 2 'has no disk "xvdq"' parvis disk detach live xvdq
check detach parvis disk detach live xvda
check disappears wait_until 20 sh -c "tail -n 1 $(guest_log live) | grep -q 'devices: \[xvdc\]'"
check reboot-by-force sh -c "parvis pause live && parvis unpause live"
check destroyed parvis destroy -w live
check none-left-after-destroy wait_until 10 no_devices_left

# A guest that refuses: everything stays as it is, until it releases the disk or is not asked.
head -c 65536 /dev/zero > /tmp/held.img
cp /tmp/held.img /tmp/other.img
printf '{"name": "holder", "kernel": "/test/disk-holder.elf", "memory": "16M", "disks": [{"source": "/tmp/held.img"}]}' \
    > /tmp/holder.json
check create-holder parvis create /tmp/holder.json
check holds said holder 'disk-holder: holds a disk and reads' 60
refusal='holder: disk xvda ./tmp/held.img.: the guest does not let it go .16 Device in use; refusing to close.'
check_refused detach-refused 7 "$refusal" parvis disk detach -t 60 holder xvda
check reads-on said holder 'disk-holder: refused, and reads on' 20
check still-listed sh -c 'parvis disk list holder | grep -E "xvda +rw +(connected|closing) +closing +/tmp/held.img"'
check_refused detach-refused-again 7 "$refusal" parvis disk detach -t 1 holder xvda
check still-there-again sh -c 'parvis disk list holder | grep -q "^holder *xvda"'
check_refused attach-in-use 2 'disks.1..target: another disk is xvda' \
    parvis disk attach holder source=/tmp/other.img target=xvda
check attach-other parvis disk attach holder source=/tmp/other.img
check released said holder 'disk-holder: has released the first' 60
check detach-released parvis disk detach holder xvda
check not-listed sh -c '! parvis disk list holder | grep -q xvda'
check image-is-free parvis disk attach holder source=/tmp/held.img target=xvdc
check_refused detach-other-refused 7 'disk xvdb .*refusing to close' parvis disk detach -t 60 holder xvdb
check detach-by-force parvis disk detach --force holder xvdb
check not-listed-by-force sh -c '! parvis disk list holder | grep -q xvdb'
check destroy-holder parvis destroy -w holder
check none-left-of-holder wait_until 20 no_devices_left

# Linux lets a mounted disk go (before 5.14 it refused): what was synced is there when the disk comes back.
check format-again /usr/sbin/mke2fs -q -t ext4 -F /tmp/c.img 16M
device_json mounted 'run=sh,/test/mounted.sh' '"disks": [{"source": "/tmp/c.img"}]'
check create-mounted parvis create "$config"
check mounted said mounted 'mounted: synced' 120
check detach-mounted parvis disk detach -t 60 mounted xvda
check unmounted-after said mounted 'mounted: unmounted' 60
check attach-mounted parvis disk attach mounted source=/tmp/c.img
check kept said mounted 'mounted: the file is there' 60
check mounted-gone gone mounted 60
check none-left-of-mounted wait_until 20 no_devices_left

# A volume of LVM is a block device: nobody else has it while a guest does.
volumes() {
    volumes_do=$1
    shift
    lvm "$volumes_do" --config 'activation { udev_sync = 0 udev_rules = 0 } devices { external_device_info_source = "none" }' "$@"
}
modprobe loop
modprobe dm_mod
check volume-medium sh -c 'truncate -s 96M /tmp/pv.img && losetup -f /tmp/pv.img'
medium=/dev/$(grep -l pv.img /sys/block/loop*/loop/backing_file | cut -d / -f 4)
check volume-group volumes vgcreate -y group "$medium"
check volume volumes lvcreate -y -W n -L 64M -n volume group
check format-volume /usr/sbin/mke2fs -q -t ext4 -F /dev/group/volume
device_json volume 'run=sh,/test/write.sh' '"disks": [{"source": "/dev/group/volume"}]'
check create-volume parvis create "$config"
check volume-synced said volume 'disk: synced 8 files' 120
device_json other 'run=true' '"disks": [{"source": "/dev/group/volume"}]'
check_refused volume-in-use 1 'disk xvda ./dev/group/volume.: .*in use' parvis create "$config"
check volume-killed parvis destroy -w volume
device_json reader 'run=sh,/test/verify.sh' '"disks": [{"source": "/dev/group/volume"}]'
check create-volume-again parvis create "$config"
check volume-verified said reader 'disk: verified 8 files' 120
check volume-gone gone reader 60
check volume-clean /usr/sbin/e2fsck -fn /dev/group/volume
check volume-free volumes vgremove -y -f group
check volume-medium-free losetup -d "$medium"

: > /tmp/empty.img
device_json broken '' '"disks": [{"source": "/tmp/b.img"}, {"source": "/tmp/empty.img"}]'
check_refused half-way 2 'disks.1.: disk xvdb ./tmp/empty.img.: /tmp/empty.img has less than one sector' \
    parvis create "$config"
check nothing-of-it wait_until 10 no_devices_left
check none-is-listed is_gone broken
show_logs writer reader live holder mounted volume
end
