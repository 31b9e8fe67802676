/* SPDX-License-Identifier: MIT */
/* sysctl: what the toolstack asks of the machine as a whole. */
#include "core/console.h"
#include "core/domain.h"
#include "core/frame.h"
#include "hypercall/cpumap.h"
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "hypercall/sysctl.h"
#include "lib/nospec.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/machine.h"
#include "port/map.h"
#include "port/time.h"
#include "pvabi/physdev.h"

#define CONSOLE_PART 512u
#define KEYS_MAX     64u

static int64_t physinfo(struct xen_sysctl *op)
{
    unsigned int cpus = cpumask_count(port_cpus_online());

    op->u.physinfo = (struct xen_sysctl_physinfo){
        .threads_per_core = 1,
        .cores_per_socket = cpus,
        .nr_cpus = cpus,
        .max_cpu_id = cpus - 1,
        .nr_nodes = 1,
        .max_node_id = 0,
        .cpu_khz = port_time_tsc_khz(),
        .capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1 | XEN_SYSCTL_PHYSCAP_gnttab_v2,
        .total_pages = port_ram_frames(),
        .free_pages = frame_free_count(),
        .scrub_pages = frame_dirty_count(),
        .outstanding_pages = frame_claimed_count(),
        .max_mfn = port_frame_limit() - 1,
    };
    sysctl_host_features(op->u.physinfo.hw_cap);
    return 0;
}

static int64_t domain_list(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    struct xen_domctl_getdomaininfo info;
    domid_t next = l->first_domain;
    uint32_t count = 0;

    while (count < l->max_domains) {
        struct domain *d = domain_get_next(next);

        if (!d) {
            break;
        }
        domctl_fill_info(d, &info);
        next = (domid_t)(d->id + 1);
        domain_put(d);
        if (GUEST_ARRAY_PUT(GUEST_HANDLE_VA(l->buffer), count, &info)) {
            return -XEN_EFAULT;
        }
        count++;
    }
    l->num_domains = count;
    return 0;
}

static int64_t read_console(struct xen_sysctl *op)
{
    struct xen_sysctl_readconsole *r = &op->u.readconsole;
    uint32_t index = r->incremental ? r->index : console_ring_start(), count = 0;
    char text[CONSOLE_PART];

    while (count < r->count) {
        size_t part = console_ring_read(&index, text, MIN(sizeof(text), (size_t)(r->count - count)));

        if (part == 0) {
            break;
        }
        if (port_copy_to_guest(guest_va(GUEST_HANDLE_VA(r->buffer).n + count), text, part)) {
            return -XEN_EFAULT;
        }
        count += (uint32_t)part;
    }
    if (r->clear) {
        console_ring_clear();
    }
    r->count = count;
    r->index = index;
    return 0;
}

static int64_t debug_keys(struct xen_sysctl *op)
{
    struct xen_sysctl_debug_keys *k = &op->u.debug_keys;
    char keys[KEYS_MAX];
    uint32_t count = MIN(k->nr_keys, KEYS_MAX);

    if (port_copy_from_guest(keys, GUEST_HANDLE_VA(k->keys), count)) {
        return -XEN_EFAULT;
    }
    for (uint32_t i = 0; i < count; i++) {
        console_debug_key(keys[i]);
    }
    return 0;
}

static int64_t numa(struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *n = &op->u.numainfo;
    struct xen_sysctl_meminfo memory = {.memsize = port_ram_frames() << PAGE_SHIFT,
                                        .memfree = frame_free_count() << PAGE_SHIFT};
    uint32_t distance = 10; /* to itself, by ACPI's convention */

    if (n->num_nodes > 0 &&
        ((n->meminfo.p && GUEST_ARRAY_PUT(GUEST_HANDLE_VA(n->meminfo), 0, &memory)) ||
         (n->distance.p && GUEST_ARRAY_PUT(GUEST_HANDLE_VA(n->distance), 0, &distance)))) {
        return -XEN_EFAULT;
    }
    n->num_nodes = 1;
    return 0;
}

static uint32_t domain_count(void)
{
    uint32_t count = 0;

    for (struct domain *d = domain_get_next(0), *next; d; d = next) {
        next = domain_get_next((domid_t)(d->id + 1));
        domain_put(d);
        count++;
    }
    return count;
}

/* There is one pool with everything in it. */
static int64_t cpupool(struct xen_sysctl *op)
{
    struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;

    switch (p->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        if (p->cpupool_id != 0) {
            return -XEN_ENOENT;
        }
        p->sched_id = sched_policy_id();
        p->n_dom = domain_count();
        return cpumap_put(&p->cpumap, port_cpus_online());
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return cpumap_put(&p->cpumap, CPUMASK_NONE);
    case XEN_SYSCTL_CPUPOOL_OP_CREATE:
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        return -XEN_EOPNOTSUPP;
    default:
        return -XEN_ENOSYS;
    }
}

