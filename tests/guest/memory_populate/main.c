/* SPDX-License-Identifier: MIT */
/* populate_physmap fills the pfns that it is given, several at once, and answers with how many it could. */
#include "guest/test.h"

#define PAGES 4

static long reserve(unsigned int command, xen_pfn_t *frames, unsigned long count, unsigned int order)
{
    struct xen_memory_reservation request = {.nr_extents = count, .extent_order = order, .domid = DOMID_SELF};

    set_xen_guest_handle(request.extent_start, frames);
    return hypercall_memory_op(command, HARG(&request));
}

GUEST_TEST(memory_populate)
{
    char *pages = memory_pages_alloc(PAGES);
    xen_pfn_t frames[PAGES];

    for (unsigned int i = 0; i < PAGES; i++) {
        frames[i] = memory_va_to_mfn(pages + i * PAGE_SIZE);
        ASSERT_EQ(pt_unmap(pages + i * PAGE_SIZE), 0);
    }
    ASSERT_EQ(reserve(XENMEM_decrease_reservation, frames, PAGES, 0), PAGES);
    for (unsigned int i = 0; i < PAGES; i++) {
        frames[i] = memory_va_to_pfn(pages) + i;
    }
    EXPECT_EQ(reserve(XENMEM_populate_physmap, frames, 1, 60), 0);
    ASSERT_EQ(reserve(XENMEM_populate_physmap, frames, PAGES, 0), PAGES);
    for (unsigned int i = 0; i < PAGES; i++) {
        EXPECT_EQ(memory_mfn_to_pfn(frames[i]), memory_va_to_pfn(pages) + i);
        memory_set_mfn(memory_va_to_pfn(pages) + i, frames[i]);
        EXPECT_EQ(pt_protect(pages + i * PAGE_SIZE, true), 0);
        /* What a page held for another must not be seen. */
        EXPECT_EQ(pages[i * PAGE_SIZE], 0);
    }
    memory_pages_free(pages, PAGES);
}
