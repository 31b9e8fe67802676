/* SPDX-License-Identifier: MIT */
/* What a trap of the kernel pushes, word by word: alignment, the saved upcall mask, flags, rcx and r11; and
 * masked entry. */
#include "guest/test.h"

/* The frame as pushed, on a stack of the test's own, and what the handler saw; written by assembly. */
struct {
    uint64_t rcx, r11, rip, cs, rflags, rsp, ss;
} bounce_pushed;
uint64_t bounce_at, bounce_rflags;
uint8_t bounce_mask_inside, *bounce_mask;
static char stack[1024] __attribute__((aligned(64)));

__attribute__((naked, used)) static void bounce_handler(void)
{
    __asm__ volatile(
        "mov %%rsp, bounce_at(%%rip)\n\t"
        "push %%rsi; push %%rdi\n\t"
        "lea 16(%%rsp), %%rsi; lea bounce_pushed(%%rip), %%rdi; mov $7, %%ecx; cld; rep movsq\n\t"
        "pushfq; pop bounce_rflags(%%rip)\n\t"
        "mov bounce_mask(%%rip), %%rcx; mov (%%rcx), %%cl; mov %%cl, bounce_mask_inside(%%rip)\n\t"
        "pop %%rdi; pop %%rsi\n\t"
        "mov (%%rsp), %%rcx; mov 8(%%rsp), %%r11; mov 40(%%rsp), %%rsp\n\t"
        "jmp *bounce_pushed+16(%%rip)" ::);
}

static void raise_at(uint64_t rsp)
{
    __asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; mov $0xc0ffee, %%ecx; mov $0xdecaf, %%r11d\n\t"
                     "int3\n.globl bounce_after\nbounce_after: mov %%rbx, %%rsp" ::"r"(rsp)
                     : "rbx", "rcx", "r11", "memory");
}

extern char bounce_after[];

static void check(uint64_t rsp, uint8_t flags, bool masked)
{
    struct trap_info trap[2] = {
        {.vector = VECTOR_BP, .flags = flags, .cs = FLAT_KERNEL_CS & ~3, .address = HARG(bounce_handler)},
        {0}};

    EXPECT_EQ(hypercall_set_trap_table(HARG(trap)), 0);
    *bounce_mask = masked;
    raise_at(rsp);
    EXPECT_EQ(bounce_mask_inside, masked || (flags & 4));
    *bounce_mask = 0;
    EXPECT_EQ(bounce_at, (rsp & ~15ul) - sizeof(bounce_pushed));
    EXPECT_EQ(bounce_pushed.rcx, 0xc0ffee);
    EXPECT_EQ(bounce_pushed.r11, 0xdecaf);
    EXPECT_EQ(bounce_pushed.rip, HARG(bounce_after));
    EXPECT_EQ(bounce_pushed.cs & 0xffff, FLAT_KERNEL_CS64 & ~3);
    EXPECT_EQ(bounce_pushed.cs >> 32 & 0xff, masked);
    EXPECT_EQ(!!(bounce_pushed.rflags & EFLAGS_IF), !masked);
    EXPECT_EQ(bounce_pushed.rflags & EFLAGS_IOPL, 0);
    EXPECT_EQ(bounce_pushed.rsp, rsp);
    EXPECT_EQ(bounce_pushed.ss, FLAT_KERNEL_SS);
    EXPECT_EQ(bounce_rflags & (EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM), 0);
    EXPECT(bounce_rflags & EFLAGS_IF);
}

GUEST_TEST(bounce_frame)
{
    bounce_mask = &vcpu_current()->info->evtchn_upcall_mask;
    check(HARG(stack + 512), 3, false);
    check(HARG(stack + 512), 3, true);
    check(HARG(stack + 512), 7, false);
    check(HARG(stack + 504), 3, false);
    check(HARG(stack + 509), 7, true);
    hypercall_set_trap_table(HARG(trap_table()));
}
