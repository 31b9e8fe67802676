/* SPDX-License-Identifier: MIT */
/* A guest for the trace's test: the same few hypercalls, an error, and a page fault, again and again. */
#include "guest/guest.h"

int guest_main(void)
{
    uint64_t value;

    time_stop_tick();
    for (;;) {
        hypercall_xen_version(XENVER_version, 0);
        hypercall_sched_op(SCHEDOP_yield, 0);
        event_send(4000);
        trap_read_word((void *)0xffff830000000000ul, &value);
        time_sleep(20 * TIME_MS);
    }
}
