/* SPDX-License-Identifier: MIT */
/* Attack: entries of levels 2 to 4 with each bit that they may not have, with frames that are no memory or
 * the hypervisor's, and each of the hypervisor's slots of a root. */
#include "guest/test.h"

#define SLOT 300

static uint64_t *tables[PT_LEVELS + 1]; /* pinned, of levels 1 to 4 */

static void refuse(unsigned int level, uint64_t entry)
{
    EXPECT_EQ(pt_update(memory_va_to_maddr(tables[level]) + SLOT * 8, entry), -XEN_EINVAL);
    EXPECT_EQ(tables[level][SLOT], 0);
}

static void check_level(unsigned int level)
{
    static const uint64_t bits[] = {PTE_PWT, PTE_PCD, PTE_PS, PTE_G};
    uint64_t child = memory_va_to_maddr(tables[level - 1]);

    for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++) {
        refuse(level, child | PTE_TABLE | bits[i]);
    }
    /* Tables of other levels, what is no memory, and what is not the guest's. */
    for (unsigned int other = 1; other <= PT_LEVELS; other++) {
        if (other != level - 1) {
            refuse(level, memory_va_to_maddr(tables[other]) | PTE_TABLE);
        }
    }
    refuse(level, (1ul << 45) | PTE_TABLE);
    refuse(level, PTE_FRAME | PTE_TABLE);
    refuse(level, 0xfee00000 | PTE_TABLE);
    refuse(level, PTE_TABLE);
    refuse(level, guest_start_info->shared_info | PTE_TABLE);
    refuse(level, (pt_root()[256] & PTE_FRAME) | PTE_TABLE);
    /* What is right is taken, and then refuses the same bits as a change of flags. */
    EXPECT_EQ(pt_update(memory_va_to_maddr(tables[level]) + SLOT * 8, child | PTE_TABLE), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(bits) - 1; i++) {
        EXPECT_EQ(pt_update(memory_va_to_maddr(tables[level]) + SLOT * 8, child | PTE_TABLE | bits[i]),
                  -XEN_EINVAL);
        EXPECT_EQ(tables[level][SLOT] & bits[i], 0);
    }
    EXPECT_EQ(pt_update(memory_va_to_maddr(tables[level]) + SLOT * 8, 0), 0);
}

GUEST_TEST(mmu_entry_bits)
{
    for (unsigned int level = 1; level <= PT_LEVELS; level++) {
        tables[level] = memory_page_alloc();
        ASSERT_EQ(pt_pin(tables[level], level), 0);
    }
    for (unsigned int level = 2; level <= PT_LEVELS; level++) {
        check_level(level);
    }
    for (unsigned int slot = 256; slot < 272; slot++) {
        uint64_t at = memory_va_to_maddr(tables[4]) + slot * 8, before = tables[4][slot];

        EXPECT_EQ(pt_update(at, memory_va_to_maddr(tables[3]) | PTE_TABLE), -XEN_EINVAL);
        EXPECT_EQ(pt_update(at, 0), -XEN_EINVAL);
        EXPECT_EQ(tables[4][slot], before);
    }
    for (unsigned int level = PT_LEVELS; level >= 1; level--) {
        EXPECT_EQ(pt_unpin(tables[level]), 0);
        memory_page_free(tables[level]);
    }
}
