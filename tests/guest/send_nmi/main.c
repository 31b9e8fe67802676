/* SPDX-License-Identifier: MIT */
/* vcpu_op(send_nmi) enters the guest by its NMI callback or vector 2, once, and again only after an iret. */
#include "guest/test.h"

static unsigned int hits, depth;

static bool note_nmi(struct trap_frame *frame)
{
    EXPECT_EQ(frame->error, 0);
    EXPECT_EQ(depth, 0);
    depth++;
    hits++;
    if (hits == 1) {
        /* Held back until this one has returned. */
        EXPECT_EQ(hypercall_vcpu_op(VCPUOP_send_nmi, 0, 0), 0);
        EXPECT_EQ(hits, 1);
    }
    depth--;
    return true;
}

GUEST_TEST(send_nmi)
{
    trap_set_hook(VECTOR_NMI, note_nmi);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_send_nmi, 0, 0), 0);
    EXPECT_EQ(hits, 2);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_send_nmi, 0, 0), 0);
    EXPECT_EQ(hits, 3);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_send_nmi, 4000, 0), -XEN_ENOENT);
    trap_set_hook(VECTOR_NMI, NULL);
}
