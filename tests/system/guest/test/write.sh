# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with an ext4 disk xvda: writes files and their sums, syncs, says so, and goes on writing until its end.
modprobe crc32c_generic
modprobe ext4
until [ -b /dev/xvda ]; do usleep 50000; done
mkdir -p /mnt
mount -t ext4 /dev/xvda /mnt || exit 1
mkdir -p /mnt/files
for i in 1 2 3 4 5 6 7 8; do
    head -c $((i * 100000 + i)) /dev/urandom > "/mnt/files/$i"
done
(cd /mnt/files && sha256sum [0-9]*) > /mnt/sums
sync
echo "disk: synced $(wc -l < /mnt/sums) files"
while :; do
    head -c 300000 /dev/urandom > /mnt/unsynced
done
