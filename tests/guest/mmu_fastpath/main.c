/* SPDX-License-Identifier: MIT */
/* Attack: an entry that was checked becomes worse by a change of flags alone: writable, a large page, another
 * cache attribute; by each way to change it. */
#include "guest/test.h"

static void *window;

static void refuse(uint64_t entry, long error)
{
    uint64_t before = pt_get(window), at = pt_entry_maddr(window, 1);

    EXPECT_EQ(pt_update(at, entry), error);
    EXPECT_EQ(pt_update(at | MMU_PT_UPDATE_PRESERVE_AD, entry), error);
    EXPECT_EQ(hypercall_update_va_mapping(HARG(window), entry, UVMF_INVLPG), error);
    EXPECT_EQ(pt_get(window), before);
}

GUEST_TEST(mmu_fastpath)
{
    uint64_t *page = memory_page_alloc();
    uint64_t own = memory_va_to_maddr(page), table, at;

    window = pt_reserve(1);
    table = pt_entry_maddr(window, 1) & PAGE_MASK;
    /* Page tables, read-only at first; and a frame that is pinned as one meanwhile. */
    for (unsigned int level = 1; level <= PT_LEVELS; level++) {
        table = pt_entry_maddr(window, level) & PAGE_MASK;
        ASSERT_EQ(pt_set(window, table | PTE_PAGE_RO), 0);
        refuse(table | PTE_PAGE, -XEN_EBUSY);
        refuse(table | PTE_PAGE | PTE_NX | 7ul << 9, -XEN_EBUSY);
    }
    ASSERT_EQ(pt_set(window, own | PTE_PAGE_RO), 0);
    ASSERT_EQ(pt_pin(page, 1), 0);
    refuse(own | PTE_PAGE, -XEN_EBUSY);
    ASSERT_EQ(pt_unpin(page), 0);
    /* Writable: the frame cannot be pinned until the entry is read-only again, whoever made it so. */
    EXPECT_EQ(pt_update(pt_entry_maddr(window, 1), own | PTE_PAGE), 0);
    ASSERT_EQ(pt_protect(page, false), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L1_TABLE, own >> PAGE_SHIFT), -XEN_EINVAL);
    EXPECT_EQ(pt_set(window, own | PTE_PAGE_RO), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L1_TABLE, own >> PAGE_SHIFT), 0);
    EXPECT_EQ(pt_unpin(page), 0);
    if (!guest_is_initial_domain()) {
        refuse(own | PTE_PAGE_RO | PTE_PCD, -XEN_EINVAL);
        refuse(own | PTE_PAGE_RO | PTE_PWT, -XEN_EINVAL);
        refuse(own | PTE_PAGE_RO | PTE_PAT, -XEN_EINVAL);
    }
    /* A table's entry that becomes a large page would map the table writable. */
    at = pt_entry_maddr(window, 2);
    EXPECT_EQ(pt_update(at, *pt_entry(window, 2) | PTE_PS), -XEN_EINVAL);
    EXPECT_EQ(pt_update(pt_entry_maddr(window, 3), *pt_entry(window, 3) | PTE_PS), -XEN_EINVAL);
    EXPECT_EQ(pt_update(pt_entry_maddr(window, 4), *pt_entry(window, 4) | PTE_PS), -XEN_EINVAL);
    EXPECT_EQ(pt_unmap(window), 0);
    memory_page_free(page);
}
