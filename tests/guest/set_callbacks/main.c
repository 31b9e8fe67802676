/* SPDX-License-Identifier: MIT */
/* set_callbacks, the old form of callback_op: sets event, failsafe and syscall at once. */
#include "guest/test.h"

static uint64_t one_syscall(uint64_t argument)
{
    return user_syscall(1, argument);
}

GUEST_TEST(set_callbacks)
{
    struct trap_frame frame;

    EXPECT_EQ(hypercall_set_callbacks(0, 0, 0), 0);
    EXPECT_EQ(hypercall_set_callbacks(HARG(entry_event), HARG(entry_failsafe), HARG(entry_syscall)), 0);
    /* The old call tells nothing of an address that it does not take. */
    EXPECT_EQ(hypercall_set_callbacks(test_bad_pointers[0], HARG(entry_failsafe), HARG(entry_syscall)), 0);
    trap_set_hook(ENTRY_SYSCALL, NULL);
    EXPECT_EQ(user_run(one_syscall, 5, &frame), 0);
    EXPECT_EQ(frame.vector, ENTRY_SYSCALL);
    EXPECT_EQ(frame.rax, 1);
    EXPECT_EQ(frame.rdi, 5);
}
