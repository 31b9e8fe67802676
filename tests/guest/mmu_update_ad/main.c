/* SPDX-License-Identifier: MIT */
/* MMU_PT_UPDATE_PRESERVE_AD keeps the accessed and dirty bits that the processor set; a normal update does
 * not. */
#include "guest/test.h"

GUEST_TEST(mmu_update_ad)
{
    volatile uint64_t *page = memory_page_alloc();
    volatile uint64_t *window = pt_reserve(1);
    uint64_t frame = memory_va_to_maddr((void *)page), entry = pt_entry_maddr((void *)window, 1);
    uint64_t clean = frame | PTE_P | PTE_RW | PTE_U, value;

    ASSERT_EQ(pt_set((void *)window, clean), 0);
    window[0] = 1;
    EXPECT_EQ(pt_get((void *)window) & (PTE_A | PTE_D), PTE_A | PTE_D);
    EXPECT_EQ(pt_update(entry | MMU_PT_UPDATE_PRESERVE_AD, clean), 0);
    EXPECT_EQ(pt_get((void *)window) & (PTE_A | PTE_D), PTE_A | PTE_D);
    EXPECT_EQ(pt_update(entry | MMU_PT_UPDATE_NO_TRANSLATE, clean), 0);
    EXPECT_EQ(pt_get((void *)window) & (PTE_A | PTE_D), 0);
    pt_flush_local();
    value = window[0];
    EXPECT_EQ(value, 1);
    EXPECT_EQ(pt_get((void *)window) & (PTE_A | PTE_D), PTE_A);
    EXPECT_EQ(pt_unmap((void *)window), 0);
    memory_page_free((void *)page);
}
