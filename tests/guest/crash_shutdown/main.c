/* SPDX-License-Identifier: MIT */
/* SCHEDOP_shutdown with the reason crash ends the domain as a crash; before, calls that are refused and so recorded. */
#include "guest/test.h"

#define REFUSED 7 /* the system test looks for as many in the record */

static void act(void *argument)
{
    struct sched_shutdown request = {.reason = SHUTDOWN_crash};

    (void)argument;
    for (unsigned int i = 0; i < REFUSED; i++) {
        hypercall_sched_op(99, 0);
    }
    hypercall_sched_op(SCHEDOP_shutdown, HARG(&request));
}

int guest_main(void)
{
    test_expect_crash("crash_shutdown", act, NULL);
    return 1;
}
