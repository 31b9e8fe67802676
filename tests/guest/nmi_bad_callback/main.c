/* SPDX-License-Identifier: MIT */
/*
 * Attack: the NMI callback is where nothing is, or in the hypervisor: the guest's own fetch of it faults, and the next
 * NMI comes to a good one.
 */
#include "guest/test.h"
#include "pvabi/nmi.h"

static unsigned int hits;

static bool note_nmi(struct trap_frame *frame)
{
    (void)frame;
    hits++;
    return true;
}

static void send_nmi(void *argument)
{
    (void)argument;
    hypercall_vcpu_op(VCPUOP_send_nmi, 0, 0);
}

GUEST_TEST(nmi_bad_callback)
{
    uint64_t word;

    trap_set_hook(VECTOR_NMI, note_nmi);
    hits = 0;
    for (unsigned int i = 2; i < TEST_BAD_POINTER_COUNT; i++) {
        struct xennmi_callback bad = {.handler_address = test_bad_pointers[i]};
        struct trap_frame frame = {0};

        ASSERT_EQ(hypercall_nmi_op(XENNMI_register_callback, HARG(&bad)), 0);
        EXPECT(trap_catch(send_nmi, NULL, &frame));
        EXPECT_EQ(frame.vector, VECTOR_PF);
        EXPECT_EQ(frame.rip, test_bad_pointers[i]);
        EXPECT(!trap_from_user(&frame));
        EXPECT_EQ(trap_cr2(), test_bad_pointers[i]);
        /* Further NMIs wait for an iret, and so for the way back from any fault. */
        EXPECT(!trap_read_word((void *)test_bad_pointers[i], &word));
    }
    hypercall_set_trap_table(HARG(trap_table()));
    EXPECT_EQ(hits, 0);
    send_nmi(NULL);
    EXPECT_EQ(hits, 1);
    trap_set_hook(VECTOR_NMI, NULL);
}
