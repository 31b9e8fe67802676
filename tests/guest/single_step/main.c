/* SPDX-License-Identifier: MIT */
/* TF steps through kernel and user code one instruction at a time, over a hypercall and an emulated
 * instruction too. */
#include "guest/test.h"

static unsigned int steps;
static uint64_t rips[16];

static bool note_step(struct trap_frame *frame)
{
    if (steps < ARRAY_SIZE(rips)) {
        rips[steps] = frame->rip;
    }
    steps++;
    return true;
}

static uint64_t user_nops(uint64_t argument)
{
    __asm__ volatile("nop; nop; nop");
    return argument;
}

static void step_nops(void)
{
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq\n\tnop\n\tnop\n\tnop\n\t"
                     "pushfq; andq $~0x100, (%%rsp); popfq" ::
                         : "memory", "cc");
}

static void step_emulated(void)
{
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq\n\tmov %%cr0, %%rax\n\tnop\n\t"
                     "pushfq; andq $~0x100, (%%rsp); popfq" ::
                         : "rax", "memory", "cc");
}

GUEST_TEST(single_step)
{
    struct trap_frame frame = {.rip = HARG(user_nops), .cs = FLAT_USER_CS64, .ss = FLAT_USER_SS64};

    trap_set_hook(VECTOR_DB, note_step);
    step_nops();
    EXPECT_EQ(steps, 6);
    EXPECT_EQ(rips[1] - rips[0], 1);
    EXPECT_EQ(rips[2] - rips[1], 1);
    steps = 0;
    step_emulated();
    EXPECT_EQ(steps, 5);
    EXPECT_EQ(rips[0] - rips[1], (uint64_t)-1);
    trap_set_hook(VECTOR_DB, NULL);
    /* From user mode the first step ends the run, after one instruction. */
    ASSERT_EQ(user_init(), 0);
    frame.rflags = EFLAGS_IF | EFLAGS_MBS | EFLAGS_TF;
    frame.rsp = HARG(memory_page_alloc()) + PAGE_SIZE;
    user_run_frame(&frame);
    EXPECT_EQ(frame.vector, VECTOR_DB);
    EXPECT(frame.rip > HARG(user_nops) && frame.rip < HARG(user_nops) + 8);
    EXPECT(frame.rflags & EFLAGS_TF);
    memory_page_free((void *)((frame.rsp - 1) & PAGE_MASK));
}
