/* SPDX-License-Identifier: MIT */
/* callback_op: which types there are, that an address is checked, and that unregistering knows the types too.
 */
#include "guest/test.h"
#include "pvabi/callback.h"

static long do_register(uint16_t type, unsigned long address)
{
    struct callback_register request = {.type = type, .address = address};

    return hypercall_callback_op(CALLBACKOP_register, HARG(&request));
}

static long do_unregister(uint16_t type)
{
    struct callback_unregister request = {.type = type};

    return hypercall_callback_op(CALLBACKOP_unregister, HARG(&request));
}

GUEST_TEST(callback_op)
{
    EXPECT_EQ(do_register(CALLBACKTYPE_event, HARG(entry_event)), 0);
    EXPECT_EQ(do_register(CALLBACKTYPE_failsafe, HARG(entry_failsafe)), 0);
    EXPECT_EQ(do_register(CALLBACKTYPE_syscall, HARG(entry_syscall)), 0);
    EXPECT_EQ(do_register(CALLBACKTYPE_syscall32, HARG(entry_syscall32)), 0);
    EXPECT_EQ(do_register(CALLBACKTYPE_sysenter, HARG(entry_sysenter)), 0);
    EXPECT_EQ(do_register(CALLBACKTYPE_nmi, HARG(entry_nmi)), 0);
    EXPECT_EQ(do_unregister(CALLBACKTYPE_nmi), 0);
    EXPECT_EQ(do_register(6, HARG(entry_event)), -XEN_ENOSYS);
    EXPECT_EQ(do_register(8, HARG(entry_event)), -XEN_ENOSYS);
    EXPECT_EQ(do_register(CALLBACKTYPE_event, test_bad_pointers[0]), -XEN_EINVAL);
    EXPECT_EQ(do_register(CALLBACKTYPE_syscall, test_bad_pointers[1]), -XEN_EINVAL);
    EXPECT_EQ(do_unregister(CALLBACKTYPE_event), -XEN_EINVAL);
    EXPECT_EQ(do_unregister(CALLBACKTYPE_syscall), -XEN_EINVAL);
    EXPECT_EQ(do_unregister(99), -XEN_ENOSYS);
    EXPECT_EQ(hypercall_callback_op(2, 0), -XEN_ENOSYS);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_callback_op(CALLBACKOP_register, test_bad_pointers[i]), -XEN_EFAULT);
        EXPECT_EQ(hypercall_callback_op(CALLBACKOP_unregister, test_bad_pointers[i]), -XEN_EFAULT);
    }
}
