/* SPDX-License-Identifier: MIT */
/* Into user mode by iret: flags that user mode may have and may not, selectors, and events that are unmasked
 * by it. */
#include "guest/test.h"

static uint64_t read_flags(uint64_t argument)
{
    (void)argument;
    return x86_read_rflags();
}

static uint64_t read_selectors(uint64_t argument)
{
    uint16_t cs, ss;

    (void)argument;
    __asm__ volatile("mov %%cs, %0; mov %%ss, %1" : "=r"(cs), "=r"(ss));
    return (uint64_t)cs << 16 | ss;
}

__attribute__((naked)) static void undefined(void)
{
    __asm__ volatile("ud2");
}

static void run_with(uint64_t rip, uint64_t rflags, uint16_t cs, uint64_t ss, struct trap_frame *frame)
{
    static char stack[1024] __attribute__((aligned(16)));

    *frame = (struct trap_frame){.rip = rip,
                                 .cs = cs,
                                 .rflags = rflags,
                                 .rsp = HARG(stack + sizeof(stack)),
                                 .ss = ss,
                                 .rax = 5,
                                 .rcx = 6,
                                 .r11 = 7};
    user_run_frame(frame);
}

GUEST_TEST(iret_user)
{
    struct trap_frame frame;
    uint64_t flags = user_run(read_flags, 0, &frame);

    EXPECT(flags & EFLAGS_IF);
    EXPECT_EQ(flags & (EFLAGS_IOPL | EFLAGS_VM | EFLAGS_TF), 0);
    EXPECT_EQ(user_run(read_selectors, 0, &frame), (uint64_t)FLAT_USER_CS64 << 16 | FLAT_USER_SS64);
    /* Privilege 0 to 2 in IOPL is not for the guest to give; rax, rcx and r11 arrive. */
    run_with(HARG(undefined), EFLAGS_IF | EFLAGS_MBS | EFLAGS_IOPL | EFLAGS_AC | EFLAGS_CF, FLAT_USER_CS64,
             FLAT_USER_SS64, &frame);
    EXPECT_EQ(frame.vector, VECTOR_UD);
    EXPECT_EQ(frame.rflags & EFLAGS_IOPL, 0);
    EXPECT(frame.rflags & EFLAGS_CF);
    EXPECT(frame.rflags & EFLAGS_AC);
    EXPECT_EQ(frame.rax, 5);
    EXPECT_EQ(frame.rcx, 6);
    EXPECT_EQ(frame.r11, 7);
    EXPECT_EQ(frame.saved_upcall_mask, 0);
    /* IF off in the frame masks upcalls while the user runs, as the frame of the next entry tells. */
    run_with(HARG(undefined), EFLAGS_MBS, FLAT_USER_CS64, FLAT_USER_SS64, &frame);
    EXPECT_EQ(frame.saved_upcall_mask, 1);
    EXPECT(!(frame.rflags & EFLAGS_IF));
    EXPECT(event_disabled());
    event_enable();
}
