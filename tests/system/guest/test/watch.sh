# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest: tells which disks and interfaces there are, each time that they change, until it is ended.
modprobe xen-blkfront
modprobe xen-netfront
last=none
while :; do
    now=''
    for device in /sys/block/xvd* /sys/class/net/eth*; do
        [ ! -e "$device" ] || now="$now${now:+ }${device##*/}"
    done
    if [ "$now" != "$last" ]; then
        echo "devices: [$now]"
        last=$now
    fi
    usleep 200000
done
