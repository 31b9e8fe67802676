# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with two disks: reads each whole, past its own page cache, and then once more.
until [ -b /dev/xvda ] && [ -b /dev/xvdb ]; do usleep 50000; done
for _ in 1 2; do
    for disk in xvda xvdb; do
        dd if=/dev/$disk of=/dev/null bs=1M iflag=direct 2>/tmp/said || cat /tmp/said
    done
done
echo "disk: all read twice"
