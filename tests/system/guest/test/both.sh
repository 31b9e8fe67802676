# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest with an ext4 disk xvda and eth0: until dom0 serves the file "stop", rounds of writing, syncing and reading back
# past the page cache, beside a writer that keeps requests under way and a reader of dom0's file that checks its sum.
modprobe crc32c_generic
modprobe ext4
until [ -b /dev/xvda ]; do usleep 50000; done
mkdir -p /mnt /tmp/sums
mount -t ext4 /dev/xvda /mnt || exit 1
ip addr add 10.9.0.2/24 dev eth0
ip link set eth0 up

# fetch NAME FILE: from dom0; it waits as long as the connection stands still.
fetch() {
    wget -q -O "$2" "http://10.9.0.1/$1" 2>/dev/null
}

noise() {
    while [ ! -e /tmp/stop ]; do
        dd if=/dev/zero of=/mnt/noise bs=64k count=4 conv=fsync 2>/dev/null || echo "disk: the other writer fails"
        usleep 50000
    done
}

stream() {
    files=0
    until fetch sum /tmp/sum; do usleep 200000; done
    while [ ! -e /tmp/stop ]; do
        fetch data /tmp/data || echo "net: a file did not come"
        [ "$(sha256sum < /tmp/data | cut -c 1-64)" = "$(cat /tmp/sum)" ] || echo "net: a wrong file"
        files=$((files + 1))
        echo "net: $files files"
        usleep 50000
    done
}

noise &
stream &
round=0
until fetch stop /dev/null; do
    round=$((round + 1))
    name=$((round % 3))
    head -c 200000 /dev/urandom > "/mnt/$name" && sync || { echo "disk: round $round fails" && break; }
    sha256sum "/mnt/$name" > "/tmp/sums/$name"
    echo 3 > /proc/sys/vm/drop_caches
    sha256sum -cs /tmp/sums/* || echo "disk: round $round is not what was synced"
    echo "disk: round $round verified"
    usleep 50000
done
touch /tmp/stop
wait
umount /mnt && echo 3 > /proc/sys/vm/drop_caches
mount -t ext4 /dev/xvda /mnt && sha256sum -cs /tmp/sums/* && echo "disk: all verified"
umount /mnt
