# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with an ext4 disk xvda, a disk xvdb and a network: counts its boots on both disks, and reboots when dom0 (10.9.0.1)
# has the file go-BOOT for it. In boot 4 it switches itself off then.
modprobe crc32c_generic
modprobe ext4
until [ -b /dev/xvda ] && [ -b /dev/xvdb ]; do usleep 50000; done
mkdir -p /mnt
mount -t ext4 /dev/xvda /mnt || exit 1
boot=0
[ ! -e /mnt/boots ] || boot=$(cat /mnt/boots)
read -r other < /dev/xvdb
[ "$boot" = "$other" ] && echo "reboot: both disks know of boot $boot"
boot=$((boot + 1))
echo "$boot" > /mnt/boots
umount /mnt
echo "$boot" | dd of=/dev/xvdb conv=fsync 2>/dev/null
ip addr add 10.9.0.2/24 dev eth0
ip link set eth0 up
until wget -q -O /tmp/hello http://10.9.0.1/hello; do usleep 200000; done
echo "reboot: boot $boot: disks and network work"
until wget -q -O /dev/null "http://10.9.0.1/go-$boot" 2>/dev/null; do usleep 200000; done
[ "$boot" -ge 4 ] || reboot -f
