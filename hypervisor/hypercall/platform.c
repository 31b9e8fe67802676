/* SPDX-License-Identifier: MIT */
/* platform_op: what only the domain that drives the machine may ask. */
#include "core/domain.h"
#include "hypercall/firmware.h"
#include "hypercall/hypercall.h"
#include "lib/log.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/machine.h"
#include "port/time.h"
#include "pvabi/platform.h"

#define NS_PER_SECOND 1000000000ull
#define ACPI_S5       5u

#define CPUID_FAMILY_EXTENDED 0xfu /* the family goes on in another field */
#define CPUID_FAMILY_MODELS   6u   /* from it on the model does */

/* A wall-clock time that was right at a system time: all domains get the new base. */
static int64_t set_time(uint64_t seconds, uint32_t nanoseconds, uint64_t system_time)
{
    uint64_t ns = seconds * NS_PER_SECOND + nanoseconds;

    if (nanoseconds >= NS_PER_SECOND || seconds > INT64_MAX / NS_PER_SECOND || ns < system_time) {
        return -XEN_EINVAL;
    }
    port_wallclock_set_base(ns - system_time);
    for (struct domain *d = domain_get_next(0), *next; d; d = next) {
        domain_publish_wallclock(d);
        next = domain_get_next((domid_t)(d->id + 1));
        domain_put(d);
    }
    return 0;
}

static int64_t set_time64(const struct xen_platform_op *op)
{
    const struct xenpf_settime64 *t = &op->u.settime64;

    return t->mbz ? -XEN_EINVAL : set_time(t->secs, t->nsecs, t->system_time);
}

/* Power off is the only sleep that a PV machine without devices of its own can be woken from. */
static int64_t acpi_sleep(const struct xen_platform_op *op)
{
    const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

    if (s->flags || s->sleep_state != ACPI_S5) {
        return s->flags ? -XEN_EINVAL : -XEN_EOPNOTSUPP;
    }
    log_info("d0 powers the machine off");
    return port_acpi_sleep(s->val_a, s->val_b);
}

static bool cpu_is_online(uint32_t cpu)
{
    return cpu < CPU_MAX && cpumask_has(port_cpus_online(), cpu);
}

static int64_t cpu_info(struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *info = &op->u.pcpu_info;

    info->max_present = cpumask_count(port_cpus_online()) - 1;
    if (!cpu_is_online(info->xen_cpuid)) {
        info->flags = XEN_PCPU_FLAGS_INVALID;
        return 0;
    }
    info->flags = XEN_PCPU_FLAGS_ONLINE;
    info->apic_id = port_cpu_apic_id(info->xen_cpuid);
    info->acpi_id = port_cpu_acpi_id(info->xen_cpuid);
    return 0;
}

/* The maker, family, model and stepping of a CPU; all of the machine's are alike. */
static int64_t cpu_version(struct xen_platform_op *op)
{
    struct xenpf_pcpu_version *v = &op->u.pcpu_version;
    struct port_cpuid leaf = port_cpuid(0, 0);
    const uint32_t vendor[3] = {leaf.b, leaf.d, leaf.c}, cpu = v->xen_cpuid;

    *v = (struct xenpf_pcpu_version){.xen_cpuid = cpu,
                                     .max_present = cpumask_count(port_cpus_online()) - 1};
    if (!cpu_is_online(cpu)) {
        return 0;
    }
    memcpy(v->vendor_id, vendor, sizeof(v->vendor_id));
    leaf = port_cpuid(1, 0);
    v->family = leaf.a >> 8 & 0xf;
    v->model = leaf.a >> 4 & 0xf;
    v->stepping = leaf.a & 0xf;
    if (v->family == CPUID_FAMILY_EXTENDED) {
        v->family += leaf.a >> 20 & 0xff;
    }
    if (v->family >= CPUID_FAMILY_MODELS) {
        v->model |= leaf.a >> 12 & 0xf0;
    }
    return 0;
}

/* CPUs stay as they came up. */
static int64_t cpu_switch(const struct xen_platform_op *op)
{
    if (!cpu_is_online(op->u.cpu_ol.cpuid)) {
        return -XEN_EINVAL;
    }
    return op->cmd == XENPF_cpu_online ? 0 : -XEN_EOPNOTSUPP;
}

static int64_t core_parking(struct xen_platform_op *op)
{
    switch (op->u.core_parking.type) {
    case XEN_CORE_PARKING_GET:
        op->u.core_parking.idle_nums = 0;
        return 0;
    case XEN_CORE_PARKING_SET:
        return op->u.core_parking.idle_nums ? -XEN_EOPNOTSUPP : 0;
    default:
        return -XEN_EINVAL;
    }
}

/* One of the hypervisor's functions, for the first domain's profilers. An empty name is the end of the list. */
static int64_t symbol(struct xen_platform_op *op)
{
    struct xenpf_symdata *s = &op->u.symdata;
    uint32_t room = s->namelen;
    const char *name = "";

    s->address = 0;
    s->type = 'T';
    if (port_symbol(s->symnum, &s->address, &name)) {
        s->symnum++;
    } else if (s->symnum != 0 && !port_symbol(s->symnum - 1, &s->address, &name)) {
        return -XEN_ERANGE;
    } else {
        name = "";
    }
    s->namelen = (uint32_t)strlen(name) + 1;
    return port_copy_to_guest(GUEST_HANDLE_VA(s->name), name, MIN(s->namelen, room));
}

static int64_t run(struct xen_platform_op *op)
{
    switch (op->cmd) {
    case XENPF_settime32:
        return set_time(op->u.settime32.secs, op->u.settime32.nsecs, op->u.settime32.system_time);
    case XENPF_settime64:
        return set_time64(op);
    case XENPF_enter_acpi_sleep:
        return acpi_sleep(op);
    case XENPF_get_cpuinfo:
        return cpu_info(op);
    case XENPF_efi_runtime_call:
        return -XEN_EOPNOTSUPP;
    case XENPF_firmware_info:
        return firmware_info(&op->u.firmware_info);
    case XENPF_get_cpu_version:
        return cpu_version(op);
    case XENPF_cpu_online:
    case XENPF_cpu_offline:
        return cpu_switch(op);
    case XENPF_core_parking:
        return core_parking(op);
    case XENPF_get_symbol:
        return symbol(op);
    case XENPF_platform_quirk: /* of chip sets that are long gone */
        return -XEN_EINVAL;
    default:
        return -XEN_ENOSYS;
    }
}

int64_t hypercall_platform_op(struct hypercall_args *args)
{
    guest_va_t argument = hypercall_pointer(args, 0);
    struct xen_platform_op op;
    int64_t result;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (op.interface_version != XENPF_INTERFACE_VERSION) {
        return -XEN_EACCES;
    }
    result = run(&op);
    if (result == 0 && port_copy_to_guest(argument, &op, sizeof(op))) {
        return -XEN_EFAULT;
    }
    return result;
}
