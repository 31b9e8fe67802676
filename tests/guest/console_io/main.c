/* SPDX-License-Identifier: MIT */
/* console_io: the first domain writes and reads; bad pointers are -EFAULT, other commands -ENOSYS. */
#include "guest/test.h"

GUEST_TEST(console_io)
{
    static const char text[] = "console_io says hello\n";
    char typed[16];
    long wrote = hypercall_console_io(CONSOLEIO_write, sizeof(text) - 1, HARG(text));

    if (!guest_is_initial_domain()) {
        /* Xen refuses others unless it was built for debugging; one that allows it answers as to the first.
         */
        EXPECT(wrote == -XEN_EPERM || wrote == 0);
        test_skip("the first domain's");
    }
    EXPECT_EQ(wrote, 0);
    EXPECT_EQ(hypercall_console_io(CONSOLEIO_write, 0, 0), 0);
    EXPECT_EQ(hypercall_console_io(CONSOLEIO_read, sizeof(typed), HARG(typed)), 0);
    EXPECT_EQ(hypercall_console_io(2, sizeof(typed), HARG(typed)), -XEN_ENOSYS);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_console_io(CONSOLEIO_write, 8, test_bad_pointers[i]), -XEN_EFAULT);
    }
}
