# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In dom0: its own figures, then those of a guest, to the second serial port.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh
rounds=$(cat /test/io-rounds)

# tell DOMAIN: figures of io-bench's output, with the domain's name, to the host.
tell() {
    sed -n "s/^.*IO \([a-z0-9-]* [0-9.]*\).*$/IO $1 \1/p" > /tmp/figures
    cat /tmp/figures > /dev/ttyS1
    [ -s /tmp/figures ] || failed_count=1
}

modprobe virtio_pci
modprobe virtio_blk
wait_until 20 test -b /dev/vda || exit 1
parvis network bridge br0 10.9.0.1/24 || exit 1
/test/io-bench serve &
for round in $(seq "$rounds"); do
    echo "round $round of dom0"
    { /test/io-bench disk /dev/vda; /test/io-bench network 10.9.0.1; } | tell dom0
done
device_json bench "run=sh,/test/io-guest.sh,$rounds" '"vcpus": 2' '"disks": [{"source": "/dev/vda"}]' \
    '"networks": [{"bridge": "br0"}]'
parvis create "$config" || exit 1
said bench 'io: done' $((60 + rounds * 240)) || failed_count=1
tr -d '\r' < "$(guest_log bench)" | tell guest
grep -a 'io-bench:' "$(guest_log bench)" && failed_count=1
parvis destroy -w bench
exit $((failed_count > 0))
