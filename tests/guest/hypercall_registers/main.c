/* SPDX-License-Identifier: MIT */
/* A hypercall changes rax, rcx and r11, and at most the registers of its own arguments: nothing else. */
#include "guest/test.h"

struct registers {
    uint64_t rbx, rbp, rdx, r8, r9, r10, r12, r13, r14, r15, rflags;
};

/* xen_version(pagesize) with known words in all registers that it has no argument in; stores what they then
 * are. */
__attribute__((naked)) static void call_with_known(struct registers *after)
{
    __asm__ volatile(
        "push %%rbx; push %%rbp; push %%r12; push %%r13; push %%r14; push %%r15; push %%rdi\n\t"
        "mov $101, %%ebx; mov $102, %%ebp; mov $103, %%edx; mov $104, %%r8d; mov $105, %%r9d\n\t"
        "mov $106, %%r10d; mov $107, %%r12d; mov $108, %%r13d; mov $109, %%r14d; mov $110, %%r15d\n\t"
        "mov %0, %%eax; mov %1, %%edi; xor %%esi, %%esi; stc; std\n\t"
        "syscall\n\t"
        "pushfq; pop %%rcx; cld\n\t"
        "pop %%rdi\n\t"
        "mov %%rbx, (%%rdi); mov %%rbp, 8(%%rdi); mov %%rdx, 16(%%rdi); mov %%r8, 24(%%rdi)\n\t"
        "mov %%r9, 32(%%rdi); mov %%r10, 40(%%rdi); mov %%r12, 48(%%rdi); mov %%r13, 56(%%rdi)\n\t"
        "mov %%r14, 64(%%rdi); mov %%r15, 72(%%rdi); mov %%rcx, 80(%%rdi)\n\t"
        "pop %%r15; pop %%r14; pop %%r13; pop %%r12; pop %%rbp; pop %%rbx; ret" ::"i"(
            __HYPERVISOR_xen_version),
        "i"(XENVER_pagesize));
    (void)after;
}

GUEST_TEST(hypercall_registers)
{
    struct registers after;

    call_with_known(&after);
    EXPECT_EQ(after.rbx, 101);
    EXPECT_EQ(after.rbp, 102);
    EXPECT_EQ(after.rdx, 103);
    EXPECT_EQ(after.r8, 104);
    EXPECT_EQ(after.r9, 105);
    EXPECT_EQ(after.r10, 106);
    EXPECT_EQ(after.r12, 107);
    EXPECT_EQ(after.r13, 108);
    EXPECT_EQ(after.r14, 109);
    EXPECT_EQ(after.r15, 110);
    EXPECT(after.rflags & EFLAGS_CF);
    EXPECT(after.rflags & EFLAGS_DF);
    EXPECT(after.rflags & EFLAGS_IF);
}
