/* SPDX-License-Identifier: MIT */
/* A figure in a few lines: what the cheapest hypercalls cost. ./lab guest-lib/examples/lab/hypercall.c */
#include "guest/guest.h"
#include "guest/measure.h"

static void version(void *argument)
{
    (void)argument;
    hypercall_xen_version(XENVER_version, 0);
}

static void unknown(void *argument)
{
    (void)argument;
    hypercall(11, 0, 0, 0, 0, 0);
}

static void yield(void *argument)
{
    (void)argument;
    hypercall_sched_op(SCHEDOP_yield, 0);
}

int guest_main(void)
{
    measure_init();
    measure_print("xen_version", version, NULL);
    measure_print("unknown", unknown, NULL);
    measure_print("yield", yield, NULL);
    return 0;
}
