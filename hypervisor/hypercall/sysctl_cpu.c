/* SPDX-License-Identifier: MIT */
/* sysctl: what the toolstack asks about the machine's CPUs, their features and their power management. */
#include "core/cpu_policy.h"
#include "core/domain.h"
#include "core/heap.h"
#include "hypercall/cpumap.h"
#include "hypercall/sysctl.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "pvabi/errno.h"

/* The machine's feature words in the order of arch-x86/cpufeatureset.h. */
void sysctl_host_features(uint32_t words[8])
{
    const struct port_cpuid basic = port_cpuid(1, 0), extended = port_cpuid(0x80000001, 0),
                            state = port_cpuid(0xd, 1);
    const struct port_cpuid structured = port_cpuid(7, 0), power = port_cpuid(0x80000007, 0);
    const uint32_t all[8] = {basic.d, basic.c,      extended.d,   extended.c,
                             state.a, structured.b, structured.c, power.d};

    memcpy(words, all, sizeof(all));
}

int64_t sysctl_cpu_info(struct xen_sysctl *op)
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

int64_t sysctl_cpu_topology(struct xen_sysctl *op)
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

/* What the machine has is told as what a PV guest can have of it: nothing else is ever offered. */
int64_t sysctl_cpu_policy(struct xen_sysctl *op)
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

int64_t sysctl_cpu_featureset(struct xen_sysctl *op)
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

/* A guest's CPUID in user mode is the CPU's own: nothing of it can be masked. */
int64_t sysctl_cpu_levelling(struct xen_sysctl *op)
{
    op->u.cpu_levelling_caps.caps = 0;
    return 0;
}

static bool cpu_is_online(uint32_t cpu)
{
    return cpu < CPU_MAX && cpumask_has(port_cpus_online(), cpu);
}

/* CPUs stay as they came up. */
int64_t sysctl_cpu_hotplug(struct xen_sysctl *op)
{
    const struct xen_sysctl_cpu_hotplug *h = &op->u.cpu_hotplug;

    if (h->op > XEN_SYSCTL_CPU_HOTPLUG_OFFLINE) {
        return -XEN_EOPNOTSUPP;
    }
    if (!cpu_is_online(h->cpu)) {
        return -XEN_EINVAL;
    }
    return h->op == XEN_SYSCTL_CPU_HOTPLUG_ONLINE ? -XEN_EEXIST : -XEN_EOPNOTSUPP;
}

/* No driver for frequencies or idle states: as on a machine that offers none. */
int64_t sysctl_power_statistics(struct xen_sysctl *op)
{
    return cpu_is_online(op->u.get_pmstat.cpuid) ? -XEN_ENODEV : -XEN_EINVAL;
}

int64_t sysctl_power(struct xen_sysctl *op)
{
    if (!cpu_is_online(op->u.pm_op.cpuid)) {
        return -XEN_EINVAL;
    }
    return (op->u.pm_op.cmd & PM_PARA_CATEGORY_MASK) == CPUFREQ_PARA ? -XEN_ENODEV : -XEN_ENOSYS;
}
