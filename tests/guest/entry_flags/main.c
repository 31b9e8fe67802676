/* SPDX-License-Identifier: MIT */
/* Attack: every odd flag at system calls, traps, hypercalls and iret: the frame tells them, the handler lacks them. */
#include "guest/test.h"

#define EFLAGS_VIF (1ul << 19)
#define EFLAGS_VIP (1ul << 20)
#define EFLAGS_ID  (1ul << 21)
#define ARITHMETIC 0x8d5ul

static const uint64_t odd_flags[] = {EFLAGS_NT,  EFLAGS_AC,   EFLAGS_RF, EFLAGS_VM, EFLAGS_VIF,
                                     EFLAGS_VIP, EFLAGS_IOPL, EFLAGS_ID, EFLAGS_DF};
/* Those that must not be set when the guest's kernel is entered. */
#define CLEARED (EFLAGS_NT | EFLAGS_AC | EFLAGS_VM | EFLAGS_IOPL | EFLAGS_TF)

static uint64_t in_handler;

static bool note_flags(struct trap_frame *frame)
{
    (void)frame;
    in_handler = x86_read_rflags();
    return false;
}

static uint64_t user_trap(uint64_t argument)
{
    __asm__ volatile("int3");
    return argument;
}

static uint64_t user_call(uint64_t argument)
{
    return user_syscall(0, argument);
}

static void run_with(user_function *function, uint64_t flags, struct trap_frame *frame)
{
    static char stack[1024];

    *frame = (struct trap_frame){.rip = HARG(function),
                                 .cs = FLAT_USER_CS64,
                                 .rflags = EFLAGS_IF | EFLAGS_MBS | flags,
                                 .rsp = (HARG(stack + sizeof(stack)) & ~15ul) - 8,
                                 .ss = FLAT_USER_SS64};
    in_handler = 0;
    user_run_frame(frame);
}

/* A hypercall with the flag set in the kernel: it comes back, and the flag with it. */
static void hypercall_with(uint64_t flags)
{
    long result = 17;
    uint64_t after;

    __asm__ volatile("pushfq; orq %[flags], (%%rsp); popfq; syscall; pushfq; popq %[after]; pushfq\n\t"
                     "andq %[keep], (%%rsp); popfq; cld"
                     : "+a"(result), [after] "=&r"(after)
                     : [flags] "r"(flags), [keep] "r"(~flags), "D"(0ul), "S"(0ul)
                     : "rcx", "r11", "memory", "cc");
    EXPECT(result > 0);
    EXPECT_EQ(after & EFLAGS_IOPL, 0);
}

GUEST_TEST(entry_flags)
{
    struct trap_frame frame;

    ASSERT_EQ(user_init(), 0);
    trap_set_hook(VECTOR_BP, note_flags);
    for (unsigned int i = 0; i < ARRAY_SIZE(odd_flags); i++) {
        uint64_t flag = odd_flags[i];
        bool refused = flag == EFLAGS_VM || flag == EFLAGS_IOPL;

        run_with(user_trap, flag, &frame);
        EXPECT_EQ(frame.vector, VECTOR_BP);
        EXPECT_EQ(in_handler & CLEARED, 0);
        EXPECT(trap_from_user(&frame));
        EXPECT(!refused || !(frame.rflags & flag));
        EXPECT((flag != EFLAGS_NT && flag != EFLAGS_AC && flag != EFLAGS_ID) || frame.rflags & flag);
        run_with(user_call, flag, &frame);
        EXPECT_EQ(frame.vector, ENTRY_SYSCALL);
        EXPECT(!refused || !(frame.rflags & flag));
        if (flag == EFLAGS_NT || flag == EFLAGS_AC || flag == EFLAGS_DF || flag == EFLAGS_ID) {
            hypercall_with(flag);
        }
    }
    trap_set_hook(VECTOR_BP, NULL);
}
