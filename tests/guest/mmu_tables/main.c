/* SPDX-License-Identifier: MIT */
/* Attack: upper entries that are large pages, of the wrong level, writable pages, or the hypervisor's slots.
 */
#include "guest/test.h"

#define HYPERVISOR_SLOT      256
#define HYPERVISOR_SLOT_LAST 271

GUEST_TEST(mmu_tables)
{
    void *window = pt_reserve(1);
    uint64_t *page = memory_page_alloc();
    uint64_t l2 = pt_entry_maddr(window, 2), l3 = pt_entry_maddr(window, 3), l4 = pt_entry_maddr(window, 4);
    uint64_t free_l2 = (l2 & PAGE_MASK) | 511 * 8;

    /* The page is still mapped writable. */
    EXPECT_EQ(pt_update(free_l2, memory_va_to_maddr(page) | PTE_TABLE), -XEN_EINVAL);
    ASSERT_EQ(pt_protect(page, false), 0);
    EXPECT_EQ(pt_update(free_l2, memory_va_to_maddr(page) | PTE_TABLE | PTE_PS), -XEN_EINVAL);
    EXPECT_EQ(pt_update(free_l2, (l3 & PAGE_MASK) | PTE_TABLE), -XEN_EINVAL);
    EXPECT_EQ(pt_update(free_l2, (1ul << 45) | PTE_TABLE), -XEN_EINVAL);
    EXPECT_EQ(pt_update((l3 & PAGE_MASK) | 511 * 8, memory_va_to_maddr(page) | PTE_TABLE | PTE_PS),
              -XEN_EINVAL);
    EXPECT_EQ(pt_update((l4 & PAGE_MASK) | 300 * 8, (l2 & PAGE_MASK) | PTE_TABLE), -XEN_EINVAL);
    EXPECT_EQ(pt_update((l4 & PAGE_MASK) | HYPERVISOR_SLOT * 8, (l3 & PAGE_MASK) | PTE_TABLE), -XEN_EINVAL);
    EXPECT_EQ(pt_update((l4 & PAGE_MASK) | HYPERVISOR_SLOT_LAST * 8, (l3 & PAGE_MASK) | PTE_TABLE),
              -XEN_EINVAL);
    EXPECT_EQ(pt_update((l4 & PAGE_MASK) | HYPERVISOR_SLOT * 8, 0), -XEN_EINVAL);
    /* As an empty table it is fine; then it may not be mapped writable, until it hangs nowhere. */
    EXPECT_EQ(pt_update(free_l2, memory_va_to_maddr(page) | PTE_TABLE), 0);
    EXPECT_EQ(pt_protect(page, true), -XEN_EBUSY);
    EXPECT_EQ(pt_update(free_l2, 0), 0);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
