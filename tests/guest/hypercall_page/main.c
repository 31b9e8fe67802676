/* SPDX-License-Identifier: MIT */
/* The hypercall page is filled, each slot calls its own number, and does what SYSCALL inline does. */
#include "guest/test.h"

GUEST_TEST(hypercall_page)
{
    long direct = hypercall_xen_version(XENVER_version, 0), paged;
    struct start_info *info = guest_start_info;

    for (unsigned int number = 0; number < PAGE_SIZE / HYPERCALL_PAGE_SLOT; number++) {
        uint8_t first = (uint8_t)hypercall_page[number * HYPERCALL_PAGE_SLOT];

        EXPECT(first != 0xcc && first != 0xc3);
    }
    hypercall_by_page = true;
    paged = hypercall_xen_version(XENVER_version, 0);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_yield, 0), 0);
    EXPECT_EQ(hypercall_xen_version(XENVER_pagesize, 0), PAGE_SIZE);
    EXPECT_EQ(hypercall(120, HARG(info), 0, 0, 0, 0), -XEN_ENOSYS);
    hypercall_by_page = false;
    EXPECT_EQ(paged, direct);
}
