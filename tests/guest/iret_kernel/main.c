/* SPDX-License-Identifier: MIT */
/* The iret hypercall to kernel mode: every register of its frame, the flags it corrects, and the upcall mask
 * from IF. */
#include "guest/test.h"
#include "pvabi/xen.h"

struct landing {
    uint64_t rax, rbx, rcx, r11, rsp, rflags;
} iret_landing;

/* Where the frame goes: keeps what it finds, and returns to check() with the stack that it left. */
__attribute__((naked)) static void land(void)
{
    __asm__ volatile("mov %rax, iret_landing(%rip)\n\t"
                     "mov %rbx, iret_landing+8(%rip)\n\t"
                     "mov %rcx, iret_landing+16(%rip)\n\t"
                     "mov %r11, iret_landing+24(%rip)\n\t"
                     "mov %rsp, iret_landing+32(%rip)\n\t"
                     "pushfq; popq iret_landing+40(%rip)\n\t"
                     "cld; mov iret_back(%rip), %rdi; mov $1, %esi; jmp jump_restore");
}

struct jump *iret_back;
static char stack[512] __attribute__((aligned(16)));

static void check(uint64_t rflags, bool masked_after)
{
    struct iret_context frame = {.rax = 1,
                                 .r11 = 2,
                                 .rcx = 3,
                                 .rip = HARG(land),
                                 .cs = FLAT_KERNEL_CS64 & ~3ul,
                                 .rflags = rflags,
                                 .rsp = HARG(stack + 256),
                                 .ss = FLAT_KERNEL_SS & ~3ul};
    struct jump here;

    iret_back = &here;
    if (jump_save(&here) == 0) {
        trap_iret(&frame);
    }
    EXPECT_EQ(event_disabled(), masked_after);
    event_enable();
    EXPECT_EQ(iret_landing.rax, 1);
    EXPECT_EQ(iret_landing.rcx, 3);
    EXPECT_EQ(iret_landing.r11, 2);
    EXPECT_EQ(iret_landing.rsp, HARG(stack + 256));
    EXPECT(iret_landing.rflags & EFLAGS_IF);
    EXPECT_EQ(iret_landing.rflags & (EFLAGS_IOPL | EFLAGS_VM), 0);
    EXPECT_EQ(iret_landing.rflags & EFLAGS_CF, rflags & EFLAGS_CF);
    EXPECT_EQ(iret_landing.rflags & EFLAGS_DF, rflags & EFLAGS_DF);
}

GUEST_TEST(iret_kernel)
{
    check(EFLAGS_IF | EFLAGS_MBS, false);
    check(EFLAGS_MBS, true);
    check(EFLAGS_IF | EFLAGS_MBS | EFLAGS_CF | EFLAGS_DF, false);
    check(EFLAGS_MBS | EFLAGS_IOPL, true);
}
