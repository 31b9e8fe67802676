# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with disks that have limits: tells in hundredths of a second how long a fixed amount takes, of xvda and xvdb,
# and once more of these and of xvdc when that has come.

now() {
    read -r uptime _ < /proc/uptime
    echo "${uptime%.*}${uptime#*.}"
}

# measure NAME DD-WORD...
measure() {
    measured=$1
    shift
    begin=$(now)
    dd "$@" 2>/dev/null || echo "limits: $measured failed"
    echo "limits: $measured took $(($(now) - begin)) hundredths"
}

measure read-1 if=/dev/xvda of=/dev/null bs=256k count=12 iflag=direct
measure requests-1 if=/dev/xvdb of=/dev/null bs=4k count=40 iflag=direct
until [ -b /dev/xvdc ]; do usleep 50000; done
measure read-2 if=/dev/xvda of=/dev/null bs=256k count=12 iflag=direct
measure requests-2 if=/dev/xvdb of=/dev/null bs=4k count=40 iflag=direct
head -c 2000000 /dev/urandom > /tmp/data
measure write if=/tmp/data of=/dev/xvdc bs=100000 conv=fsync
echo 3 > /proc/sys/vm/drop_caches
head -c 2000000 /dev/xvdc | cmp - /tmp/data && echo "limits: xvdc holds what was written"
