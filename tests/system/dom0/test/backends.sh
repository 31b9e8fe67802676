# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# dom0's backends of disks and networks lose their driver and get it back while a guest uses both.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh
drivers=/sys/bus/xen-backend/drivers

# rounds: how many the guest's disk has been through; files: how many have come over its network.
rounds() {
    grep -ac 'round [0-9]* verified' "$(guest_log both)"
}

files() {
    grep -ac 'net: [0-9]* files' "$(guest_log both)"
}

# more WORD COUNT: whether rounds or files are more than that.
more() {
    [ "$("$1")" -gt "$2" ]
}

# goes_on NAME: both go on from here, by two more each: one may have been under way.
goes_on() {
    check "$1-disk-goes-on" wait_until 120 more rounds $(($(rounds) + 1))
    check "$1-network-goes-on" wait_until 120 more files $(($(files) + 1))
}

# connected: what the tools say of both devices.
connected() {
    parvis disk list both | grep -qE 'connected +connected' && parvis network list both | grep -qE 'connected +connected'
}

without_driver() {
    [ ! -e "/sys/bus/xen-backend/devices/$1/driver" ]
}

on_bridge() {
    [ -e "/sys/class/net/br0/brif/$vif_name" ]
}

# The driver of a device goes for a second: requests under way end, new ones wait.
rebind() {
    check "unbind-$1" sh -c "echo $2 > $drivers/$1/unbind"
    check "no-driver-$1" without_driver "$2"
    sleep 1
    check "bind-$1" sh -c "echo $2 > $drivers/$1/bind"
}

check bridge parvis network bridge br0 10.9.0.1/24
mkdir -p /srv
head -c 150000 /dev/urandom > /srv/data
sha256sum < /srv/data | cut -c 1-64 > /srv/sum
httpd -p 10.9.0.1:80 -h /srv
check format /usr/sbin/mke2fs -q -t ext4 -F /tmp/a.img 48M
tiny_json first
check first parvis create "$config"
check first-gone gone first 60
before=$(settled_memory)

device_json both 'run=sh,/test/both.sh' '"vcpus": 2' '"disks": [{"source": "/tmp/a.img"}]' \
    '"networks": [{"bridge": "br0", "mac": "00:16:3e:00:00:01"}]'
check create parvis create "$config"
check begins wait_until 180 more rounds 0
check begins-network wait_until 120 more files 0
vbd=vbd-$(domain_id both)-51712 vif=vif-$(domain_id both)-0 vif_name=vif$(domain_id both).0

rebind vbd "$vbd"
check disk-connected wait_until 30 connected
rebind vif "$vif"
check network-connected wait_until 30 connected
check on-its-bridge-again on_bridge
goes_on rebound
for round in 1 2; do
    check "reconnect-disk-$round" parvis disk reconnect -t 60 both xvda
    check "reconnect-network-$round" parvis network reconnect -t 60 both 00:16:3e:00:00:01
done
goes_on reconnected

# The modules go and come, which takes the devices of all guests.
for device in "vbd $vbd" "vif $vif"; do
    check "unbind-module-${device%% *}" sh -c "echo ${device#* } > $drivers/${device%% *}/unbind"
done
check rmmod-blkback wait_until 30 rmmod xen_blkback
check rmmod-netback wait_until 30 rmmod xen_netback
check modprobe-blkback modprobe xen-blkback
check modprobe-netback modprobe xen-netback
check modules-connected wait_until 30 connected
goes_on modules

# The daemon that holds the disk's device and puts the interface onto its bridge is itself away in between.
killall -9 parvis-monitord
check network-unbind sh -c "echo $vif > $drivers/vif/unbind && echo $vif > $drivers/vif/bind"
check monitord-again parvis-monitord --daemon
check network-again wait_until 30 connected
rebind vbd "$vbd"
check disk-again wait_until 30 connected
goes_on monitord

touch /srv/stop
check all-verified said both 'disk: all verified' 180
check gone gone both 60
check nothing-wrong sh -c "! grep -aE 'fails|is not what|did not come|a wrong|I/O error|EXT4-fs error|blkfront: .*(error|disabled|wrong)' $(guest_log both)"
check nothing-left wait_until 20 no_devices_left
check file-system-clean /usr/sbin/e2fsck -fn /tmp/a.img
# Nothing that a backend had mapped of the guest keeps its memory.
check_is free-memory "$before" "$(settled_memory)"
show_logs both
end
