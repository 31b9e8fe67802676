/* SPDX-License-Identifier: MIT */
/* A system call of user mode: never a hypercall, its frame, the masked entry, and #UD while nobody registered
 * for it. */
#include "guest/test.h"
#include "pvabi/callback.h"

#define ANSWER 0x600d

static struct trap_frame seen;

static bool answer(struct trap_frame *frame)
{
    if (frame->rax != __HYPERVISOR_xen_version) {
        return false;
    }
    seen = *frame;
    frame->rax = ANSWER;
    return true;
}

static uint64_t call(uint64_t argument)
{
    return user_syscall(__HYPERVISOR_xen_version, argument);
}

static void register_syscall(uint16_t flags)
{
    struct callback_register request = {
        .type = CALLBACKTYPE_syscall, .flags = flags, .address = HARG(entry_syscall)};

    EXPECT_EQ(hypercall_callback_op(CALLBACKOP_register, HARG(&request)), 0);
}

static void check_frame(void)
{
    EXPECT_EQ(seen.cs, FLAT_USER_CS64);
    EXPECT_EQ(seen.ss, FLAT_USER_SS64);
    EXPECT_EQ(seen.rcx, seen.rip);
    EXPECT_EQ(seen.r11, seen.rflags);
    EXPECT_EQ(seen.saved_upcall_mask, 0);
    EXPECT_EQ(seen.rdi, 4711);
    EXPECT_EQ(((uint8_t *)seen.rip)[-2], 0x0f);
}

GUEST_TEST(syscall_user)
{
    struct trap_frame frame;

    trap_set_hook(ENTRY_SYSCALL, answer);
    register_syscall(0);
    EXPECT_EQ(user_run(call, 4711, &frame), ANSWER);
    check_frame();
    EXPECT(!event_disabled());
    register_syscall(CALLBACKF_mask_events);
    EXPECT_EQ(user_run(call, 4711, &frame), ANSWER);
    check_frame();
    /* The end of user_run is a system call as well, and nothing took the mask away after it. */
    EXPECT(event_disabled());
    event_enable();
    register_syscall(0);
    trap_set_hook(ENTRY_SYSCALL, NULL);
    EXPECT_EQ(hypercall_set_callbacks(HARG(entry_event), HARG(entry_failsafe), 0), 0);
    user_run(call, 4711, &frame);
    EXPECT_EQ(frame.vector, VECTOR_UD);
    EXPECT_EQ(((uint8_t *)frame.rip)[0], 0x0f);
    register_syscall(0);
}
