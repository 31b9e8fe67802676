/* SPDX-License-Identifier: MIT */
/* Attack: a trap while the stack pointer is in no page; the frame cannot be written, and the domain crashes.
 */
#include "guest/test.h"

static void act(void *argument)
{
    (void)argument;
    __asm__ volatile("mov %0, %%rsp; ud2" ::"r"(test_bad_pointers[3]));
}

int guest_main(void)
{
    test_expect_crash("crash_bad_stack", act, NULL);
    return 1;
}
