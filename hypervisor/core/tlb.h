/* SPDX-License-Identifier: MIT */
/* Which CPUs a guest's request to flush is for. */
#ifndef CORE_TLB_H
#define CORE_TLB_H

#include "lib/cpumask.h"
#include "lib/types.h"

struct domain;

/* All that may hold translations of the domain. */
struct cpumask tlb_cpus_of_domain(const struct domain *d);

/*
 * Those of the running domain's vCPUs in a bitmap in its memory: bytes for as many vCPUs as the domain has
 * are read, not more. 0; or -XEN_EFAULT, with *cpus those that could be read.
 */
int tlb_cpus_of_guest_bitmap(const struct domain *d, guest_va_t bitmap, struct cpumask *cpus) MUST_CHECK;

#endif
