/* SPDX-License-Identifier: MIT */
/* Exceptions of user mode enter the kernel on its own stack, with the user's selectors, flags and registers
 * in the frame. */
#include "guest/test.h"

static uint64_t divide(uint64_t zero)
{
    uint64_t quotient = 1, rest = 0;

    __asm__ volatile("divq %2" : "+a"(quotient), "+d"(rest) : "r"(zero));
    return quotient;
}

static uint64_t undefined(uint64_t argument)
{
    __asm__ volatile("mov $0x1234, %%r12d; mov $0x5678, %%r8d; ud2" ::: "r8", "r12");
    return argument;
}

static uint64_t breakpoint(uint64_t argument)
{
    __asm__ volatile("int3");
    return argument;
}

static uint64_t read_word(uint64_t address)
{
    return *(volatile uint64_t *)address;
}

static uint64_t privileged(uint64_t argument)
{
    __asm__ volatile("hlt");
    return argument;
}

static void expect(user_function *act, uint64_t argument, unsigned int vector, unsigned long error)
{
    char *stack = vcpu_current()->entry_stack;
    struct trap_frame frame;

    EXPECT_EQ(user_run(act, argument, &frame), 0);
    EXPECT_EQ(frame.vector, vector);
    EXPECT_EQ(frame.error, error);
    EXPECT_EQ(frame.cs, FLAT_USER_CS64);
    EXPECT_EQ(frame.ss, FLAT_USER_SS64);
    EXPECT(frame.rflags & EFLAGS_IF);
    EXPECT((char *)frame.rsp < stack || (char *)frame.rsp > stack + VCPU_STACK_SIZE);
    if (vector == VECTOR_UD) {
        EXPECT_EQ(frame.r12, 0x1234);
        EXPECT_EQ(frame.r8, 0x5678);
    }
}

GUEST_TEST(exceptions_user)
{
    expect(divide, 0, VECTOR_DE, 0);
    expect(undefined, 0, VECTOR_UD, 0);
    expect(breakpoint, 0, VECTOR_BP, 0);
    expect(privileged, 0, VECTOR_GP, 0);
    expect(read_word, test_bad_pointers[0], VECTOR_GP, 0);
    expect(read_word, test_bad_pointers[3], VECTOR_PF, PF_USER);
}
