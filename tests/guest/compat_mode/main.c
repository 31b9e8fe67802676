/* SPDX-License-Identifier: MIT */
/* 32-bit user code: INT 80h, SYSCALL and SYSENTER each come to the callback that is theirs, or to #GP and
 * #UD. */
#include "guest/test.h"

#define CODE_ADDRESS 0x400000ul

static uint8_t *code;

/* Runs the bytes as 32-bit user code; they end in UD2. */
static void run(const char *bytes, unsigned long length, struct trap_frame *frame)
{
    memset(code, 0, PAGE_SIZE);
    memcpy(code, bytes, length);
    code[length] = 0x0f;
    code[length + 1] = 0x0b;
    *frame = (struct trap_frame){.rip = CODE_ADDRESS,
                                 .cs = FLAT_RING3_CS32,
                                 .rflags = EFLAGS_IF | EFLAGS_MBS,
                                 .rsp = CODE_ADDRESS + PAGE_SIZE,
                                 .ss = FLAT_RING3_SS32,
                                 .rax = 20,
                                 .rdi = 7};
    user_run_frame(frame);
}

static void map_code(void)
{
    /* Built in the kernel's lower half, which the user root then shares. */
    ASSERT_EQ(pt_map((void *)CODE_ADDRESS, memory_va_to_maddr(code) | PTE_PAGE), 0);
    ASSERT_EQ(pt_update(memory_va_to_maddr(user_root()) + 0, pt_root()[0]), 0);
}

GUEST_TEST(compat_mode)
{
    struct trap_frame frame;

    ASSERT_EQ(user_init(), 0);
    code = memory_page_alloc();
    map_code();
    run("", 0, &frame);
    EXPECT_EQ(frame.vector, VECTOR_UD);
    EXPECT_EQ(frame.cs, FLAT_RING3_CS32);
    EXPECT_EQ(frame.rip, CODE_ADDRESS);
    EXPECT_EQ(trap_set_gate(0x80, 3), 0);
    run("\xcd\x80", 2, &frame);
    EXPECT_EQ(frame.vector, 0x80);
    EXPECT_EQ(frame.rip, CODE_ADDRESS + 2);
    EXPECT_EQ(frame.rax, 20);
    run("\x0f\x05", 2, &frame); /* only AMD has it in this mode */
    EXPECT(frame.vector == ENTRY_SYSCALL32 || frame.vector == VECTOR_UD);
    if (frame.vector == ENTRY_SYSCALL32) {
        EXPECT_EQ(frame.rip, CODE_ADDRESS + 2);
        EXPECT_EQ(frame.cs, FLAT_RING3_CS32);
        EXPECT_EQ(frame.rax, 20);
    }
    run("\x0f\x34", 2, &frame);
    /* Which it is depends on the processor: #GP where the hypervisor set no entry for it. */
    EXPECT(frame.vector == ENTRY_SYSENTER || frame.vector == VECTOR_UD || frame.vector == VECTOR_GP);
    if (frame.vector == ENTRY_SYSENTER) {
        EXPECT_EQ(frame.rip, 0);
        EXPECT(trap_from_user(&frame));
    }
    run("\x66\xf4", 2, &frame); /* HLT, with a prefix */
    EXPECT_EQ(frame.vector, VECTOR_GP);
    hypercall_set_trap_table(HARG(trap_table()));
    EXPECT_EQ(pt_update(memory_va_to_maddr(user_root()) + 0, 0), 0);
    EXPECT_EQ(pt_unmap((void *)CODE_ADDRESS), 0);
    memory_page_free(code);
}
