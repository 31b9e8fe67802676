/* SPDX-License-Identifier: MIT */
/*
 * Attack: iret to stack pointers and addresses that are not canonical, in user mode and in the kernel. A stack pointer
 * hurts only who uses it; an address is a fault of the mode that it was to be executed in, on the stack of the frame.
 */
#include "guest/test.h"

__attribute__((naked)) static void undefined(void)
{
    __asm__ volatile("ud2");
}

static void enter_user(void *argument)
{
    user_run_frame(argument);
}

static void try_user(uint64_t rip, uint64_t rsp, unsigned int vector)
{
    struct trap_frame caught = {0}, frame = {.rip = rip,
                                             .cs = FLAT_USER_CS64,
                                             .rflags = EFLAGS_IF | EFLAGS_MBS,
                                             .rsp = rsp,
                                             .ss = FLAT_USER_SS64};

    EXPECT(!trap_catch(enter_user, &frame, &caught));
    EXPECT_EQ(frame.vector, vector);
    EXPECT(trap_from_user(&frame));
    EXPECT_EQ(frame.rip, rip);
    EXPECT_EQ(frame.rsp, rsp);
    event_enable();
}

/* On the rest of this vCPU's stack, by which the library knows where it is. */
static void enter_kernel(void *argument)
{
    struct iret_context *frame = argument;

    frame->rsp = (HARG(__builtin_frame_address(0)) - 1024) & ~15ul;
    trap_iret(frame);
}

static void try_kernel(uint64_t rip)
{
    struct trap_frame caught = {0};
    struct iret_context frame = {.rip = rip,
                                 .cs = FLAT_KERNEL_CS64 & ~3ul,
                                 .rflags = EFLAGS_IF | EFLAGS_MBS,
                                 .ss = FLAT_KERNEL_SS & ~3ul};

    EXPECT(trap_catch(enter_kernel, &frame, &caught));
    EXPECT_EQ(caught.vector, VECTOR_GP);
    EXPECT_EQ(caught.rip, rip);
    EXPECT(!trap_from_user(&caught));
    event_enable();
}

GUEST_TEST(iret_not_canonical)
{
    static char stack[512];

    try_kernel(test_bad_pointers[0]);
    try_kernel(test_bad_pointers[1] | 1);
    ASSERT_EQ(user_init(), 0);
    for (unsigned int i = 0; i < 2; i++) {
        try_user(HARG(undefined), test_bad_pointers[i] + 0x100, VECTOR_UD);
        try_user(test_bad_pointers[i], HARG(stack + sizeof(stack)), VECTOR_GP);
        try_user(test_bad_pointers[i], test_bad_pointers[i], VECTOR_GP);
    }
}
