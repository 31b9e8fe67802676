/* SPDX-License-Identifier: MIT */
/* nmi_op: a handler may be registered where it is canonical, and taken away; other commands are unknown. */
#include "guest/test.h"
#include "pvabi/nmi.h"

GUEST_TEST(nmi_op)
{
    struct xennmi_callback callback = {.handler_address = HARG(entry_nmi)};
    struct xennmi_callback bad = {.handler_address = test_bad_pointers[0]};

    EXPECT_EQ(hypercall_nmi_op(XENNMI_register_callback, HARG(&callback)), 0);
    EXPECT_EQ(hypercall_nmi_op(XENNMI_register_callback, HARG(&bad)), -XEN_EINVAL);
    EXPECT_EQ(hypercall_nmi_op(XENNMI_unregister_callback, 0), 0);
    EXPECT_EQ(hypercall_nmi_op(2, 0), -XEN_ENOSYS);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_nmi_op(XENNMI_register_callback, test_bad_pointers[i]), -XEN_EFAULT);
    }
    hypercall_set_trap_table(HARG(trap_table()));
}
