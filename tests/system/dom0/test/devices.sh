# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# dom0 drives the machine's devices, all at once: the words irq=msi or irq=line on the kernel's command line say which
# interrupts they must have.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh

read -r words < /proc/cmdline
irq=msi
case " $words " in
*" irq=line "*) irq=line ;;
esac

# QEMU's NVMe before version 8 leaves its line raised for good when the driver uses shadow doorbells.
disks='vda sda nvme0n1' modules='virtio_pci virtio_blk virtio_net ahci sd_mod e1000e nvme' drivers='virtio ahci nvme'
[ "$irq" = msi ] || disks='vda sda' modules=${modules% nvme} drivers='virtio ahci'

for module in $modules; do
    check "module-$module" modprobe "$module"
done
wait_until 20 test -b /dev/sda
for disk in $disks; do
    check "there-is-$disk" test -b "/dev/$disk"
done

# The interface of a driver; virtio's is a level further down.
interface() {
    for found in /sys/class/net/*; do
        case $(readlink -f "$found/device/driver") in
        */"$1") echo "${found##*/}" ;;
        esac
    done
}

# exercise DISK: writes random data past the cache in pieces, reads it back, and compares.
exercise() {
    head -c 12582912 /dev/urandom > "/tmp/$1.in" &&
        dd if="/tmp/$1.in" of="/dev/$1" bs=64k conv=fsync 2>/dev/null &&
        echo 1 > /proc/sys/vm/drop_caches &&
        dd if="/dev/$1" of="/tmp/$1.out" bs=16k count=768 iflag=direct 2>/dev/null &&
        cmp "/tmp/$1.in" "/tmp/$1.out" && echo good > "/tmp/$1.verdict"
}

# fetch INTERFACE ADDRESS OTHER: the host's file comes whole, by this interface.
fetch() {
    ip addr add "$2/24" dev "$1" && ip link set "$1" up && sleep 1 && nc "$3" 1234 < /dev/null > "/tmp/$1.data" &&
        [ "$(sha256sum < "/tmp/$1.data")" = "$(sha256sum < /test/host-file)" ] && echo good > "/tmp/$1.verdict"
}

# Meanwhile every interrupt that may move changes its CPU, again and again; the kernel keeps some where they are.
move() {
    while [ ! -e /tmp/still ]; do
        for cpu in 1 2; do
            for at in /proc/irq/[0-9]*; do
                echo "$cpu" > "$at/smp_affinity" && echo "$at" >> /tmp/moved
            done 2>/dev/null
            sleep 0.1
        done
    done
}

virtio=$(interface virtio_net)
e1000e=$(interface e1000e)
check there-is-virtio-net test -n "$virtio"
check there-is-e1000e test -n "$e1000e"
move &
mover=$!
loads=''
for disk in $disks; do
    exercise "$disk" &
    loads="$loads $!"
done
fetch "$virtio" 10.2.0.15 10.2.0.100 &
loads="$loads $!"
fetch "$e1000e" 10.3.0.15 10.3.0.100 &
loads="$loads $!"
# shellcheck disable=SC2086 # several
wait $loads
touch /tmp/still
wait "$mover"
check interrupts-move test -s /tmp/moved
for one in $disks "$virtio" "$e1000e"; do
    check "$one-under-load" grep -qs good "/tmp/$one.verdict"
done

# counts WORD: how many interrupts came for the lines of /proc/interrupts with the word.
counts() {
    grep -E "$1" /proc/interrupts | awk '{ for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) sum += $i } END { print sum + 0 }'
}
cat /proc/interrupts
check on-both-cpus sh -c "grep '$e1000e' /proc/interrupts | awk '{ first += \$2; second += \$3 } END { exit !(first && second) }'"
for one in $drivers "$e1000e"; do
    check "$one-interrupts" test "$(counts "$one")" -gt 20
done
if [ "$irq" = msi ]; then
    for one in $drivers "$e1000e"; do
        check "$one-by-message" test "$(grep -E "$one" /proc/interrupts | grep -c msi)" -gt 0
    done
    check several-queues test "$(grep -c nvme0q /proc/interrupts)" -ge 2
else
    check no-message sh -c '! grep -E "xen-pirq *-msi" /proc/interrupts'
    check by-line grep -q 'xen-pirq.*-ioapic-level' /proc/interrupts
    end
fi

# A device goes and comes again: its messages are given back and taken anew.
for round in 1 2 3; do
    check "unbind-$round" sh -c 'echo 1 > /sys/block/nvme0n1/device/device/remove'
    check "rescan-$round" sh -c 'echo 1 > /sys/bus/pci/rescan'
    check "back-$round" wait_until 20 test -b /dev/nvme0n1
done
check again-under-load exercise nvme0n1
end
