/* SPDX-License-Identifier: MIT */
/* Giving a page back and getting another: counts are exact, and what is not the guest's to give is refused.
 */
#include "guest/test.h"

#define DOMID_NOBODY 0x6789

static long reserve(unsigned int command, xen_pfn_t *frame, unsigned long count, unsigned int order,
                    domid_t domain)
{
    struct xen_memory_reservation request = {.nr_extents = count, .extent_order = order, .domid = domain};

    set_xen_guest_handle(request.extent_start, frame);
    return hypercall_memory_op(command, HARG(&request));
}

static long ask(unsigned int command)
{
    domid_t self = DOMID_SELF;

    return hypercall_memory_op(command, HARG(&self));
}

GUEST_TEST(memory_reservation)
{
    void *page = memory_page_alloc();
    unsigned long pfn = memory_va_to_pfn(page);
    xen_pfn_t mfn = memory_va_to_mfn(page), nowhere = 1ul << 33;
    long before = ask(XENMEM_current_reservation);

    EXPECT(before >= (long)memory_frame_count());
    EXPECT(ask(XENMEM_maximum_reservation) >= before);
    ASSERT_EQ(pt_unmap(page), 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, &mfn, 1, 0, DOMID_SELF), 1);
    EXPECT_EQ(ask(XENMEM_current_reservation), before - 1);
    /* It is gone: neither given twice nor mapped. */
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, &mfn, 1, 0, DOMID_SELF), 0);
    EXPECT(pt_set(page, mfn << PAGE_SHIFT | PTE_PAGE) < 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, &nowhere, 1, 0, DOMID_SELF), 0);
    ASSERT_EQ(reserve(XENMEM_increase_reservation, &mfn, 1, 0, DOMID_SELF), 1);
    EXPECT_EQ(ask(XENMEM_current_reservation), before);
    memory_set_mfn(pfn, mfn);
    EXPECT_EQ(pt_update(mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn), 0);
    EXPECT_EQ(pt_protect(page, true), 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, &mfn, 0, 0, DOMID_SELF), 0);
    EXPECT_EQ(reserve(XENMEM_decrease_reservation, (void *)test_bad_pointers[0], 1, 0, DOMID_SELF), 0);
    /* These answer with a count, of which nothing is done, where others answer with an error. */
    EXPECT_EQ(reserve(XENMEM_increase_reservation, &mfn, 1, 0, DOMID_NOBODY), 0);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_memory_op(XENMEM_decrease_reservation, test_bad_pointers[i]), 0);
        EXPECT_EQ(hypercall_memory_op(XENMEM_populate_physmap, test_bad_pointers[i]), 0);
        EXPECT_EQ(hypercall_memory_op(XENMEM_current_reservation, test_bad_pointers[i]), -XEN_EFAULT);
    }
    EXPECT_EQ(hypercall_memory_op(63, 0), -XEN_ENOSYS);
    memory_page_free(page);
}
