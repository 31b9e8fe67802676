/* SPDX-License-Identifier: MIT */
/*
 * XSA-260, XSA-265: a watched word is loaded into SS, and what follows enters the hypervisor at once. Where the #DB is
 * taken is the CPU's affair; it is the guest's, told by DR6, and what follows happens.
 */
#include "guest/test.h"

#define WATCH_16BIT_READS (1ul | 3ul << 16 | 1ul << 18)
#define DR6_B0            1ul
#define DR6_INIT          0xffff0ff0ul
#define DONE              0xff

uint16_t mov_ss_word;

#define ROWS(ROW)                                                \
    ROW(and_syscall, "syscall", DONE, ENTRY_SYSCALL)             \
    ROW(and_sysenter, "sysenter", 0, 0)                          \
    ROW(and_int3, "int3", VECTOR_BP, VECTOR_BP)                  \
    ROW(and_int80, "int $0x80", 0x80, 0x80)                      \
    ROW(and_icebp, ".byte 0xf1", 0, 0)                           \
    ROW(and_ud2, "ud2", VECTOR_UD, VECTOR_UD)                    \
    ROW(and_forced, "ud2a; .ascii \"xen\"; cpuid", DONE, DONE)   \
    ROW(and_cpuid, "cpuid", DONE, DONE)                          \
    ROW(and_privileged, "mov %%cr0, %%rax", DONE, VECTOR_GP)     \
    ROW(and_nothing, "nop", DONE, DONE)

/* xen_version is the hypercall that is meant. */
#define DEFINE(name, text, kernel, user)                                                                  \
    __attribute__((naked)) static void name(void)                                                         \
    {                                                                                                     \
        __asm__ volatile("push %%rbx; mov %%ss, mov_ss_word(%%rip); xor %%edi, %%edi; mov $17, %%eax\n\t" \
                         "mov mov_ss_word(%%rip), %%ss; " text "\n\tpop %%rbx; ret" ::: "memory");        \
    }
ROWS(DEFINE)

#define ENTER(name, text, kernel, user) {name, kernel, user},
static const struct {
    void (*run)(void);
    unsigned int kernel, user; /* vectors; 0: how the CPU does it without a callback or with its maker's ways */
} rows[] = {ROWS(ENTER)};

static unsigned int hits;

static bool note_debug(struct trap_frame *frame)
{
    (void)frame;
    hits += hypercall_get_debugreg(6) & DR6_B0;
    hypercall_set_debugreg(6, DR6_INIT);
    return true;
}

static void in_kernel(void *run)
{
    __asm__ volatile("call *%0" ::"r"(run) : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
}

static uint64_t in_user(uint64_t run)
{
    in_kernel((void *)run);
    return 1;
}

GUEST_TEST(mov_ss_breakpoint)
{
    struct trap_frame frame;

    ASSERT_EQ(user_init(), 0);
    EXPECT_EQ(trap_set_gate(0x80, 3), 0);
    EXPECT_EQ(hypercall_set_debugreg(0, HARG(&mov_ss_word)), 0);
    trap_set_hook(VECTOR_DB, note_debug);
    for (unsigned int i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        unsigned int row = i / 2, user = i % 2, wanted = user ? rows[row].user : rows[row].kernel;

        frame.vector = DONE;
        hits = 0;
        EXPECT_EQ(hypercall_set_debugreg(7, WATCH_16BIT_READS), 0);
        if (user) {
            user_run(in_user, HARG(rows[row].run), &frame);
        } else {
            trap_catch(in_kernel, (void *)rows[row].run, &frame);
        }
        EXPECT_EQ(hypercall_set_debugreg(7, 0), 0);
        EXPECT(hits != 0);
        EXPECT(wanted == 0 || frame.vector == wanted || (user && wanted == DONE && user_returned(&frame)));
    }
    trap_set_hook(VECTOR_DB, NULL);
    hypercall_set_debugreg(0, 0);
    hypercall_set_trap_table(HARG(trap_table()));
}
