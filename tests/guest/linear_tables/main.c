/* SPDX-License-Identifier: MIT */
/* Attack: an entry that points at another table of its own level: read-only it may, one step deep and not
 * writable by a change of flags either. */
#include "guest/test.h"

#define SLOT 280

static uint64_t slot_of(const uint64_t *table, unsigned int slot)
{
    return memory_va_to_maddr(table) + slot * sizeof(uint64_t);
}

/* a and b are pinned tables of the same level. */
static void check_pair(uint64_t *a, uint64_t *b)
{
    uint64_t to_a = memory_va_to_maddr(a) | PTE_P | PTE_U | PTE_A;
    uint64_t to_b = memory_va_to_maddr(b) | PTE_P | PTE_U | PTE_A;

    EXPECT_EQ(pt_update(slot_of(a, SLOT), to_b | PTE_RW), -XEN_EINVAL);
    EXPECT_EQ(pt_update(slot_of(a, SLOT), to_b), 0);
    EXPECT_EQ(pt_update(slot_of(a, SLOT), to_b | PTE_RW), -XEN_EINVAL);
    EXPECT_EQ(pt_update(slot_of(a, SLOT), to_b | PTE_D), 0);
    /* Who is pointed at may not point on, and who points may not be pointed at. */
    EXPECT_EQ(pt_update(slot_of(b, SLOT), to_a), -XEN_EINVAL);
    EXPECT_EQ(pt_update(slot_of(a, SLOT + 1), to_b), 0);
    EXPECT_EQ(pt_update(slot_of(a, SLOT + 1), 0), 0);
    /* The entry keeps the table: it cannot be written when its pin is gone. */
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, memory_va_to_mfn(b)), 0);
    EXPECT_EQ(pt_protect(b, true), -XEN_EBUSY);
    EXPECT_EQ(pt_update(slot_of(a, SLOT), 0), 0);
    EXPECT_EQ(pt_protect(b, true), 0);
    EXPECT_EQ(pt_unpin(a), 0);
}

GUEST_TEST(linear_tables)
{
    for (unsigned int level = 2; level <= PT_LEVELS; level++) {
        uint64_t *a = memory_page_alloc(), *b = memory_page_alloc();

        /* An entry that makes them tables of this level only. */
        ASSERT_EQ(pt_pin(a, level), 0);
        ASSERT_EQ(pt_pin(b, level), 0);
        if (level == 2 &&
            pt_update(slot_of(a, SLOT), memory_va_to_maddr(b) | PTE_P | PTE_U | PTE_A) == -XEN_EINVAL) {
            test_skip("built without linear page tables");
        }
        pt_update(slot_of(a, SLOT), 0);
        check_pair(a, b);
        memory_page_free(a);
        memory_page_free(b);
    }
}
