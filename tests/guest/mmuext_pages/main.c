/* SPDX-License-Identifier: MIT */
/* CLEAR_PAGE and COPY_PAGE on own pages; not on tables; the rest of mmuext_op that a guest may try. */
#include "guest/test.h"

static long copy(unsigned long to, unsigned long from)
{
    struct mmuext_op op = {.cmd = MMUEXT_COPY_PAGE, .arg1.mfn = to, .arg2.src_mfn = from};

    return hypercall_mmuext_op(HARG(&op), 1, 0, DOMID_SELF);
}

GUEST_TEST(mmuext_pages)
{
    char *page = memory_page_alloc(), *other = memory_page_alloc();
    unsigned long table = memory_va_to_mfn((void *)guest_start_info->pt_base);
    struct mmuext_op ops[3] = {{.cmd = MMUEXT_TLB_FLUSH_LOCAL}, {.cmd = 99}, {.cmd = MMUEXT_TLB_FLUSH_LOCAL}};
    unsigned int done = 7;

    memset(page, 0x77, PAGE_SIZE);
    EXPECT_EQ(copy(memory_va_to_mfn(other), memory_va_to_mfn(page)), 0);
    EXPECT_EQ(memcmp(page, other, PAGE_SIZE), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_CLEAR_PAGE, memory_va_to_mfn(page)), 0);
    EXPECT_EQ(page[17], 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_CLEAR_PAGE, table), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_CLEAR_PAGE, 1ul << 33), -XEN_EINVAL);
    EXPECT_EQ(copy(table, memory_va_to_mfn(page)), -XEN_EINVAL);
    EXPECT_EQ(copy(memory_va_to_mfn(page), 1ul << 33), -XEN_EINVAL);
    EXPECT_EQ(pt_mmuext(MMUEXT_MARK_SUPER, memory_va_to_mfn(page)), -XEN_EOPNOTSUPP);
    EXPECT_EQ(pt_mmuext(MMUEXT_UNMARK_SUPER, memory_va_to_mfn(page)), -XEN_EOPNOTSUPP);
    EXPECT_EQ(hypercall_mmuext_op(HARG(ops), 3, HARG(&done), DOMID_SELF), -XEN_ENOSYS);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(hypercall_mmuext_op(HARG(ops), 1, 0, 0x6789), -XEN_ESRCH);
    memory_page_free(page);
    memory_page_free(other);
}
