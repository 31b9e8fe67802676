# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# What Debian's kernel must find as dom0: itself as a privileged Xen guest, its modules, ACPI, all vCPUs, and tools that
# answer; and what it must not get, the hypervisor's UART.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh

check_is type xen "$(cat /sys/hypervisor/type)"
check_is version 4.17 "$(cat /sys/hypervisor/version/major).$(cat /sys/hypervisor/version/minor)"
check_is capabilities control_d "$(cat /proc/xen/capabilities)"
check_is cpus 2 "$(nproc)"
for module in xen_privcmd xen_evtchn xen_gntdev xen_gntalloc xenfs; do
    check "module-$module" grep -q "^$module " /proc/modules
done
for device in privcmd evtchn gntdev gntalloc hypercall xenbus xenbus_backend; do
    check "device-$device" test -c "/dev/xen/$device"
done
for table in FACP DSDT APIC; do
    check "acpi-$table" test -s "/sys/firmware/acpi/tables/$table"
done
check sci grep -qE 'acpi$' /proc/interrupts
check timer grep -qE 'xen-percpu.*timer0' /proc/interrupts
check time sh -c 'a=$(date +%s); sleep 2; b=$(date +%s); test $((b - a)) -ge 2 -a $((b - a)) -le 60'
# The year of the emulator's clock is the host's.
check wallclock sh -c 'test "$(date +%Y)" -ge 2024'
check no-ttyS0 sh -c '! grep -q "3f8.*serial" /proc/ioports'
# Each character that came through would be in the host's log.
for character in U A R T - T A K E N; do
    printf %s "$character" | dd of=/dev/port bs=1 seek=1016 conv=notrunc 2>/dev/null
done
check uart-reads-nothing sh -c 'test "$(dd if=/dev/port bs=1 skip=1021 count=1 2>/dev/null | od -An -tx1)" = " ff"'
end
