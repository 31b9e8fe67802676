/* SPDX-License-Identifier: MIT */
/* Sets of CPUs and CPU policies in a caller's memory. */
#include "hypercall/cpumap.h"
#include "core/cpu_policy.h"
#include "core/heap.h"
#include "port/guest_copy.h"
#include "pvabi/errno.h"

int64_t cpumap_get(const struct xenctl_bitmap *map, struct cpumask *mask)
{
    size_t bytes = MIN(map->nr_bits / 8 + (map->nr_bits % 8 != 0), sizeof(mask->bits));
    uint64_t bits = 0;

    if (port_copy_from_guest(&bits, GUEST_HANDLE_VA(map->bitmap), bytes)) {
        return -XEN_EFAULT;
    }
    mask->bits = map->nr_bits < 64 ? bits & ((1ull << map->nr_bits) - 1) : bits;
    return 0;
}

int64_t cpumap_put(const struct xenctl_bitmap *map, struct cpumask mask)
{
    size_t bytes = map->nr_bits / 8 + (map->nr_bits % 8 != 0), known = MIN(bytes, sizeof(mask.bits));

    if (port_copy_to_guest(GUEST_HANDLE_VA(map->bitmap), &mask.bits, known)) {
        return -XEN_EFAULT;
    }
    /* A caller with more room than there are CPUs gets zeros; far more than that it cannot mean. */
    return port_clear_guest(guest_va(GUEST_HANDLE_VA(map->bitmap).n + known),
                            MIN(bytes - known, (size_t)4096));
}

int64_t cpu_policy_to_guest(const struct guest_cpu_policy *policy, guest_va_t leaves, uint32_t *leaf_count,
                            guest_va_t msrs, uint32_t *msr_count)
{
    xen_cpuid_leaf_t *own_leaves;
    xen_msr_entry_t own_msrs[CPU_POLICY_MSRS];
    uint32_t leaf_room = *leaf_count, msr_room = *msr_count;
    int64_t error = 0;

    if (leaves.n == 0 && msrs.n == 0) {
        *leaf_count = CPU_POLICY_LEAVES_MAX;
        *msr_count = CPU_POLICY_MSRS;
        return 0;
    }
    own_leaves = heap_zalloc(CPU_POLICY_LEAVES_MAX * sizeof(*own_leaves));
    if (!own_leaves) {
        return -XEN_ENOMEM;
    }
    *leaf_count = cpu_policy_leaves(policy, own_leaves);
    *msr_count = cpu_policy_msrs(policy, own_msrs);
    /* A list that was not asked for is only counted. */
    if ((leaves.n != 0 && *leaf_count > leaf_room) || (msrs.n != 0 && *msr_count > msr_room)) {
        error = -XEN_ENOBUFS;
    }
    if (!error && leaves.n != 0) {
        error = port_copy_to_guest(leaves, own_leaves, *leaf_count * sizeof(*own_leaves));
    }
    if (!error && msrs.n != 0) {
        error = port_copy_to_guest(msrs, own_msrs, *msr_count * sizeof(*own_msrs));
    }
    heap_free(own_leaves);
    return error;
}
