/* SPDX-License-Identifier: MIT */
/* What the guest's kernel and its users get for an instruction each that the processor does not just execute. */
#include "guest/test.h"

#define DONE 0xff /* goes on behind it */

/* Instructions that load what they need first; at_NAME is the one that counts. */
#define INSTRUCTION(name, before, text)                                                                        \
    __attribute__((naked)) static void name(void)                                                              \
    {                                                                                                          \
        __asm__ volatile("push %%rbx; push %%rbp\n\t" before "\n.globl at_" #name "\nat_" #name ": " text      \
                         "\n\tpop %%rbp; pop %%rbx; ret" ::                                                    \
                             : "memory");                                                                      \
    }                                                                                                          \
    extern char at_##name[];

#define NOT_CANONICAL(register) "movabs $0x800000000000, %%" register
#define HYPERVISOR(register)    "movabs $0xffff830000000000, %%" register
#define PORT                    "mov $0x2e0, %%edx\n\t"
#define TF_ON                   "\n\tpushfq; orl $0x100, (%%rsp); popfq"

#define ROWS(ROW)                                                                                              \
    ROW(mov_from_cr1, "", ".byte 0x0f, 0x20, 0xc8", VECTOR_GP, 0, VECTOR_GP)                                   \
    ROW(mov_from_cr8, "", "mov %%cr8, %%rax", VECTOR_GP, 0, VECTOR_GP)                                         \
    ROW(mov_from_dr8, "", ".byte 0x44, 0x0f, 0x21, 0xc0", VECTOR_UD, 0, VECTOR_GP)                             \
    ROW(mov_to_dr8, "", ".byte 0x44, 0x0f, 0x23, 0xc0", VECTOR_UD, 0, VECTOR_GP)                               \
    ROW(io_breakpoint, "mov $0x20004, %%eax", "mov %%rax, %%dr7", VECTOR_GP, 0, VECTOR_GP)                     \
    ROW(general_detect, "mov $0x2000, %%eax", "mov %%rax, %%dr7", VECTOR_GP, 0, VECTOR_GP)                     \
    ROW(dr0_hypervisor, HYPERVISOR("rax"), "mov %%rax, %%dr0", VECTOR_GP, 0, VECTOR_GP)                        \
    ROW(dr0_not_canonical, NOT_CANONICAL("rax"), "mov %%rax, %%dr0", VECTOR_GP, 0, VECTOR_GP)                  \
    ROW(load_machine_status, "mov $1, %%eax", "lmsw %%ax", VECTOR_GP, 0, VECTOR_GP)                            \
    ROW(load_gdt, "lea -64(%%rsp), %%rax", "lgdt (%%rax)", VECTOR_GP, 0, VECTOR_GP)                            \
    ROW(load_task, "xor %%eax, %%eax", "ltr %%ax", VECTOR_GP, 0, VECTOR_GP)                                    \
    ROW(swap_gs, "", "swapgs", VECTOR_GP, 0, VECTOR_GP)                                                        \
    ROW(invalidate_page, "", "invlpg (%%rsp)", VECTOR_GP, 0, VECTOR_GP)                                        \
    ROW(invalidate_caches, "", "invd", VECTOR_GP, 0, VECTOR_GP)                                                \
    ROW(write_back_caches, "", ".byte 0xf3, 0x0f, 0x09", DONE, 0, VECTOR_GP)                                   \
    ROW(halt, "", "hlt", VECTOR_GP, 0, VECTOR_GP)                                                              \
    ROW(return_from_syscall, "", "sysretq", VECTOR_GP, 0, VECTOR_GP)                                           \
    ROW(forced_other, "", "ud2a; .ascii \"xen\"; nop", VECTOR_UD, 0, VECTOR_UD)                                \
    ROW(forced_prefixed, "", "ud2a; .ascii \"xen\"; .byte 0x66; cpuid", VECTOR_UD, 0, VECTOR_UD)               \
    ROW(read_hypervisor, HYPERVISOR("rax"), "mov (%%rax), %%rax", VECTOR_PF, 0, VECTOR_PF)                     \
    ROW(jump_hypervisor, HYPERVISOR("rax"), "jmp *%%rax", VECTOR_PF, 0, VECTOR_PF)                             \
    ROW(read_not_canonical, NOT_CANONICAL("rax"), "mov (%%rax), %%rax", VECTOR_GP, 0, VECTOR_GP)               \
    ROW(hypervisor_cs, "mov $0xe008, %%eax", "mov %%eax, %%ds", VECTOR_GP, 0xe008, VECTOR_GP)                  \
    ROW(hypervisor_cpu, "mov $0xe060, %%eax", "mov %%eax, %%fs", VECTOR_GP, 0xe060, VECTOR_GP)                 \
    ROW(in_hypervisor, PORT HYPERVISOR("rdi"), "insb", VECTOR_GP, 0, VECTOR_GP)                                \
    ROW(in_not_canonical, PORT NOT_CANONICAL("rdi"), "insb", VECTOR_GP, 0, VECTOR_GP)                          \
    ROW(out_not_canonical, PORT NOT_CANONICAL("rsi"), ".byte 0x36; outsb", VECTOR_GP, 0, VECTOR_GP)            \
    ROW(in_unmapped, PORT "xor %%edi, %%edi", "insb", VECTOR_PF, PF_WRITE, VECTOR_GP)                          \
    ROW(in_nothing, PORT "xor %%ecx, %%ecx", "rep insb", DONE, 0, VECTOR_GP)                                   \
    ROW(step_emulated, TF_ON, "mov %%cr0, %%rax", VECTOR_DB, 0, VECTOR_GP)                                     \
    ROW(step_forced, "xor %%eax, %%eax" TF_ON, "ud2a; .ascii \"xen\"; cpuid", VECTOR_DB, 0, VECTOR_DB)         \
    ROW(step_hypercall, "mov $17, %%eax; xor %%edi, %%edi" TF_ON, "syscall", VECTOR_DB, 0, ENTRY_SYSCALL)      \
    ROW(after_mov_ss, "mov %%ss, %%ecx", "mov %%ecx, %%ss; int3", VECTOR_BP, 0, VECTOR_BP)                     \
    ROW(nested_task, "pushfq; orl $0x4000, (%%rsp); popfq", "int3", VECTOR_BP, 0, VECTOR_BP)

