/* SPDX-License-Identifier: MIT */
/* MMU_MACHPHYS_UPDATE sets the machine-to-physical entry of the caller's own frames, and of no others. */
#include "guest/test.h"

GUEST_TEST(mmu_update_machphys)
{
    void *page = memory_page_alloc();
    unsigned long mfn = memory_va_to_mfn(page), pfn = memory_va_to_pfn(page);

    EXPECT_EQ(pt_update(mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn + 1), 0);
    EXPECT_EQ(memory_mfn_to_pfn(mfn), pfn + 1);
    EXPECT_EQ(pt_update(mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, pfn), 0);
    EXPECT_EQ(memory_mfn_to_pfn(mfn), pfn);
    /* No RAM there, and not ours. */
    EXPECT_EQ(pt_update((1ul << 45) | MMU_MACHPHYS_UPDATE, pfn), -XEN_EINVAL);
    EXPECT_EQ(pt_update(PTE_FRAME | MMU_MACHPHYS_UPDATE, pfn), -XEN_EINVAL);
    EXPECT(pt_update(guest_start_info->shared_info | MMU_MACHPHYS_UPDATE, pfn) <= 0);
    memory_page_free(page);
}
