/* SPDX-License-Identifier: MIT */
/* Attack: giving back, exchanging or granting frames that are page tables, descriptors or mapped, to change
 * what they are. */
#include "guest/test.h"

static long release(xen_pfn_t mfn)
{
    struct xen_memory_reservation request = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(request.extent_start, &mfn);
    return hypercall_memory_op(XENMEM_decrease_reservation, HARG(&request));
}

static long exchange(xen_pfn_t in, xen_pfn_t pfn)
{
    struct xen_memory_exchange request = {.in = {.nr_extents = 1, .domid = DOMID_SELF},
                                          .out = {.nr_extents = 1, .domid = DOMID_SELF}};

    set_xen_guest_handle(request.in.extent_start, &in);
    set_xen_guest_handle(request.out.extent_start, &pfn);
    return hypercall_memory_op(XENMEM_exchange, HARG(&request));
}

/* Lets go of a page that was given back, and has another in its place. */
static void get_another(void *page)
{
    xen_pfn_t frame = memory_va_to_pfn(page);
    struct xen_memory_reservation request = {.nr_extents = 1, .domid = DOMID_SELF};

    EXPECT_EQ(pt_unmap(page), 0);
    set_xen_guest_handle(request.extent_start, &frame);
    ASSERT_EQ(hypercall_memory_op(XENMEM_populate_physmap, HARG(&request)), 1);
    memory_set_mfn(memory_va_to_pfn(page), frame);
    EXPECT_EQ(pt_protect(page, true), 0);
}

GUEST_TEST(page_type_release)
{
    uint64_t *table = memory_page_alloc();
    unsigned long mfn = memory_va_to_mfn(table), pfn = memory_va_to_pfn(table);
    long got;

    /* A pinned table given back stays the table that it is, for a pin is not undone by that. */
    ASSERT_EQ(pt_pin(table, 1), 0);
    EXPECT(exchange(mfn, pfn) < 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_CLEAR_PAGE, mfn), -XEN_EINVAL);
    EXPECT_EQ(hypercall_update_descriptor(mfn << PAGE_SHIFT, 0), -XEN_EINVAL);
    EXPECT_EQ(pt_protect(table, true), -XEN_EBUSY);
    EXPECT_EQ(pt_unpin(table), 0);
    /* A frame that is still mapped: it may go from the domain's count, but nobody else gets it while the
     * mapping is. */
    got = release(mfn);
    EXPECT(got == 0 || got == 1);
    *(volatile uint64_t *)table = 4711;
    EXPECT_EQ(*(volatile uint64_t *)table, 4711);
    EXPECT(release(1ul << 33) == 0);
    EXPECT(release(~0ul) == 0);
    if (got == 1) {
        get_another(table);
    }
    memory_page_free(table);
}
