# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with a disk: writes without a flush, and reads it back again and again, both past the page cache.
until [ -b /dev/xvda ]; do usleep 50000; done
head -c 2097152 /dev/urandom > /tmp/data
dd if=/tmp/data of=/dev/xvda bs=64k oflag=direct 2>/tmp/said || cat /tmp/said
round=0
while :; do
    round=$((round + 1))
    if dd if=/dev/xvda bs=64k count=32 iflag=direct 2>/tmp/said | cmp - /tmp/data; then
        echo "answered: round $round holds what was written"
    else
        echo "answered: round $round LOST"
        cat /tmp/said
    fi
    sleep 1
done
