/* SPDX-License-Identifier: MIT */
/* Many updates of page-table entries in one hypercall. */
#include "guest/hypercall.h"
#include "guest/pagetable.h"

static void run(struct pt_batch *batch)
{
    int error = 0;

    if (batch->count) {
        error = (int)hypercall_mmu_update(HARG(batch->updates), batch->count, 0, DOMID_SELF);
    }
    batch->error = batch->error ? batch->error : error;
    batch->count = 0;
}

void pt_batch_add(struct pt_batch *batch, uint64_t maddr, uint64_t value)
{
    if (batch->error) {
        return;
    }
    batch->updates[batch->count++] = (struct mmu_update){.ptr = maddr, .val = value};
    if (batch->count == PT_BATCH) {
        run(batch);
    }
}

int pt_batch_end(struct pt_batch *batch)
{
    int error;

    run(batch);
    error = batch->error;
    batch->error = 0;
    return error;
}

int pt_map_range(void *address, const unsigned long *mfns, unsigned long count, uint64_t bits)
{
    struct pt_batch batch = {0};
    int error = 0;

    for (unsigned long i = 0; i < count && !error; i++) {
        char *at = (char *)address + (i << PAGE_SHIFT);

        /* Where there is no table yet, an empty entry makes it. */
        if (!pt_entry(at, 1)) {
            error = pt_map(at, 0);
        }
        if (!error) {
            pt_batch_add(&batch, pt_entry_maddr(at, 1), mfns ? mfns[i] << PAGE_SHIFT | bits : 0);
        }
    }
    error = error ? error : pt_batch_end(&batch);
    pt_flush_local();
    return error;
}
