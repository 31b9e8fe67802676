/* SPDX-License-Identifier: MIT */
/* The grant table of this domain, which grows a frame at a time, and the operations on others'. */
#include "guest/grant.h"

#include "guest/hypercall.h"
#include "guest/lock.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "pvabi/errno.h"

#define FRAME_ENTRIES (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define FRAMES_MAX    64

static struct grant_entry_v1 *table;
static unsigned int frame_count;
static grant_ref_t next_reference = GNTTAB_NR_RESERVED_ENTRIES;
static struct guest_lock grant_lock;

/* One more frame, mapped behind the others. */
static int table_grow(void)
{
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = frame_count + 1};
    xen_pfn_t frames[FRAMES_MAX] = {0};
    char *address = (char *)table + frame_count * PAGE_SIZE;
    int error;

    if (frame_count == FRAMES_MAX) {
        return -XEN_ENOSPC;
    }
    set_xen_guest_handle(setup.frame_list, frames);
    error = (int)hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&setup), 1);
    if (error || setup.status != GNTST_okay) {
        return error ? error : -XEN_ENOSPC;
    }
    error = pt_set(address, frames[frame_count] << PAGE_SHIFT | PTE_PAGE);
    frame_count += error == 0;
    return error;
}

int grant_init(void)
{
    if (!table) {
        table = pt_reserve(FRAMES_MAX);
    }
    if (!table) {
        return -XEN_ENOMEM;
    }
    return frame_count ? 0 : table_grow();
}

void grant_suspend(void)
{
    for (unsigned int frame = 0; frame < frame_count; frame++) {
        pt_unmap((char *)table + frame * PAGE_SIZE);
    }
}

int grant_resume(void)
{
    unsigned int wanted = frame_count;
    int error = 0;

    frame_count = 0;
    while (frame_count < wanted && !error) {
        error = table_grow();
    }
    return error;
}

struct grant_entry_v1 *grant_table(void)
{
    return table;
}

unsigned int grant_count(void)
{
    return frame_count * FRAME_ENTRIES;
}

/* An entry that nobody uses, searched from where the last was found; 0 if there is none. */
static grant_ref_t find_free(void)
{
    for (unsigned int tried = 0; tried < grant_count(); tried++) {
        grant_ref_t reference = next_reference++;

        if (next_reference >= grant_count()) {
            next_reference = GNTTAB_NR_RESERVED_ENTRIES;
        }
        if (table[reference].flags == GTF_invalid) {
            return reference;
        }
    }
    return GRANT_NONE;
}

static int give_locked(domid_t domain, unsigned long mfn, bool readonly)
{
    int error = grant_init();
    grant_ref_t reference = error ? GRANT_NONE : find_free();

    if (!error && reference == GRANT_NONE) {
        next_reference = grant_count();
        error = table_grow();
        reference = error ? GRANT_NONE : find_free();
    }
    if (error) {
        return error;
    }
    table[reference].domid = domain;
    table[reference].frame = (uint32_t)mfn;
    /* The flags last: they make the entry valid. */
    barrier();
    table[reference].flags = (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0));
    return (int)reference;
}

int grant_give(domid_t domain, unsigned long mfn, bool readonly)
{
    bool masked = lock_take(&grant_lock);
    int result = give_locked(domain, mfn, readonly);

    lock_give(&grant_lock, masked);
    return result;
}

int grant_page(domid_t domain, const void *page, bool readonly)
{
    return grant_give(domain, memory_va_to_mfn(page), readonly);
}

bool grant_end(grant_ref_t reference)
{
    uint16_t flags;

    /* Of a table that was larger before a suspend. */
    if (reference >= grant_count()) {
        return true;
    }
    flags = table[reference].flags;
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

static void copies_run(struct grant_copies *copies)
{
    int error = 0;

    if (copies->count) {
        error = (int)hypercall_grant_table_op(GNTTABOP_copy, HARG(copies->copies), copies->count);
    }
    for (unsigned int i = 0; i < copies->count && copies->status == GNTST_okay; i++) {
        copies->status = error ? GNTST_general_error : copies->copies[i].status;
    }
    copies->count = 0;
}

static void add_piece(struct grant_copies *copies, const struct gnttab_copy *copy)
{
    if (copies->count == GRANT_COPIES) {
        copies_run(copies);
    }
    copies->copies[copies->count++] = *copy;
}

void grant_copies_add(struct grant_copies *copies, domid_t domain, grant_ref_t reference, unsigned int offset,
                      void *local, size_t size, bool to_other)
{
    while (size) {
        unsigned long in_page = (unsigned long)local & ~PAGE_MASK;
        size_t piece = size < PAGE_SIZE - in_page ? size : PAGE_SIZE - in_page;
        struct gnttab_copy copy = {.len = (uint16_t)piece,
                                   .flags = to_other ? GNTCOPY_dest_gref : GNTCOPY_source_gref};

        copy.source.domid = to_other ? DOMID_SELF : domain;
        copy.dest.domid = to_other ? domain : DOMID_SELF;
        copy.source.offset = (uint16_t)(to_other ? in_page : offset);
        copy.dest.offset = (uint16_t)(to_other ? offset : in_page);
        if (to_other) {
            copy.source.u.gmfn = memory_va_to_mfn(local);
            copy.dest.u.ref = reference;
        } else {
            copy.source.u.ref = reference;
            copy.dest.u.gmfn = memory_va_to_mfn(local);
        }
        add_piece(copies, &copy);
        local = (char *)local + piece;
        offset += (unsigned int)piece;
        size -= piece;
    }
}

int grant_copies_end(struct grant_copies *copies)
{
    int status;

    copies_run(copies);
    status = copies->status;
    copies->status = GNTST_okay;
    return status;
}
