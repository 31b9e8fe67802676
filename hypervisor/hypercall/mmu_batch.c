/* SPDX-License-Identifier: MIT */
/* Batches of memory-management requests. */
#include "hypercall/mmu_batch.h"

#include "core/domain.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

struct domain *mmu_owner_get(domid_t id)
{
    struct domain *d = NULL;

    if (LIKELY(id == DOMID_SELF)) {
        return CURRENT_DOMAIN(); /* it lives as long as it runs */
    }
    if (id == CURRENT_DOMAIN()->id) {
        return NULL;
    } else if (id == DOMID_IO) {
        d = domain_io;
    } else if (id == DOMID_XEN) {
        d = domain_xen;
    } else {
        return domain_get(id);
    }
    domain_ref(d);
    return d;
}

void mmu_owner_put(struct domain *d)
{
    if (d != CURRENT_DOMAIN()) {
        domain_put(d);
    }
}

int mmu_batch_begin(struct mmu_batch *batch, const struct hypercall_args *args)
{
    int rc = mm_finish_old_table(port_current());

    if (rc) {
        return rc;
    }
    *batch = (struct mmu_batch){
        .requests = hypercall_pointer(args, 0),
        .count = (uint32_t)args->arg[1],
        .done_address = hypercall_pointer(args, 2),
        .foreign = (uint32_t)args->arg[3],
    };
    if (mmu_batch_is_rest(batch)) {
        return 0;
    }
    if (batch->count & MMU_BATCH_CONTINUED) {
        batch->count &= ~MMU_BATCH_CONTINUED;
        if (batch->done_address.n &&
            port_copy_from_guest(&batch->done_before, batch->done_address, sizeof(batch->done_before))) {
            batch->done_before = 0;
        }
    }
    return 0;
}

/* The arguments for going on with the requests from index on. */
static void batch_continue(const struct mmu_batch *batch, struct hypercall_args *args, uint64_t index,
                           size_t size)
{
    args->arg[0] = batch->requests.n + index * size;
    args->arg[1] = (batch->count - index) | MMU_BATCH_CONTINUED;
}

/* All is done but what old_table holds: the result waits for that in the place of the foreign domain. */
static void batch_continue_rest(struct hypercall_args *args, int rc)
{
    args->arg[0] = 0;
    args->arg[1] = MMU_BATCH_CONTINUED;
    args->arg[2] = 0;
    args->arg[3] = (uint32_t)rc;
}

static bool work_is_left(void)
{
    return mfn_valid_number(port_current()->mm.old_table);
}

/* An unreported count is no failure of what was done. */
static void done_store(const struct mmu_batch *batch, uint32_t count)
{
    uint32_t done = batch->done_before + count;

    if (LIKELY(batch->done_address.n == 0)) {
        return;
    }
    if (port_copy_to_guest(batch->done_address, &done, sizeof(done))) {
        return;
    }
}

int64_t mmu_batch_run(struct mmu_batch *batch, struct hypercall_args *args, const struct mmu_batch_kind *kind,
                      void *context)
{
    uint32_t i;
    int rc = 0;

    for (i = 0; rc == 0 && i < batch->count; i++) {
        if (work_is_left() || (i && port_preempt_pending())) {
            rc = -XEN_ERESTART;
        } else {
            rc = kind->step(context, guest_va(batch->requests.n + (uint64_t)i * kind->size));
        }
        if (rc) {
            break;
        }
    }
    done_store(batch, i);
    if (rc == -XEN_ERESTART) {
        batch_continue(batch, args, i, kind->size);
    } else if (work_is_left()) {
        batch_continue_rest(args, rc);
        rc = -XEN_ERESTART;
    }
    return rc;
}
