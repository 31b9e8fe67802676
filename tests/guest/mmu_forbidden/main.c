/* SPDX-License-Identifier: MIT */
/* Attack: entries of level 1 that would give the guest what is not its own, or a page table to write. */
#include "guest/test.h"

static void *window;

static void refuse(uint64_t pte, long error)
{
    EXPECT_EQ(pt_set(window, pte), error);
    EXPECT_EQ(pt_update(pt_entry_maddr(window, 1), pte), error);
    EXPECT_EQ(pt_get(window), 0);
}

GUEST_TEST(mmu_forbidden)
{
    uint64_t *page = memory_page_alloc();
    uint64_t own = memory_va_to_maddr(page);
    uint64_t table = memory_va_to_maddr((void *)guest_start_info->pt_base);
    bool first = guest_is_initial_domain();

    window = pt_reserve(1);
    refuse(table | PTE_PAGE, -XEN_EBUSY);
    for (unsigned int level = 1; level < PT_LEVELS; level++) {
        refuse((pt_entry_maddr(page, level) & PAGE_MASK) | PTE_PAGE, -XEN_EBUSY);
    }
    /* Bits that no entry may have: 51 and below beyond the machine's width are part of the frame. */
    refuse(PTE_FRAME | PTE_PAGE, -XEN_EINVAL);
    /* The table behind the machine-to-physical map is the hypervisor's. */
    if (pt_root()[256] & PTE_P) {
        EXPECT(pt_set(window, (pt_root()[256] & PTE_FRAME) | PTE_PAGE_RO) < 0);
        EXPECT_EQ(pt_get(window), 0);
    }
    if (!first) {
        refuse(own | PTE_PAGE | PTE_PCD, -XEN_EINVAL);
        refuse(own | PTE_PAGE | PTE_PWT, -XEN_EINVAL);
        refuse(own | PTE_PAGE | PTE_PAT, -XEN_EINVAL);
        /* The local APIC and the first MiB are the machine's. */
        refuse(0xfee00000 | PTE_PAGE, -XEN_EPERM);
        refuse(0xb8000 | PTE_PAGE, -XEN_EPERM);
    }
    /* Not present: anything goes that is not a frame's address. */
    EXPECT_EQ(pt_set(window, 0x80), 0);
    EXPECT_EQ(pt_set(window, 0), 0);
    /* Read-only views of tables, and every software bit, are fine. */
    EXPECT_EQ(pt_set(window, table | PTE_PAGE_RO), 0);
    EXPECT_EQ(pt_set(window, own | PTE_PAGE | 7ul << 9 | PTE_NX), 0);
    EXPECT_EQ(pt_get(window) & (7ul << 9 | PTE_NX), 7ul << 9 | PTE_NX);
    EXPECT_EQ(pt_unmap(window), 0);
    memory_page_free(page);
}
