/* SPDX-License-Identifier: MIT */
/* A root that maps itself: read-only it may, as linear page tables need; writable, or across levels, it may
 * not. */
#include "guest/test.h"

#define SLOT 280

GUEST_TEST(linear_page_table)
{
    uint64_t entry = pt_root_mfn() * PAGE_SIZE + SLOT * sizeof(uint64_t);
    uint64_t self = pt_root_mfn() * PAGE_SIZE;
    uint64_t *linear = (uint64_t *)(0xffff000000000000ul | (uint64_t)SLOT << 39);
    uint64_t value;

    EXPECT_EQ(pt_update(entry, self | PTE_TABLE), -XEN_EINVAL);
    if (pt_update(entry, self | PTE_P | PTE_U | PTE_A) != 0) {
        test_skip("built without linear page tables");
    }
    /* Through four levels of itself the root is a page, and not one to write. */
    linear += ((uint64_t)SLOT << 27 | (uint64_t)SLOT << 18 | (uint64_t)SLOT << 9);
    EXPECT(trap_read_word(linear + SLOT, &value));
    EXPECT_EQ(value & PTE_FRAME, self);
    EXPECT(!trap_write_word(linear + 1, 0));
    EXPECT_EQ(pt_update(entry, 0), 0);
    pt_flush_local();
}
