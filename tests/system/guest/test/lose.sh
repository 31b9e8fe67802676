# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with an ext4 disk xvda: syncs a file, goes on writing until the disk is gone, and looks for the file on the next
# disk of that name.
modprobe crc32c_generic
modprobe ext4
until [ -b /dev/xvda ]; do usleep 50000; done
mkdir -p /mnt
mount -t ext4 /dev/xvda /mnt || exit 1
head -c 100000 /dev/urandom > /mnt/lasting
sum=$(sha256sum < /mnt/lasting)
sync
echo "disk: in use"
while [ -b /dev/xvda ]; do
    dd if=/dev/zero of=/mnt/passing bs=64k count=4 conv=fsync 2>/dev/null
    usleep 50000
done
echo "disk: gone"
umount -l /mnt
until [ -b /dev/xvda ]; do usleep 200000; done
mount -t ext4 /dev/xvda /mnt && [ "$(sha256sum < /mnt/lasting)" = "$sum" ] && echo "disk: new one holds what was synced"
sleep 1000
