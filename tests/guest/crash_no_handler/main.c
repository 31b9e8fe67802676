/* SPDX-License-Identifier: MIT */
/* Attack: a trap for which the domain has no handler crashes the domain, not the hypervisor. */
#include "guest/test.h"

static void act(void *argument)
{
    (void)argument;
    hypercall_set_trap_table(0);
    __asm__ volatile("ud2");
}

int guest_main(void)
{
    test_expect_crash("crash_no_handler", act, NULL);
    return 1;
}
