/* SPDX-License-Identifier: MIT */
/* Pinning: each level, not twice, not what is writable or of another type; unpinning only what is pinned. */
#include "guest/test.h"

static void check_level(unsigned int level)
{
    uint64_t *page = memory_page_alloc();
    unsigned long mfn = memory_va_to_mfn(page);
    unsigned int pin = MMUEXT_PIN_L1_TABLE + level - 1, other = MMUEXT_PIN_L1_TABLE + level % PT_LEVELS;

    EXPECT_EQ(pt_mmuext(pin, mfn), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, mfn), -XEN_EINVAL);
    EXPECT_EQ(pt_protect(page, false), 0);
    EXPECT_EQ(pt_mmuext(pin, mfn), 0);
    EXPECT_EQ(pt_mmuext(pin, mfn), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(other, mfn), -XEN_EINVAL);
    EXPECT_EQ(pt_protect(page, true), -XEN_EBUSY);
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, mfn), -XEN_EINVAL);
    EXPECT_EQ(pt_protect(page, true), 0);
    /* A table whose content breaks the rules is no table: an entry that maps itself writable. */
    page[0] = mfn << PAGE_SHIFT | PTE_PAGE;
    EXPECT_EQ(pt_protect(page, false), 0);
    EXPECT_EQ(pt_mmuext(pin, mfn), level == 1 ? -XEN_EBUSY : -XEN_EINVAL);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}

GUEST_TEST(mmuext_pin)
{
    for (unsigned int level = 1; level <= PT_LEVELS; level++) {
        check_level(level);
    }
    EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L1_TABLE, 1ul << 33), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L4_TABLE, ~0ul), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, 1ul << 33), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, ~0ul), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L1_TABLE, guest_start_info->shared_info >> PAGE_SHIFT), -XEN_EINVAL);
}
