/* SPDX-License-Identifier: MIT */
/* A page made writable without a flush: a fault from a stale translation is the hypervisor's to retry, not
 * the guest's. */
#include "guest/test.h"

GUEST_TEST(spurious_fault)
{
    uint64_t *page = memory_page_alloc();
    volatile uint64_t *window = pt_reserve(1);
    uint64_t maddr = memory_va_to_maddr(page), entry = pt_entry_maddr((void *)window, 1);

    for (unsigned int round = 0; round < 64; round++) {
        ASSERT_EQ(pt_set((void *)window, maddr | PTE_PAGE_RO), 0);
        EXPECT_EQ(window[0], round);
        EXPECT_EQ(pt_update(entry, maddr | PTE_PAGE), 0);
        window[0] = round + 1;
        EXPECT_EQ(page[0], round + 1);
    }
    EXPECT_EQ(pt_unmap((void *)window), 0);
    memory_page_free(page);
}
