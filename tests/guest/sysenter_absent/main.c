/* SPDX-License-Identifier: MIT */
/* XSA-339: SYSENTER of a user whose kernel has no callback for it faults once, and the next entry is only itself. */
#include "guest/test.h"

static uint64_t user_sysenter(uint64_t argument)
{
    __asm__ volatile("sysenter" ::: "rcx", "rdx", "memory");
    return argument;
}

static uint64_t user_breakpoint(uint64_t argument)
{
    __asm__ volatile("int3");
    return argument;
}

static uint64_t user_add(uint64_t argument)
{
    return argument + 1;
}

static long set_callback(unsigned long address)
{
    struct callback_register op = {.type = CALLBACKTYPE_sysenter, .address = address};

    return hypercall_callback_op(CALLBACKOP_register, HARG(&op));
}

GUEST_TEST(sysenter_absent)
{
    struct trap_frame frame;

    ASSERT_EQ(set_callback(0), 0);
    for (unsigned int i = 0; i < 3; i++) {
        user_run(user_sysenter, 0, &frame);
        /* A CPU of AMD does not have the instruction in this mode. */
        EXPECT(frame.vector == VECTOR_GP || frame.vector == VECTOR_UD);
        EXPECT(frame.vector == VECTOR_UD || frame.error == 0);
        EXPECT(trap_from_user(&frame));
        EXPECT_EQ(user_run(user_add, 41, &frame), 42);
        user_run(user_breakpoint, 0, &frame);
        EXPECT_EQ(frame.vector, VECTOR_BP);
    }
    EXPECT_EQ(set_callback(HARG(entry_sysenter)), 0);
}
