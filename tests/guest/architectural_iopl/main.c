/* SPDX-License-Identifier: MIT */
/* With the architectural_iopl assist the level of I/O stands in the flags of frames, and iret sets it. */
#include "guest/test.h"

#define PORT_NOBODY 0x2e0

static uint64_t user_read_port(uint64_t port)
{
    return x86_inb((uint16_t)port) | 0x100;
}

static uint64_t seen;

static bool note_flags(struct trap_frame *frame)
{
    seen = frame->rflags;
    return true;
}

GUEST_TEST(architectural_iopl)
{
    struct trap_frame frame;
    struct physdev_set_iopl zero = {.iopl = 0};

    ASSERT_EQ(user_init(), 0);
    ASSERT_EQ(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl), 0);
    trap_set_hook(VECTOR_BP, note_flags);
    __asm__ volatile("int3");
    EXPECT_EQ(seen & EFLAGS_IOPL, 0);
    /* User mode with level 3 in its flags reads ports; the same level comes back in the frame of its end. */
    frame = (struct trap_frame){.rip = HARG(user_read_port),
                                .cs = FLAT_USER_CS64,
                                .ss = FLAT_USER_SS64,
                                .rflags = EFLAGS_IF | EFLAGS_MBS | EFLAGS_IOPL,
                                .rdi = PORT_NOBODY,
                                .rsp = HARG(memory_page_alloc()) + PAGE_SIZE - 8};
    user_run_frame(&frame); /* returns to address 0, and faults there */
    EXPECT_EQ(frame.vector, VECTOR_PF);
    EXPECT_EQ(frame.rip, 0);
    EXPECT_EQ(frame.rax, 0x1ff);
    EXPECT_EQ(frame.rflags & EFLAGS_IOPL, EFLAGS_IOPL);
    trap_set_hook(VECTOR_BP, NULL);
    EXPECT_EQ(hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_architectural_iopl), 0);
    hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&zero));
    memory_page_free((void *)((frame.rsp - 16) & PAGE_MASK));
}
