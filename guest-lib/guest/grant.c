/* SPDX-License-Identifier: MIT */
/* The grant table of this domain, one frame of it, and the operations on others'. */
#include "guest/grant.h"

#include "guest/hypercall.h"
#include "guest/pagetable.h"
#include "pvabi/errno.h"

#define ENTRIES (PAGE_SIZE / sizeof(struct grant_entry_v1))

static struct grant_entry_v1 *table;

int grant_init(void)
{
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1};
    xen_pfn_t frame = 0;
    int error;

    if (table) {
        return 0;
    }
    set_xen_guest_handle(setup.frame_list, &frame);
    error = (int)hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&setup), 1);
    if (error || setup.status != GNTST_okay) {
        return error ? error : -XEN_ENOSPC;
    }
    table = pt_map_frame(frame, PTE_PAGE);
    return table ? 0 : -XEN_EINVAL;
}

struct grant_entry_v1 *grant_table(void)
{
    return table;
}

int grant_give(domid_t domain, unsigned long mfn, bool readonly)
{
    int error = grant_init();

    if (error) {
        return error;
    }
    for (unsigned int ref = GNTTAB_NR_RESERVED_ENTRIES; ref < ENTRIES; ref++) {
        if (table[ref].flags != GTF_invalid) {
            continue;
        }
        table[ref].domid = domain;
        table[ref].frame = (uint32_t)mfn;
        /* The flags last: they make the entry valid. */
        barrier();
        table[ref].flags = (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0));
        return (int)ref;
    }
    return -XEN_ENOSPC;
}

bool grant_end(grant_ref_t reference)
{
    uint16_t flags = table[reference].flags;

    /* Only at a moment when nobody reads or writes does the entry become invalid. */
    do {
        if (flags & (GTF_reading | GTF_writing)) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&table[reference].flags, &flags, GTF_invalid, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return true;
}

int grant_map(void *address, domid_t domain, grant_ref_t reference, uint32_t flags, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = HARG(address), .flags = flags | GNTMAP_host_map, .ref = reference, .dom = domain};
    int error = (int)hypercall_grant_table_op(GNTTABOP_map_grant_ref, HARG(&map), 1);

    *handle = map.handle;
    return error ? error : map.status;
}

int grant_unmap(void *address, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref unmap = {.host_addr = HARG(address), .handle = handle};
    int error = (int)hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, HARG(&unmap), 1);

    return error ? error : unmap.status;
}
