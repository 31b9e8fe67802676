# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Two Debian guests on disks of their own: /dev/vda is raw, /dev/vdb holds a qcow2 image.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

check module-pci modprobe virtio_pci
check module-blk modprobe virtio_blk
check disks wait_until 20 test -b /dev/vdb
check bridge parvis network bridge br0 10.9.0.1/24

# boots NAME SOURCE: a configuration of a guest that boots from the disk.
boots() {
    config=/tmp/$1.json
    printf '{"name": "%s", "bootloader": "extract", "memory": "256M", "disks": [{"source": "%s"}]}\n' "$1" "$2" > "$config"
}

boots empty /test/empty.img
check_refused no-file-system 2 'bootloader: disk xvda ./test/empty.img.: there is no file system' parvis create "$config"
boots noise /test/noise.img
check_refused noise 2 'bootloader: disk xvda ./test/noise.img.: there is no file system' parvis create "$config"
boots missing /test/missing.img
check_refused no-kernel 2 'bootloader: disk xvda .*"y": /boot/missing: there is no such file' parvis create "$config"
check_refused two-kernels 2 'kernel: the bootloader takes it from the disk' parvis create "$config" kernel=/boot/vmlinuz
check nothing-of-them no_devices_left

cat > /tmp/one.json << END
{"name": "one", "bootloader": "extract", "cmdline": "test=extracted", "memory": "384M", "vcpus": 2,
 "disks": [{"source": "/dev/vda"}], "networks": [{"bridge": "br0", "ip": "10.9.0.2"}]}
END
cat > /tmp/two.json << END
{"name": "two", "kernel": "/test/pvgrub.elf", "memory": "384M", "vcpus": 2,
 "disks": [{"source": "/dev/vdb", "format": "qcow2"}], "networks": [{"bridge": "br0", "ip": "10.9.0.3"}]}
END
check dry-run sh -c 'parvis create --dry-run /tmp/one.json | grep -q "kernel: *.*/boot/vmlinuz-.* of disk xvda, linux"'
check create-two parvis create /tmp/two.json
check create-one parvis create /tmp/one.json
for guest in one two; do
    check "$guest-up" said $guest 'debian: 2 CPUs, first process systemd, root /dev/xvda ext4' 900
    check "$guest-reaches-dom0" said $guest 'debian: reaches 10.9.0.1' 300
done
check one-words said one 'debian: words: .*root=LABEL=parvis-root.* test=extracted' 10
check two-words said two 'debian: words: .*root=LABEL=parvis-root' 10
check one-reaches-two said one 'debian: reaches 10.9.0.3' 300
check two-reaches-one said two 'debian: reaches 10.9.0.2' 300
check one-address said one 'debian: has 10.9.0.2/24' 60
check two-address said two 'debian: has 10.9.0.3/24' 60
check dom0-reaches-one ping -c 3 -W 5 10.9.0.2
check dom0-reaches-two ping -c 3 -W 5 10.9.0.3
check one-load said one 'debian: load done' 600
check two-load said two 'debian: load done' 600
for guest in one two; do
    check "$guest-ready" said $guest 'debian: ready' 60
    check "$guest-shutdown" parvis shutdown $guest
done
check one-gone gone one 300
check two-gone gone two 300
check nothing-left wait_until 20 no_devices_left
show_logs one two
end
