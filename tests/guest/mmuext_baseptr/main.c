/* SPDX-License-Identifier: MIT */
/* NEW_BASEPTR and NEW_USER_BASEPTR take whole tables of level 4 only, and keep them tables while they are in
 * use. */
#include "guest/test.h"

GUEST_TEST(mmuext_baseptr)
{
    unsigned long before = pt_root_mfn();
    uint64_t *root = pt_clone_root();
    uint64_t *page = memory_page_alloc();
    unsigned long mfn = memory_va_to_mfn(root);

    ASSERT(root != NULL);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_BASEPTR, memory_va_to_mfn(page)), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_BASEPTR, ~0ul), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, memory_va_to_mfn(page)), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, 1ul << 33), -XEN_EINVAL);
    EXPECT_EQ(pt_load_root(before), 0);
    EXPECT_EQ(pt_load_root(mfn), 0);
    /* In use it stays a table though it is pinned no longer. */
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
    EXPECT_EQ(pt_protect(root, true), -XEN_EBUSY);
    EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L4_TABLE, mfn), 0);
    EXPECT_EQ(pt_load_root(before), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, mfn), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
    EXPECT_EQ(pt_protect(root, true), -XEN_EBUSY);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, user_root() ? memory_va_to_mfn(user_root()) : 0), 0);
    EXPECT_EQ(pt_protect(root, true), 0);
    memory_page_free(root);
    memory_page_free(page);
}
