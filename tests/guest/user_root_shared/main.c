/* SPDX-License-Identifier: MIT */
/* One root for kernel and user mode, as the smallest kernels have it: loaded for both, in either order, and used. */
#include "guest/test.h"

static uint64_t double_it(uint64_t argument)
{
    return argument * 2;
}

static uint64_t breakpoint(uint64_t argument)
{
    __asm__ volatile("int3");
    return argument;
}

static void check_runs(void)
{
    struct trap_frame frame;

    EXPECT_EQ(user_run(double_it, 21, &frame), 42);
    user_run(breakpoint, 0, &frame);
    EXPECT_EQ(frame.vector, VECTOR_BP);
    EXPECT(trap_from_user(&frame));
}

GUEST_TEST(user_root_shared)
{
    unsigned long kernel = pt_root_mfn();
    uint64_t *other;

    ASSERT_EQ(user_init(), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, kernel), 0);
    check_runs();
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, kernel), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_BASEPTR, kernel), 0);
    check_runs();
    /* Another root for the kernel, and the old one stays the user's. */
    other = pt_clone_root();
    ASSERT(other != NULL);
    EXPECT_EQ(pt_load_root(memory_va_to_mfn(other)), 0);
    check_runs();
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, memory_va_to_mfn(other)), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, kernel), 0);
    EXPECT_EQ(pt_load_root(kernel), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_NEW_USER_BASEPTR, memory_va_to_mfn(user_root())), 0);
    check_runs();
    pt_free_root(other);
}
