/* SPDX-License-Identifier: MIT */
/* Unmaps pages and gives their frames away; populates the same page numbers again. */
#include "guest/balloon.h"

#include "guest/hypercall.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "guest/xenstore.h"
#include "pvabi/errno.h"
#include "pvabi/memory.h"

#define KIB_PER_PAGE 4

/* A page that is away is in this list by its number; its address stays unmapped and reserved. */
struct absent {
    struct absent *next;
    unsigned long pfn;
};

static struct absent *absent_pages;
static unsigned long absent_count;

unsigned long balloon_size(void)
{
    return absent_count;
}

static long memory_call(unsigned int operation, xen_pfn_t *frame)
{
    struct xen_memory_reservation reservation = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(reservation.extent_start, frame);
    return hypercall_memory_op(operation, HARG(&reservation));
}

static long inflate_one(void)
{
    void *page = memory_page_alloc();
    struct absent *absent = malloc(sizeof(*absent));
    xen_pfn_t mfn = memory_va_to_mfn(page);
    long result;

    absent->pfn = memory_va_to_pfn(page);
    pt_set(page, 0);
    result = memory_call(XENMEM_decrease_reservation, &mfn);
    if (result != 1) {
        pt_set(page, mfn << PAGE_SHIFT | PTE_PAGE);
        memory_page_free(page);
        free(absent);
        return result < 0 ? result : -XEN_EBUSY;
    }
    memory_set_mfn(absent->pfn, MFN_NONE);
    absent->next = absent_pages;
    absent_pages = absent;
    absent_count++;
    return 1;
}

static long deflate_one(void)
{
    struct absent *absent = absent_pages;
    xen_pfn_t frame;
    long result;
    void *page;

    if (!absent) {
        return -XEN_ENOENT;
    }
    /* In: the page's number, which also goes into the machine's table. Out: the frame. */
    frame = absent->pfn;
    result = memory_call(XENMEM_populate_physmap, &frame);
    if (result != 1) {
        return result < 0 ? result : -XEN_ENOMEM;
    }
    page = memory_pfn_to_va(absent->pfn);
    memory_set_mfn(absent->pfn, frame);
    result = pt_set(page, frame << PAGE_SHIFT | PTE_PAGE);
    absent_pages = absent->next;
    absent_count--;
    memory_page_free(page);
    free(absent);
    return result ? result : 1;
}

static long repeat(long (*step)(void), unsigned long count)
{
    unsigned long done = 0;
    long result = 0;

    while (done < count && (result = step()) == 1) {
        done++;
    }
    return done ? (long)done : result;
}

long balloon_inflate(unsigned long count)
{
    return repeat(inflate_one, count);
}

long balloon_deflate(unsigned long count)
{
    return repeat(deflate_one, count);
}

int balloon_follow_target(void)
{
    unsigned long target, have = memory_frame_count() - absent_count;
    long result;
    int error = xs_read_number("memory", "target", &target);

    if (error) {
        return error;
    }
    target /= KIB_PER_PAGE;
    if (target == have) {
        return 0;
    }
    result = target < have ? balloon_inflate(have - target) : balloon_deflate(target - have);
    return result < 0 ? (int)result : 0;
}
