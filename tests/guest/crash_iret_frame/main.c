/* SPDX-License-Identifier: MIT */
/* Attack: the iret hypercall with its frame in no page crashes the domain. */
#include "guest/test.h"

static void act(void *argument)
{
    (void)argument;
    trap_iret((void *)test_bad_pointers[3]);
}

int guest_main(void)
{
    test_expect_crash("crash_iret_frame", act, NULL);
    return 1;
}
