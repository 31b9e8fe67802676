/* SPDX-License-Identifier: MIT */
/* What mmu_update and mmuext_op have in common: batches of requests with a count of those done, and foreign
 * domains. */
#ifndef HYPERCALL_MMU_BATCH_H
#define HYPERCALL_MMU_BATCH_H

#include "hypercall/hypercall.h"

struct domain;

/* Set in the count of a batch that goes on after preemption: the guest's done count holds what was done
 * before. */
#define MMU_BATCH_CONTINUED 0x80000000u

/*
 * One batch: requests at args 0, count in 1, address of the done count in 2 (0: none), foreign domain in 3.
 * Only old_table is left to work off when requests is 0 and count is MMU_BATCH_CONTINUED: then foreign
 * carries the result.
 */
struct mmu_batch {
    guest_va_t requests, done_address;
    uint32_t count, foreign, done_before;
};

/* What a request is: its size, and the function that does the one at an address: 0, an errno, or
 * -XEN_ERESTART. */
struct mmu_batch_kind {
    size_t size;
    int (*step)(void *context, guest_va_t request);
};

/*
 * The data or table owner that a guest names by a domain id: DOMID_SELF, DOMID_IO, DOMID_XEN or another
 * domain's id. With a reference (mmu_owner_put); NULL if there is none, or it is the caller's own number.
 */
struct domain *mmu_owner_get(domid_t id) MUST_CHECK;
void mmu_owner_put(struct domain *d);

/* Takes the batch from the arguments; 0, -XEN_EFAULT, or -XEN_ERESTART while old work is left (args
 * unchanged). */
int mmu_batch_begin(struct mmu_batch *batch, const struct hypercall_args *args) MUST_CHECK;

/* Whether the batch is only the rest of an earlier one. */
static inline bool mmu_batch_is_rest(const struct mmu_batch *batch)
{
    return batch->count == MMU_BATCH_CONTINUED && batch->requests.n == 0;
}

/*
 * Runs kind->step for each request until one fails, is preempted, or leaves long work. Adds to the guest's
 * done count, and prepares args for going on. The result is the hypercall's.
 */
int64_t mmu_batch_run(struct mmu_batch *batch, struct hypercall_args *args, const struct mmu_batch_kind *kind,
                      void *context);

#endif
