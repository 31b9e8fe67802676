/* SPDX-License-Identifier: MIT */
/* Attack: iret to selectors and addresses that the processor refuses: the guest learns of it, the hypervisor
 * lives. */
#include "guest/test.h"

static unsigned int failsafe_hits;

static bool note_failsafe(struct trap_frame *frame)
{
    (void)frame;
    failsafe_hits++;
    return false;
}

/* Ends in a trap of the kernel, which trap_catch reports, or of the user. */
static void enter_user(void *argument)
{
    user_run_frame(argument);
}

static void attempt(struct trap_frame frame, unsigned int vector, unsigned long error)
{
    struct trap_frame caught = {0};
    bool trapped = trap_catch(enter_user, &frame, &caught);

    /* The processor's refusal reads as a fault of the user's first instruction. */
    EXPECT(!trapped);
    EXPECT_EQ(frame.vector, vector);
    /* Whether something is there that the guest cannot reach is the hypervisor's affair. */
    EXPECT_EQ(vector == VECTOR_PF ? frame.error | PF_PRESENT : frame.error, error);
    EXPECT(trap_from_user(&frame));
    event_enable();
}

__attribute__((naked)) static void undefined(void)
{
    __asm__ volatile("ud2");
}

GUEST_TEST(iret_failsafe)
{
    static char stack[512];
    struct trap_frame frame = {.rip = HARG(undefined),
                               .cs = FLAT_USER_CS64,
                               .rflags = EFLAGS_IF | EFLAGS_MBS,
                               .rsp = HARG(stack + sizeof(stack)),
                               .ss = FLAT_USER_SS64};
    struct trap_frame bad;

    ASSERT_EQ(user_init(), 0);
    trap_set_hook(ENTRY_FAILSAFE, note_failsafe);
    attempt(frame, VECTOR_UD, 0);
    bad = frame;
    bad.ss = 0xe00b; /* the hypervisor's code */
    attempt(bad, VECTOR_GP, 0xe008);
    bad = frame;
    bad.cs = 0xe00b;
    attempt(bad, VECTOR_GP, 0xe008);
    bad = frame;
    bad.ss = 0x7fff; /* in no LDT */
    attempt(bad, VECTOR_GP, 0x7ffc);
    bad = frame;
    bad.cs = 0x33; /* in no GDT */
    attempt(bad, VECTOR_GP, 0x30);
    bad = frame;
    bad.cs = FLAT_RING3_DS32;
    attempt(bad, VECTOR_GP, FLAT_RING3_DS32 & ~3);
    bad = frame;
    bad.rip = test_bad_pointers[0];
    attempt(bad, VECTOR_GP, 0);
    bad = frame;
    bad.rip = test_bad_pointers[2];
    attempt(bad, VECTOR_PF, PF_PRESENT | PF_USER | PF_FETCH);
    bad = frame;
    bad.ss = 3; /* null */
    attempt(bad, VECTOR_GP, 0);
    trap_set_hook(ENTRY_FAILSAFE, NULL);
    EXPECT_EQ(failsafe_hits, 0);
}
