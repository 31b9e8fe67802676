# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In the guest: so many rounds ($1) of its disk and of its network to dom0.
modprobe xen-blkfront
modprobe xen-netfront
until [ -b /dev/xvda ] && [ -e /sys/class/net/eth0 ]; do usleep 50000; done
ip link set lo up
ip addr add 10.9.0.2/24 dev eth0
ip link set eth0 up
until ping -c 1 -W 1 10.9.0.1 >/dev/null; do usleep 200000; done
left=$1
while [ "$left" -gt 0 ]; do
    left=$((left - 1))
    /test/io-bench disk /dev/xvda
    /test/io-bench network 10.9.0.1
done
echo "io: done"