#define DEFINE(name, before, text, kernel, error, user) INSTRUCTION(name, before, text)
ROWS(DEFINE)

struct row {
    const char *name;
    void (*run)(void);
    char *at;
    unsigned int kernel, error, user;
};

#define ENTER(name, before, text, kernel, error, user) {#name, name, at_##name, kernel, error, user},
static const struct row rows[] = {ROWS(ENTER)};

static void in_kernel(void *run)
{
    __asm__ volatile("call *%0" ::"r"(run) : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
}

static uint64_t in_user(uint64_t run)
{
    __asm__ volatile("call *%0" ::"r"(run) : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    return 1;
}

/* A trap is told with rip behind the instruction, a fault at it. */
static bool rip_right(const struct row *row, const struct trap_frame *frame)
{
    uint64_t rip = frame->rip;

    return frame->vector == VECTOR_DB || frame->vector == VECTOR_BP ? rip > HARG(row->at)
           : row->run == jump_hypervisor                            ? rip == 0xffff830000000000ul
                                                                    : rip == HARG(row->at);
}

static void check(const struct row *row, const struct trap_frame *frame, unsigned int vector, bool from_user)
{
    if (frame->vector != vector || (vector != ENTRY_SYSCALL && !rip_right(row, frame)) ||
        trap_from_user(frame) != from_user) {
        printf("%s: vector %lu at %ld\n", row->name, frame->vector, (long)(frame->rip - HARG(row->at)));
    }
    EXPECT_EQ(frame->vector, vector);
    EXPECT(vector == ENTRY_SYSCALL || rip_right(row, frame));
    EXPECT_EQ(trap_from_user(frame), from_user);
}

GUEST_TEST(emulate_table)
{
    struct physdev_set_iopl iopl = {.iopl = 1};

    ASSERT_EQ(user_init(), 0);
    ASSERT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&iopl)), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
        struct trap_frame frame = {.vector = DONE, .rip = HARG(rows[i].at), .cs = FLAT_KERNEL_CS64 & ~3};

        trap_catch(in_kernel, (void *)rows[i].run, &frame);
        check(&rows[i], &frame, rows[i].kernel, false);
        EXPECT(frame.vector != VECTOR_GP || frame.error == rows[i].error);
        if (rows[i].run != in_nothing) {
            user_run(in_user, HARG(rows[i].run), &frame);
            check(&rows[i], &frame, rows[i].user, true);
        }
        hypercall_set_debugreg(6, 0xffff0ff0);
    }
    iopl.iopl = 0;
    EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&iopl)), 0);
}
