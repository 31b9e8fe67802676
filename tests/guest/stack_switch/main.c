/* SPDX-License-Identifier: MIT */
/* stack_switch: a system call of user mode enters on the stack that was set, with the selector's privilege
 * raised to 3. */
#include "guest/test.h"

static uint64_t one_syscall(uint64_t argument)
{
    return user_syscall(2, argument);
}

static uint64_t entered_at;

static bool note_stack(struct trap_frame *frame)
{
    entered_at = HARG(frame) + sizeof(*frame);
    return false;
}

GUEST_TEST(stack_switch)
{
    char *top = vcpu_current()->entry_stack + VCPU_STACK_SIZE;
    struct trap_frame frame;

    ASSERT_EQ(user_init(), 0);
    trap_set_hook(ENTRY_SYSCALL, note_stack);
    EXPECT_EQ(hypercall_stack_switch(FLAT_KERNEL_SS, HARG(top - 1024)), 0);
    user_run(one_syscall, 0, &frame);
    EXPECT_EQ(entered_at, HARG(top - 1024));
    /* Whatever the stack pointer is, the frame is aligned to 16. */
    EXPECT_EQ(hypercall_stack_switch(FLAT_KERNEL_SS & ~3, HARG(top - 2043)), 0);
    user_run(one_syscall, 0, &frame);
    EXPECT_EQ(entered_at, HARG(top - 2048));
    /* Any word is taken: it matters at the next entry only, and this one is replaced before. */
    EXPECT_EQ(hypercall_stack_switch(FLAT_KERNEL_SS, test_bad_pointers[0]), 0);
    EXPECT_EQ(hypercall_stack_switch(FLAT_KERNEL_SS, HARG(top)), 0);
    trap_set_hook(ENTRY_SYSCALL, NULL);
}
