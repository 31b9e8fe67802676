/* SPDX-License-Identifier: MIT */
/* INT n from kernel and user: delivered where the trap's privilege allows, else #GP with the vector in its
 * error code. */
#include "guest/test.h"

#define VECTOR           0x90
#define GP_ERROR(vector) ((vector)*8 + 2)
/* What QEMU before 9 says instead; a hypervisor that believes it cannot know the vector. */
#define GP_ERROR_QEMU(vector) ((vector)*16 + 2)

static void interrupt(void *argument)
{
    (void)argument;
    __asm__ volatile("int %0\n.globl swint_kernel_after\nswint_kernel_after:" ::"i"(VECTOR));
}

static uint64_t user_interrupt(uint64_t argument)
{
    __asm__ volatile("int %0\n.globl swint_user_after\nswint_user_after:" ::"i"(VECTOR));
    return argument;
}

static uint64_t user_int80(uint64_t argument)
{
    __asm__ volatile("int $0x80");
    return argument;
}

extern char swint_kernel_after[], swint_user_after[];

static void from_kernel(unsigned int vector, unsigned long error, unsigned long rip)
{
    struct trap_frame frame = {0};

    EXPECT(trap_catch(interrupt, NULL, &frame));
    EXPECT_EQ(frame.vector, vector);
    EXPECT_EQ(frame.error, error);
    EXPECT_EQ(frame.rip, rip);
}

static void from_user(user_function *act, unsigned int vector, unsigned long error, unsigned long rip)
{
    struct trap_frame frame;

    user_run(act, 0, &frame);
    EXPECT_EQ(frame.vector, vector);
    EXPECT_EQ(frame.error, error);
    EXPECT(!rip || frame.rip == rip);
    EXPECT(trap_from_user(&frame));
}

/* XSA-259: the way of the old system calls, without a handler. QEMU's error code, see above, is any. */
static void check_no_int80(void)
{
    struct trap_frame frame;
    struct trap_info one = {VECTOR_GP, 0, FLAT_KERNEL_CS64, HARG(trap_stubs + TRAP_STUB_SIZE * VECTOR_GP)};
    struct trap_info table[2] = {one, {0}};

    EXPECT_EQ(hypercall_set_trap_table(0), 0);
    EXPECT_EQ(hypercall_set_trap_table(HARG(table)), 0);
    user_run(user_int80, 0, &frame);
    EXPECT_EQ(frame.vector, VECTOR_GP);
    EXPECT_EQ(frame.error & 7, 2);
    EXPECT(trap_from_user(&frame));
    EXPECT_EQ(hypercall_set_trap_table(HARG(trap_table())), 0);
}

GUEST_TEST(swint)
{
    struct trap_frame frame = {0};

    check_no_int80();
    EXPECT_EQ(trap_set_gate(0x80, 3), 0);
    from_user(user_int80, 0x80, 0, 0);
    if (trap_catch(interrupt, NULL, &frame) && frame.error == GP_ERROR_QEMU(VECTOR)) {
        hypercall_set_trap_table(HARG(trap_table()));
        test_skip("the emulator's error code for INT n, passed on");
    }
    /* Privilege 0 is nobody's: guest kernel mode counts as 1. */
    EXPECT_EQ(trap_set_gate(VECTOR, 0), 0);
    from_kernel(VECTOR_GP, GP_ERROR(VECTOR), HARG(swint_kernel_after) - 2);
    from_user(user_interrupt, VECTOR_GP, GP_ERROR(VECTOR), HARG(swint_user_after) - 2);
    EXPECT_EQ(trap_set_gate(VECTOR, 1), 0);
    from_kernel(VECTOR, 0, HARG(swint_kernel_after));
    from_user(user_interrupt, VECTOR_GP, GP_ERROR(VECTOR), HARG(swint_user_after) - 2);
    EXPECT_EQ(trap_set_gate(VECTOR, 3), 0);
    from_kernel(VECTOR, 0, HARG(swint_kernel_after));
    from_user(user_interrupt, VECTOR, 0, HARG(swint_user_after));
    hypercall_set_trap_table(HARG(trap_table()));
}
