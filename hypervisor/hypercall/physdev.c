/* SPDX-License-Identifier: MIT */
/* physdev_op: a guest's I/O privilege; interrupts and PCI functions for the domain that drives the machine. */
#include "core/domain.h"
#include "core/msi.h"
#include "core/pirq.h"
#include "hypercall/hypercall.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/irq.h"
#include "port/machine.h"
#include "pvabi/physdev.h"

#define IO_PORTS 65536u
#define IOPL_MAX 3u
#define MULTI_MAX 32
#define MSIX_ENTRIES_MAX 2047

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
    bool needs_eoi;
    int error;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    error = pirq_status(op.irq, &needs_eoi);
    if (error == 0) {
        pirq_unmask(CURRENT_DOMAIN(), op.irq);
    }
    return error;
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

/* The function that an operation names; only segment 0 can be reached: -XEN_ENODEV. */
static int function_of(unsigned int segment, unsigned int bus, unsigned int devfn, struct pci_function *f)
{
    *f = (struct pci_function){(uint8_t)bus, (uint8_t)devfn};
    return segment == 0 ? 0 : -XEN_ENODEV;
}

/* A line has the number of its GSI. */
static int map_line(struct physdev_map_pirq *op)
{
    int error;

    if (op->index < 0 || (uint32_t)op->index >= port_irq_count() || (op->pirq >= 0 && op->pirq != op->index)) {
        return -XEN_EINVAL;
    }
    error = pirq_map(CURRENT_DOMAIN(), (uint32_t)op->index);
    op->pirq = op->index;
    return error;
}

/* Several messages at once would need an interrupt remapper to keep them in order, as on Xen. */
static int map_message(struct physdev_map_pirq *op)
{
    struct msi_request request = {.msix = op->table_base != 0, .entry = (uint16_t)op->entry_nr};
    unsigned int segment = op->type == MAP_PIRQ_TYPE_MSI ? 0 : (uint32_t)op->bus >> 16;
    uint32_t number;
    int error;

    if (op->type == MAP_PIRQ_TYPE_MULTI_MSI) {
        if (op->table_base) {
            return -XEN_EINVAL;
        }
        if (op->entry_nr <= 0 || op->entry_nr > MULTI_MAX) {
            return -XEN_EDOM;
        }
        if (op->entry_nr > 1) {
            return -XEN_EOPNOTSUPP;
        }
    }
    if (op->index != -1 || op->pirq >= 0 || (request.msix && (op->entry_nr < 0 || op->entry_nr > MSIX_ENTRIES_MAX))) {
        return -XEN_EINVAL;
    }
    request.entry = request.msix ? request.entry : 0;
    error = function_of(segment, (uint32_t)op->bus & 0xff, (uint32_t)op->devfn, &request.function);
    error = error ? error : pirq_map_message(CURRENT_DOMAIN(), &request, &number);
    if (!error) {
        op->pirq = (int)number;
    }
    return error;
}

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
    switch (op.type) {
    case MAP_PIRQ_TYPE_GSI:
        error = map_line(&op);
        break;
    case MAP_PIRQ_TYPE_MSI:
    case MAP_PIRQ_TYPE_MSI_SEG:
    case MAP_PIRQ_TYPE_MULTI_MSI:
        error = map_message(&op);
        break;
    default:
        return -XEN_EINVAL;
    }
    return error ? error : port_copy_to_guest(argument, &op, sizeof(op));
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
    if (op.irq >= port_irq_count()) {
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

/* The operations on one PCI function. */
static int64_t pci_device(unsigned int command, guest_va_t argument)
{
    struct physdev_pci_device op;
    struct pci_function f;
    int error;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    error = function_of(op.seg, op.bus, op.devfn, &f);
    if (error) {
        return error;
    }
    switch (command) {
    case PHYSDEVOP_pci_device_remove:
        return pirq_remove_function(&f);
    case PHYSDEVOP_restore_msi_ext:
        return pirq_restore_function(&f);
    default:
        return pirq_protect_table(&f, command == PHYSDEVOP_prepare_msix);
    }
}

/* What else the operation says (of whom a virtual function is, where the device is near) changes nothing here. */
static int64_t pci_device_add(guest_va_t argument)
{
    struct physdev_pci_device_add op;
    struct pci_function f;
    int error;

    if (port_copy_from_guest(&op, argument, offsetof(struct physdev_pci_device_add, optarr))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    error = function_of(op.seg, op.bus, op.devfn, &f);
    if (!error) {
        pci_add(f);
    }
    return error;
}

/* The older forms, which know one segment. */
static int64_t manage_pci(unsigned int command, guest_va_t argument)
{
    struct physdev_manage_pci op;
    struct pci_function f;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    f = (struct pci_function){op.bus, op.devfn};
    switch (command) {
    case PHYSDEVOP_manage_pci_remove:
        return pirq_remove_function(&f);
    case PHYSDEVOP_restore_msi:
        return pirq_restore_function(&f);
    default:
        pci_add(f);
        return 0;
    }
}

static int64_t manage_pci_add_ext(guest_va_t argument)
{
    struct physdev_manage_pci_ext op;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    if (op.is_extfn > 1 || op.is_virtfn > 1) {
        return -XEN_EINVAL;
    }
    pci_add((struct pci_function){op.bus, op.devfn});
    return 0;
}

/* Whether the firmware reserves a window of configuration space that ACPI names. The hypervisor reaches that space by
 * the ports, so it only says whether it knows the window as it is told. */
static int64_t pci_mmcfg_reserved(guest_va_t argument)
{
    struct physdev_pci_mmcfg_reserved op;
    struct port_pci_window window;

    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (op.flags & ~(uint32_t)XEN_PCI_MMCFG_RESERVED) {
        return -XEN_EINVAL;
    }
    for (unsigned int i = 0; port_pci_window(i, &window); i++) {
        if (window.segment == op.segment && window.first_bus == op.start_bus && window.last_bus == op.end_bus) {
            return window.address == op.address ? 0 : -XEN_EIO;
        }
    }
    return -XEN_ENODEV;
}

/* A USB controller with a debug port is about to be reset, or was. The hypervisor's console is no such port, so there
 * is nothing to save; as Xen without one it takes any operation. */
static int64_t debug_port(guest_va_t argument)
{
    struct physdev_dbgp_op op;

    if (!drives_machine()) {
        return -XEN_EPERM;
    }
    return port_copy_from_guest(&op, argument, sizeof(op)) ? -XEN_EFAULT : 0;
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
    case PHYSDEVOP_pci_device_add:
        return pci_device_add(argument);
    case PHYSDEVOP_pci_device_remove:
    case PHYSDEVOP_restore_msi_ext:
    case PHYSDEVOP_prepare_msix:
    case PHYSDEVOP_release_msix:
        return pci_device((unsigned int)args->arg[0], argument);
    case PHYSDEVOP_manage_pci_add:
    case PHYSDEVOP_manage_pci_remove:
    case PHYSDEVOP_restore_msi:
        return manage_pci((unsigned int)args->arg[0], argument);
    case PHYSDEVOP_manage_pci_add_ext:
        return manage_pci_add_ext(argument);
    case PHYSDEVOP_pci_mmcfg_reserved:
        return pci_mmcfg_reserved(argument);
    case PHYSDEVOP_dbgp_op:
        return debug_port(argument);
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
