/* SPDX-License-Identifier: MIT */
/* Shared by the toolstack's calls: sets of CPUs and CPU policies in a caller's memory. */
#ifndef HYPERCALL_CPUMAP_H
#define HYPERCALL_CPUMAP_H

#include "lib/cpumask.h"
#include "pvabi/domctl.h"

struct guest_cpu_policy;

/* Reads a set of CPUs from the caller's bitmap, or writes one into it, as far as it goes. 0 or -XEN_EFAULT.
 */
int64_t cpumap_get(const struct xenctl_bitmap *map, struct cpumask *mask);
int64_t cpumap_put(const struct xenctl_bitmap *map, struct cpumask mask);

/*
 * Writes a policy into the caller's arrays; the counts are the room, then what there is. NULL arrays ask for
 * the counts only. 0, -XEN_ENOBUFS (too little room), -XEN_EFAULT.
 */
int64_t cpu_policy_to_guest(const struct guest_cpu_policy *policy, guest_va_t leaves, uint32_t *leaf_count,
                            guest_va_t msrs, uint32_t *msr_count);

#endif
