# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with an ext4 disk xvda: twelve rounds of writing, syncing and reading back, past the page cache.
modprobe crc32c_generic
modprobe ext4
until [ -b /dev/xvda ]; do usleep 50000; done
mkdir -p /mnt
mount -t ext4 /dev/xvda /mnt || exit 1
for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
    head -c 1500000 /dev/urandom > "/mnt/$round" && sha256sum "/mnt/$round" >> /tmp/sums && sync || exit 1
    echo "disk: round $round synced"
    sleep 1
done
umount /mnt
echo 3 > /proc/sys/vm/drop_caches
mount -t ext4 /dev/xvda /mnt && sha256sum -c /tmp/sums && echo "disk: all rounds verified"
umount /mnt
