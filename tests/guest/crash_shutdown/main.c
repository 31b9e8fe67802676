/* SPDX-License-Identifier: MIT */
/* SCHEDOP_shutdown with the reason crash ends the domain as a crash. */
#include "guest/test.h"

static void act(void *argument)
{
    struct sched_shutdown request = {.reason = SHUTDOWN_crash};

    (void)argument;
    hypercall_sched_op(SCHEDOP_shutdown, HARG(&request));
}

int guest_main(void)
{
    test_expect_crash("crash_shutdown", act, NULL);
    return 1;
}