static int64_t available(struct xen_sysctl *op)
{
    op->u.availheap.avail_bytes = frame_free_count() << PAGE_SHIFT;
    return 0;
}

static int64_t scheduler_id(struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = sched_policy_id();
    return 0;
}

/* What all of a pool's vCPUs share: how long one runs at least before another may take its place. */
static int64_t scheduler(struct xen_sysctl *op)
{
    struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;
    int64_t error = 0;

    if (s->cmd != XEN_SYSCTL_SCHEDOP_putinfo && s->cmd != XEN_SYSCTL_SCHEDOP_getinfo) {
        return -XEN_EINVAL;
    }
    if (s->cpupool_id != 0) {
        return -XEN_ESRCH;
    }
    if (s->sched_id != sched_policy_id() || s->sched_id != XEN_SCHEDULER_CREDIT2) {
        return -XEN_EINVAL;
    }
    if (s->cmd == XEN_SYSCTL_SCHEDOP_putinfo) {
        error = sched_set_ratelimit(s->u.sched_credit2.ratelimit_us);
    }
    s->u.sched_credit2.ratelimit_us = sched_ratelimit();
    return error;
}

/* No device's place among the nodes is known. An index that was not reached is told by the count. */
static int64_t pci_topology(struct xen_sysctl *op)
{
    struct xen_sysctl_pcitopoinfo *t = &op->u.pcitopoinfo;
    const uint32_t none = XEN_INVALID_DEV;
    physdev_pci_device_t device;
    uint32_t i;

    if (!t->devs.p || !t->nodes.p) {
        return -XEN_EINVAL;
    }
    for (i = 0; i < t->num_devs; i++) {
        if (GUEST_ARRAY_GET(&device, GUEST_HANDLE_VA(t->devs), i) ||
            GUEST_ARRAY_PUT(GUEST_HANDLE_VA(t->nodes), i, &none)) {
            return -XEN_EFAULT;
        }
        if (port_preempt_pending()) {
            i++;
            break;
        }
    }
    t->num_devs = i;
    return 0;
}

static int64_t cache_monitoring(struct xen_sysctl *op)
{
    (void)op;
    return -XEN_ENODEV;
}

static int64_t cache_allocation(struct xen_sysctl *op)
{
    return op->u.psr_alloc.cmd > XEN_SYSCTL_PSR_get_mba_info ? -XEN_EOPNOTSUPP : -XEN_ENODEV;
}

static int64_t coverage(struct xen_sysctl *op)
{
    (void)op;
    return -XEN_EOPNOTSUPP;
}

static sysctl_handler *const handlers[] = {
    [XEN_SYSCTL_readconsole] = read_console,
    [XEN_SYSCTL_tbuf_op] = sysctl_trace,
    [XEN_SYSCTL_physinfo] = physinfo,
    [XEN_SYSCTL_sched_id] = scheduler_id,
    [XEN_SYSCTL_getdomaininfolist] = domain_list,
    [XEN_SYSCTL_debug_keys] = debug_keys,
    [XEN_SYSCTL_getcpuinfo] = sysctl_cpu_info,
    [XEN_SYSCTL_availheap] = available,
    [XEN_SYSCTL_get_pmstat] = sysctl_power_statistics,
    [XEN_SYSCTL_cpu_hotplug] = sysctl_cpu_hotplug,
    [XEN_SYSCTL_pm_op] = sysctl_power,
    [XEN_SYSCTL_cputopoinfo] = sysctl_cpu_topology,
    [XEN_SYSCTL_numainfo] = numa,
    [XEN_SYSCTL_cpupool_op] = cpupool,
    [XEN_SYSCTL_scheduler_op] = scheduler,
    [XEN_SYSCTL_coverage_op] = coverage,
    [XEN_SYSCTL_psr_cmt_op] = cache_monitoring,
    [XEN_SYSCTL_pcitopoinfo] = pci_topology,
    [XEN_SYSCTL_psr_alloc] = cache_allocation,
    [XEN_SYSCTL_get_cpu_levelling_caps] = sysctl_cpu_levelling,
    [XEN_SYSCTL_get_cpu_featureset] = sysctl_cpu_featureset,
    [XEN_SYSCTL_get_cpu_policy] = sysctl_cpu_policy,
};

static int64_t run(struct xen_sysctl *op)
{
    sysctl_handler *handler =
        op->cmd < ARRAY_SIZE(handlers) ? handlers[index_nospec(op->cmd, ARRAY_SIZE(handlers))] : NULL;

    return handler ? handler(op) : -XEN_ENOSYS;
}

int64_t hypercall_sysctl(struct hypercall_args *args)
{
    guest_va_t argument = hypercall_pointer(args, 0);
    struct xen_sysctl op;
    int64_t result;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION) {
        return -XEN_EACCES;
    }
    result = run(&op);
    if (result == 0 && port_copy_to_guest(argument, &op, sizeof(op))) {
        return -XEN_EFAULT;
    }
    return result;
}
