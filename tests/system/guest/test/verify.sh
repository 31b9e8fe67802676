# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with the disk that write.sh wrote: mounts it again and compares the files with their sums.
modprobe crc32c_generic
modprobe ext4
until [ -b /dev/xvda ]; do usleep 50000; done
mkdir -p /mnt
mount -t ext4 /dev/xvda /mnt || exit 1
cd /mnt/files || exit 1
if sha256sum -c /mnt/sums > /tmp/verdict 2>&1; then
    echo "disk: verified $(grep -c OK /tmp/verdict) files"
else
    cat /tmp/verdict
fi
# Read-only disks refuse writes.
if [ -e /dev/xvdb ]; then
    dd if=/dev/xvdb of=/dev/null bs=64k 2>/dev/null && echo "disk: xvdb reads $(cat /sys/block/xvdb/size) sectors"
    dd if=/dev/zero of=/dev/xvdb bs=4k count=1 conv=fsync 2>/dev/null || echo "disk: xvdb refuses writes"
fi
cd / && umount /mnt && echo "disk: unmounted"
