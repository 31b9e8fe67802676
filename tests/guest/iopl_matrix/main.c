/* SPDX-License-Identifier: MIT */
/* CLI, STI, IN and OUT in kernel and user mode at every level of I/O, of the hypercall and of the assist. */
#include "guest/test.h"

#define DONE   0xff
#define LEVELS 4u

#define INSTRUCTION(name, text)                             \
    __attribute__((naked)) static void name(void)           \
    {                                                       \
        __asm__ volatile(text "\n\tret" ::: "memory", "al"); \
    }
INSTRUCTION(insn_cli, "cli")
INSTRUCTION(insn_sti, "sti")
INSTRUCTION(insn_in, "inb $0x80, %%al")
INSTRUCTION(insn_out, "outb %%al, $0x80")

static void (*const instructions[])(void) = {insn_cli, insn_sti, insn_in, insn_out};

static void in_kernel(void *run)
{
    ((void (*)(void))run)();
}

static uint64_t in_user(uint64_t run)
{
    ((void (*)(void))run)();
    return 1;
}

static void check(void (*run)(void), bool kernel_may, bool user_may)
{
    struct trap_frame frame = {.vector = DONE};

    trap_catch(in_kernel, (void *)run, &frame);
    EXPECT_EQ(frame.vector, kernel_may ? DONE : VECTOR_GP);
    EXPECT(kernel_may || (frame.rip == HARG(run) && frame.error == 0));
    user_run(in_user, HARG(run), &frame);
    EXPECT_EQ(frame.vector, user_may ? ENTRY_SYSCALL : VECTOR_GP);
    EXPECT(user_may || (frame.rip == HARG(run) && frame.error == 0));
}

GUEST_TEST(iopl_matrix)
{
    struct physdev_set_iopl op;

    for (unsigned int assist = 0; assist < 2; assist++) {
        if (assist) {
            ASSERT_EQ(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl), 0);
        }
        /* Without the assist the guest's kernel counts as privilege 1, with it as 0. */
        for (op.iopl = 0; op.iopl < LEVELS; op.iopl++) {
            EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&op)), 0);
            /* With it a user has the level of its flags, which is 0. */
            for (unsigned int i = 0; i < ARRAY_SIZE(instructions); i++) {
                check(instructions[i], assist || op.iopl >= 1, !assist && op.iopl == 3);
            }
            EXPECT(!event_disabled());
        }
        EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&op)), -XEN_EINVAL);
        op.iopl = 0;
        EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&op)), 0);
    }
    EXPECT_EQ(hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_architectural_iopl), 0);
}
