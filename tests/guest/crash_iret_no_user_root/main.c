/* SPDX-License-Identifier: MIT */
/* Attack: an iret to user mode without a user page table crashes the domain. */
#include "guest/test.h"

static void act(void *argument)
{
    static char stack[512];
    struct iret_context frame = {.rip = HARG(entry_event),
                                 .cs = FLAT_USER_CS64,
                                 .rflags = EFLAGS_IF | EFLAGS_MBS,
                                 .rsp = HARG(stack + sizeof(stack)),
                                 .ss = FLAT_USER_SS64};

    (void)argument;
    trap_iret(&frame);
}

int guest_main(void)
{
    test_expect_crash("crash_iret_no_user_root", act, NULL);
    return 1;
}
