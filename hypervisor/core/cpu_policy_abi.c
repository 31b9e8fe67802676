/* SPDX-License-Identifier: MIT */
/* A domain's CPU policy as the arrays of leaves and MSRs that the toolstack reads and writes. */
#include "core/cpu_policy.h"
#include "pvabi/errno.h"

#define EXTENDED              0x80000000u
#define HYPERVISOR            0x40000000u
#define HYPERVISOR_OTHER      0x40000100u
#define HYPERVISOR_LEAF_MAX   (HYPERVISOR + 5)
#define MSR_PLATFORM_INFO     0xceu
#define MSR_ARCH_CAPABILITIES 0x10au

struct leaf_list {
    xen_cpuid_leaf_t *leaves;
    uint32_t count;
};

static void list_add_leaf(struct leaf_list *list, uint32_t leaf, uint32_t subleaf,
                          const struct port_cpuid *value)
{
    list->leaves[list->count++] = (xen_cpuid_leaf_t){leaf, subleaf, value->a, value->b, value->c, value->d};
}

static void list_add_subleaves(struct leaf_list *list, uint32_t leaf, const struct port_cpuid *values,
                               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        list_add_leaf(list, leaf, i, &values[i]);
    }
}

static uint32_t cache_count(const struct guest_cpu_policy *p)
{
    uint32_t n = 0;

    while (n < CPU_POLICY_CACHE_LEAVES - 1 && (p->cache[n].a & 0x1f) != 0) {
        n++;
    }
    return n + 1;
}

uint32_t cpu_policy_leaves(const struct guest_cpu_policy *p, xen_cpuid_leaf_t *leaves)
{
    struct leaf_list list = {leaves, 0};
    const struct port_cpuid hypervisor = {.a = HYPERVISOR_LEAF_MAX}, none = {0};

    for (uint32_t leaf = 0; leaf <= MIN(p->basic[0].a, CPU_POLICY_BASIC_LEAVES - 1); leaf++) {
        switch (leaf) {
        case 4:
            list_add_subleaves(&list, leaf, p->cache, cache_count(p));
            break;
        case 7:
            list_add_subleaves(&list, leaf, p->features, p->features[0].a + 1);
            break;
        case 0xb:
            list_add_leaf(&list, leaf, 0, &p->basic[leaf]);
            break;
        case 0xd:
            list_add_subleaves(&list, leaf, p->state, CPU_POLICY_STATE_LEAVES);
            break;
        default:
            list_add_leaf(&list, leaf, XEN_CPUID_NO_SUBLEAF, &p->basic[leaf]);
            break;
        }
    }
    list_add_leaf(&list, HYPERVISOR, XEN_CPUID_NO_SUBLEAF, &hypervisor);
    list_add_leaf(&list, HYPERVISOR_OTHER, XEN_CPUID_NO_SUBLEAF, &none);
    for (uint32_t i = 0; i < CPU_POLICY_EXTENDED_LEAVES && EXTENDED + i <= p->extended[0].a; i++) {
        list_add_leaf(&list, EXTENDED + i, XEN_CPUID_NO_SUBLEAF, &p->extended[i]);
    }
    return list.count;
}

uint32_t cpu_policy_msrs(const struct guest_cpu_policy *p, xen_msr_entry_t *msrs)
{
    msrs[0] = (xen_msr_entry_t){.idx = MSR_PLATFORM_INFO, .val = p->platform_info};
    msrs[1] = (xen_msr_entry_t){.idx = MSR_ARCH_CAPABILITIES};
    return CPU_POLICY_MSRS;
}

/* Where a leaf's value stands; NULL with *known if it is one that is not kept. */
static struct port_cpuid *find_leaf(struct guest_cpu_policy *p, uint32_t leaf, uint32_t subleaf, bool *known)
{
    bool plain = subleaf == XEN_CPUID_NO_SUBLEAF;

    *known = true;
    switch (leaf) {
    case 4:
        return subleaf < CPU_POLICY_CACHE_LEAVES ? &p->cache[subleaf] : NULL;
    case 7:
        return subleaf < CPU_POLICY_FEATURE_LEAVES ? &p->features[subleaf] : NULL;
    case 0xb:
        return NULL;
    case 0xd:
        return subleaf < CPU_POLICY_STATE_LEAVES ? &p->state[subleaf] : NULL;
    case HYPERVISOR:
    case HYPERVISOR_OTHER:
        return NULL;
    default:
        break;
    }
    if (plain && leaf < CPU_POLICY_BASIC_LEAVES) {
        return &p->basic[leaf];
    }
    if (plain && leaf >= EXTENDED && leaf - EXTENDED < CPU_POLICY_EXTENDED_LEAVES) {
        return &p->extended[leaf - EXTENDED];
    }
    *known = false;
    return NULL;
}

int cpu_policy_put_leaf(struct guest_cpu_policy *policy, const xen_cpuid_leaf_t *leaf)
{
    bool known;
    struct port_cpuid *value = find_leaf(policy, leaf->leaf, leaf->subleaf, &known);

    if (value) {
        *value = (struct port_cpuid){leaf->a, leaf->b, leaf->c, leaf->d};
    }
    return known ? 0 : -XEN_ERANGE;
}

int cpu_policy_put_msr(struct guest_cpu_policy *policy, const xen_msr_entry_t *msr)
{
    if (msr->flags != 0) {
        return -XEN_EINVAL;
    }
    switch (msr->idx) {
    case MSR_PLATFORM_INFO:
        policy->platform_info = msr->val;
        return 0;
    case MSR_ARCH_CAPABILITIES:
        return msr->val == 0 ? 0 : -XEN_EINVAL;
    default:
        return -XEN_ERANGE;
    }
}
