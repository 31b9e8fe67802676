/* SPDX-License-Identifier: MIT */
/* physdev_op: I/O privilege of any guest's kernel, and machine interrupts for the domain that has them. */
#include "core/domain.h"
#include "core/pirq.h"
#include "hypercall/hypercall.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/irq.h"
#include "pvabi/physdev.h"

#define IO_PORTS 65536u
#define IOPL_MAX 3u

/* For what only the domain that drives the machine may do; asked after the argument was copied in, as on Xen.
 */
static bool drives_machine(void)
{
    return CURRENT_DOMAIN()->privileged;
}

static int64_t set_iopl(guest_va_t argument)
{
    struct physdev_set_iopl op;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (op.iopl > IOPL_MAX) {
        return -XEN_EINVAL;
    }
    port_current()->cpu.iopl = (uint8_t)op.iopl;
    return 0;
}

static int64_t set_iobitmap(guest_va_t argument)
{
    struct physdev_set_iobitmap op;
    struct vcpu *v = port_current();

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (op.nr_ports > IO_PORTS || !guest_range_ok(GUEST_HANDLE_VA(op.bitmap), op.nr_ports / 8)) {
        return -XEN_EINVAL;
    }
    v->cpu.io_bitmap = GUEST_HANDLE_VA(op.bitmap);
    v->cpu.io_bitmap_ports = op.nr_ports;
    return 0;
}

static int64_t eoi(guest_va_t argument)
{
    struct physdev_eoi op;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (op.irq >= pirq_count()) {
        return -XEN_EINVAL;
    }
    pirq_unmask(CURRENT_DOMAIN(), op.irq);
    return 0;
}

static int64_t irq_status(guest_va_t argument)
{
    struct physdev_irq_status_query op;
    bool needs_eoi;
    int error;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    error = pirq_status(op.irq, &needs_eoi);
    if (error) {
        return error;
    }
    op.flags = needs_eoi ? XENIRQSTAT_needs_eoi : 0;
    return port_copy_to_guest(argument, &op, sizeof(op));
}

/* A pirq has the number of its GSI. MSI comes with real devices: see docs/abi-compat.md. */
static int64_t map_pirq(guest_va_t argument)
{
    struct physdev_map_pirq op;
    int error;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    if (op.domid != DOMID_SELF && op.domid != CURRENT_DOMAIN()->id) {
        return -XEN_EOPNOTSUPP;
    }
    if (op.type != MAP_PIRQ_TYPE_GSI) {
        return -XEN_EOPNOTSUPP;
    }
    if (op.index < 0 || (uint32_t)op.index >= pirq_count() || (op.pirq >= 0 && op.pirq != op.index)) {
        return -XEN_EINVAL;
    }
    error = pirq_map(CURRENT_DOMAIN(), (uint32_t)op.index);
    if (error) {
        return error;
    }
    op.pirq = op.index;
    return port_copy_to_guest(argument, &op, sizeof(op));
}

static int64_t unmap_pirq(guest_va_t argument)
{
    struct physdev_unmap_pirq op;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    if (op.domid != DOMID_SELF && op.domid != CURRENT_DOMAIN()->id) {
        return -XEN_EOPNOTSUPP;
    }
    return pirq_unmap(CURRENT_DOMAIN(), (uint32_t)op.pirq);
}

static int64_t apic_read(guest_va_t argument)
{
    struct physdev_apic op;
    int error;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    error = port_irq_controller_read(op.apic_physbase, op.reg, &op.value);
    if (error) {
        return error;
    }
    return port_copy_to_guest(argument, &op, sizeof(op));
}

/* The hypervisor chooses vectors itself; what the ABI wants to hear is that there is one. */
static int64_t alloc_vector(guest_va_t argument)
{
    struct physdev_irq op;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    if (op.irq >= pirq_count()) {
        return -XEN_EINVAL;
    }
    op.vector = op.irq;
    return port_copy_to_guest(argument, &op, sizeof(op));
}

static int64_t setup_gsi(guest_va_t argument)
{
    struct physdev_setup_gsi op;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    if (op.gsi < 0) {
        return -XEN_EINVAL;
    }
    return pirq_setup((uint32_t)op.gsi, op.triggering != 0, op.polarity != 0);
}

int64_t hypercall_physdev_op(struct hypercall_args *args)
{
    guest_va_t argument = hypercall_pointer(args, 1);

    switch (args->arg[0]) {
    case PHYSDEVOP_set_iopl:
        return set_iopl(argument);
    case PHYSDEVOP_set_iobitmap:
        return set_iobitmap(argument);
    case PHYSDEVOP_eoi:
        return eoi(argument);
    case PHYSDEVOP_irq_status_query:
        return irq_status(argument);
    case PHYSDEVOP_map_pirq:
        return map_pirq(argument);
    case PHYSDEVOP_unmap_pirq:
        return unmap_pirq(argument);
    case PHYSDEVOP_apic_read:
        return apic_read(argument);
    case PHYSDEVOP_alloc_irq_vector:
        return alloc_vector(argument);
    case PHYSDEVOP_setup_gsi:
        return setup_gsi(argument);
    default:
        return -XEN_ENOSYS;
    }
}

/* The first form: command and argument in one structure, and only the commands of its time. */
int64_t hypercall_physdev_op_compat(struct hypercall_args *args)
{
    guest_va_t argument = hypercall_pointer(args, 0);
    struct hypercall_args now;
    struct physdev_op op;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    switch (op.cmd) {
    case PHYSDEVOP_irq_status_query:
    case PHYSDEVOP_set_iopl:
    case PHYSDEVOP_set_iobitmap:
    case PHYSDEVOP_apic_read:
    case PHYSDEVOP_apic_write:
    case PHYSDEVOP_alloc_irq_vector:
        now = (struct hypercall_args){{op.cmd, argument.n + offsetof(struct physdev_op, u)}};
        return hypercall_physdev_op(&now);
    default:
        return -XEN_ENOSYS;
    }
}
