/* SPDX-License-Identifier: MIT */
/* Every flush of mmuext_op; the masks of vCPUs are read from the guest, and bad pointers to them are refused.
 */
#include "guest/test.h"

static long flush(unsigned int command, unsigned long address, unsigned long mask)
{
    struct mmuext_op op = {.cmd = command, .arg1.linear_addr = address};

    op.arg2.vcpumask.p = (void *)mask;
    return hypercall_mmuext_op(HARG(&op), 1, 0, DOMID_SELF);
}

GUEST_TEST(mmuext_flush)
{
    char *page = memory_page_alloc();
    uint64_t mask = 1, everybody = ~0ul, nobody = 0;

    EXPECT_EQ(flush(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
    EXPECT_EQ(flush(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
    EXPECT_EQ(flush(MMUEXT_INVLPG_LOCAL, HARG(page), 0), 0);
    EXPECT_EQ(flush(MMUEXT_INVLPG_ALL, HARG(page), 0), 0);
    EXPECT_EQ(flush(MMUEXT_TLB_FLUSH_MULTI, 0, HARG(&mask)), 0);
    EXPECT_EQ(flush(MMUEXT_TLB_FLUSH_MULTI, 0, HARG(&everybody)), 0);
    EXPECT_EQ(flush(MMUEXT_TLB_FLUSH_MULTI, 0, HARG(&nobody)), 0);
    EXPECT_EQ(flush(MMUEXT_INVLPG_MULTI, HARG(page), HARG(&mask)), 0);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(flush(MMUEXT_TLB_FLUSH_MULTI, 0, test_bad_pointers[i]), -XEN_EINVAL);
        EXPECT_EQ(flush(MMUEXT_INVLPG_MULTI, HARG(page), test_bad_pointers[i]), -XEN_EINVAL);
        /* No address is bad to forget. */
        EXPECT_EQ(flush(MMUEXT_INVLPG_LOCAL, test_bad_pointers[i], 0), 0);
        EXPECT_EQ(flush(MMUEXT_INVLPG_ALL, test_bad_pointers[i], 0), 0);
        EXPECT_EQ(hypercall_mmuext_op(test_bad_pointers[i], 1, 0, DOMID_SELF), -XEN_EFAULT);
    }
    EXPECT_EQ(flush(99, 0, 0), -XEN_ENOSYS);
    memory_page_free(page);
}
