/* SPDX-License-Identifier: MIT */
/* Attack: a frame that is a page table, or descriptors, is given back to the hypervisor or written by a grant
 * copy: it stays what it is until its last use has gone. */
#include "guest/test.h"

static long reserve(unsigned int operation, xen_pfn_t *frame)
{
    struct xen_memory_reservation request = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(request.extent_start, frame);
    return hypercall_memory_op(operation, HARG(&request));
}

static int copy_over(unsigned long mfn, void *from)
{
    struct gnttab_copy copy = {
        .source = {.u.gmfn = memory_va_to_mfn(from), .domid = DOMID_SELF},
        .dest = {.u.gmfn = mfn, .domid = DOMID_SELF},
        .len = PAGE_SIZE,
    };

    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_copy, HARG(&copy), 1), 0);
    return copy.status;
}

/* The page's frame has gone: another one in its place. */
static void refill(void *page)
{
    xen_pfn_t frame = memory_va_to_pfn(page);

    EXPECT_EQ(pt_unmap(page), 0);
    ASSERT_EQ(reserve(XENMEM_populate_physmap, &frame), 1);
    memory_set_mfn(memory_va_to_pfn(page), frame);
    EXPECT_EQ(pt_protect(page, true), 0);
}

GUEST_TEST(release_table)
{
    uint64_t *table = memory_page_alloc(), *other = memory_page_alloc();
    void *window = pt_reserve(1);
    uint64_t slot = (pt_entry_maddr(window, 2) & PAGE_MASK) | 510 * 8;
    xen_pfn_t mfn = memory_va_to_mfn(table);

    memset(other, 0xff, PAGE_SIZE);
    ASSERT_EQ(pt_pin(table, 1), 0);
    EXPECT(copy_over(mfn, other) < 0);
    EXPECT_EQ(pt_update(slot, mfn << PAGE_SHIFT | PTE_TABLE), 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, &mfn), 1);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, &mfn), 1); /* it is there as long as it is in use */
    /* Still pinned, still a table, still in use. */
    EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL);
    EXPECT_EQ(pt_protect(table, true), -XEN_EBUSY);
    EXPECT(copy_over(mfn, other) < 0);
    EXPECT_EQ(pt_update(mfn << PAGE_SHIFT, memory_va_to_maddr(other) | PTE_PAGE), 0);
    EXPECT_EQ(table[0] & PTE_FRAME, memory_va_to_maddr(other));
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
    EXPECT_EQ(pt_protect(table, true), -XEN_EBUSY);
    EXPECT_EQ(pt_update(slot, 0), 0);
    refill(table);
    EXPECT(pt_update(mfn << PAGE_SHIFT, 0) < 0 || memory_va_to_mfn(table) == mfn);
    memory_page_free(table);
    memory_page_free(other);
}
