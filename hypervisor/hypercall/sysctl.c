/* SPDX-License-Identifier: MIT */
/* sysctl: what the toolstack asks of the machine as a whole. */
#include "core/console.h"
#include "core/cpu_policy.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/heap.h"
#include "hypercall/cpumap.h"
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/machine.h"
#include "port/map.h"
#include "port/time.h"
#include "pvabi/sysctl.h"

#define CONSOLE_PART 512u
#define KEYS_MAX     64u

/* The machine's feature words in the order of arch-x86/cpufeatureset.h. */
static void host_features(uint32_t words[8])
{
    const struct port_cpuid basic = port_cpuid(1, 0), extended = port_cpuid(0x80000001, 0),
                            state = port_cpuid(0xd, 1);
    const struct port_cpuid structured = port_cpuid(7, 0), power = port_cpuid(0x80000007, 0);
    const uint32_t all[8] = {basic.d, basic.c,      extended.d,   extended.c,
                             state.a, structured.b, structured.c, power.d};

    memcpy(words, all, sizeof(all));
}

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
    host_features(op->u.physinfo.hw_cap);
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

static int64_t cpu_info(struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *c = &op->u.getcpuinfo;
    uint32_t count = MIN(c->max_cpus, cpumask_count(port_cpus_online()));

    for (uint32_t cpu = 0; cpu < count; cpu++) {
        struct vcpu_runstate_info runstate;
        struct xen_sysctl_cpuinfo info;

        sched_runstate_get(domain_idle->vcpus[cpu], &runstate);
        info = (struct xen_sysctl_cpuinfo){.idletime = runstate.time[RUNSTATE_running]};
        if (GUEST_ARRAY_PUT(GUEST_HANDLE_VA(c->info), cpu, &info)) {
            return -XEN_EFAULT;
        }
    }
    c->nr_cpus = count;
    return 0;
}

static int64_t topology(struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
    uint32_t cpus = cpumask_count(port_cpus_online());

    if (!t->cputopo.p) {
        t->num_cpus = cpus;
        return 0;
    }
    for (uint32_t cpu = 0; cpu < MIN(t->num_cpus, cpus); cpu++) {
        struct xen_sysctl_cputopo info = {.core = cpu, .socket = 0, .node = 0};

        if (GUEST_ARRAY_PUT(GUEST_HANDLE_VA(t->cputopo), cpu, &info)) {
            return -XEN_EFAULT;
        }
    }
    t->num_cpus = MIN(t->num_cpus, cpus);
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
    default:
        return -XEN_EOPNOTSUPP;
    }
}

static int64_t available(struct xen_sysctl *op)
{
    op->u.availheap.avail_bytes = frame_free_count() << PAGE_SHIFT;
    return 0;
}

/* What the machine has is told as what a PV guest can have of it: nothing else is ever offered. */
static int64_t cpu_policy(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_policy *p = &op->u.cpu_policy;
    struct guest_cpu_policy *policy;
    int64_t error;

    if (p->index > XEN_SYSCTL_cpu_policy_hvm_default) {
        return -XEN_EINVAL;
    }
    if (p->index == XEN_SYSCTL_cpu_policy_hvm_max || p->index == XEN_SYSCTL_cpu_policy_hvm_default) {
        return -XEN_EOPNOTSUPP;
    }
    policy = cpu_policy_new();
    if (!policy) {
        return -XEN_ENOMEM;
    }
    error = cpu_policy_to_guest(policy, GUEST_HANDLE_VA(p->leaves), &p->nr_leaves, GUEST_HANDLE_VA(p->msrs),
                                &p->nr_msrs);
    heap_free(policy);
    return error;
}

/* The words of a featureset in the ABI's order; what is not here (later words) is not offered. */
static const enum cpu_policy_word featureset[] = {
    CPU_POLICY_1D, CPU_POLICY_1C,  CPU_POLICY_E1D, CPU_POLICY_E1C, CPU_POLICY_D1A, CPU_POLICY_7B,
    CPU_POLICY_7C, CPU_POLICY_E7D, CPU_POLICY_E8B, CPU_POLICY_7D,  CPU_POLICY_71A,
};

static int64_t cpu_featureset(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_featureset *p = &op->u.cpu_featureset;
    guest_va_t list = GUEST_HANDLE_VA(p->features);
    struct guest_cpu_policy *policy;
    uint32_t room = p->nr_features;
    int64_t error = 0;

    p->nr_features = ARRAY_SIZE(featureset);
    if (p->index > XEN_SYSCTL_cpu_featureset_hvm_max) {
        return -XEN_EINVAL;
    }
    if (p->index == XEN_SYSCTL_cpu_featureset_hvm || p->index == XEN_SYSCTL_cpu_featureset_hvm_max) {
        return -XEN_EOPNOTSUPP;
    }
    if (list.n == 0) {
        return 0;
    }
    policy = cpu_policy_new();
    if (!policy) {
        return -XEN_ENOMEM;
    }
    for (uint32_t i = 0; i < MIN(room, (uint32_t)ARRAY_SIZE(featureset)) && !error; i++) {
        uint32_t word = cpu_policy_word(policy, featureset[i]);

        error = GUEST_ARRAY_PUT(list, i, &word);
    }
    heap_free(policy);
    return !error && room < ARRAY_SIZE(featureset) ? -XEN_ENOBUFS : error;
}

static int64_t run(struct xen_sysctl *op)
{
    switch (op->cmd) {
    case XEN_SYSCTL_readconsole:
        return read_console(op);
    case XEN_SYSCTL_physinfo:
        return physinfo(op);
    case XEN_SYSCTL_sched_id:
        op->u.sched_id.sched_id = sched_policy_id();
        return 0;
    case XEN_SYSCTL_getdomaininfolist:
        return domain_list(op);
    case XEN_SYSCTL_debug_keys:
        return debug_keys(op);
    case XEN_SYSCTL_getcpuinfo:
        return cpu_info(op);
    case XEN_SYSCTL_availheap:
        return available(op);
    case XEN_SYSCTL_cputopoinfo:
        return topology(op);
    case XEN_SYSCTL_numainfo:
        return numa(op);
    case XEN_SYSCTL_cpupool_op:
        return cpupool(op);
    case XEN_SYSCTL_pcitopoinfo:
        return -XEN_ENODEV;
    case XEN_SYSCTL_get_cpu_featureset:
        return cpu_featureset(op);
    case XEN_SYSCTL_get_cpu_policy:
        return cpu_policy(op);
    default:
        return -XEN_ENOSYS;
    }
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
