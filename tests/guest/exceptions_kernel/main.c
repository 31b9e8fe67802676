/* SPDX-License-Identifier: MIT */
/* Every exception that guest kernel mode can raise by an instruction: its vector, error code and instruction
 * pointer. */
#include "guest/test.h"

static void divide(void *argument)
{
    (void)argument;
    __asm__ volatile("xor %%edx, %%edx; xor %%ecx, %%ecx; mov $1, %%eax\n"
                     ".globl kernel_divide\nkernel_divide: div %%ecx" ::
                         : "eax", "ecx", "edx");
}

static void undefined(void *argument)
{
    (void)argument;
    __asm__ volatile(".globl kernel_undefined\nkernel_undefined: ud2");
}

static void non_canonical(void *argument)
{
    (void)argument;
    __asm__ volatile(
        ".globl kernel_non_canonical\nkernel_non_canonical: mov (%0), %%eax" ::"r"(test_bad_pointers[0])
        : "eax");
}

static void breakpoint(void *argument)
{
    (void)argument;
    __asm__ volatile("int3\n.globl kernel_breakpoint\nkernel_breakpoint:");
}

static void null_selector(void *argument)
{
    (void)argument;
    __asm__ volatile(".globl kernel_selector\nkernel_selector: mov %0, %%ss" ::"r"(0));
}

extern char kernel_divide[], kernel_undefined[], kernel_non_canonical[], kernel_breakpoint[],
    kernel_selector[];

static void expect(void (*act)(void *), unsigned int vector, unsigned long error, const char *rip)
{
    struct trap_frame frame = {0};

    EXPECT(trap_catch(act, NULL, &frame));
    EXPECT_EQ(frame.vector, vector);
    EXPECT_EQ(frame.error, error);
    EXPECT_EQ(frame.rip, HARG(rip));
    EXPECT(!trap_from_user(&frame));
    EXPECT_EQ(frame.ss, FLAT_KERNEL_SS);
    EXPECT_EQ(frame.cs | 3, FLAT_KERNEL_CS64);
    EXPECT(frame.rflags & EFLAGS_IF);
}

GUEST_TEST(exceptions_kernel)
{
    expect(divide, VECTOR_DE, 0, kernel_divide);
    expect(undefined, VECTOR_UD, 0, kernel_undefined);
    expect(non_canonical, VECTOR_GP, 0, kernel_non_canonical);
    expect(breakpoint, VECTOR_BP, 0, kernel_breakpoint);
    expect(null_selector, VECTOR_GP, 0, kernel_selector);
}
