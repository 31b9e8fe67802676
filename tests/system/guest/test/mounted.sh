# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with an ext4 disk xvda that is detached while it is mounted: writes and syncs a file, unmounts when the disk
# is gone, mounts it again when it is back, and looks for the file.
modprobe crc32c_generic
modprobe ext4
until [ -b /dev/xvda ]; do usleep 50000; done
mkdir -p /mnt
mount -t ext4 /dev/xvda /mnt || exit 1
head -c 500000 /dev/urandom > /mnt/kept
sum=$(sha256sum < /mnt/kept)
sync
echo 'mounted: synced'
until [ ! -b /dev/xvda ]; do usleep 50000; done
umount /mnt && echo 'mounted: unmounted'
until [ -b /dev/xvda ]; do usleep 50000; done
mount -t ext4 /dev/xvda /mnt && [ "$(sha256sum < /mnt/kept)" = "$sum" ] && echo 'mounted: the file is there'
umount /mnt
