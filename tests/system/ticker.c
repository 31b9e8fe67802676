/* SPDX-License-Identifier: MIT */
/* A guest for the trace's test: the same few hypercalls, an error, and what passes in assembly (page faults and their
 * irets, system calls), again and again. */
#include "guest/guest.h"

#define SYSTEM_CALL 77

static bool answer(struct trap_frame *frame)
{
    return frame->rax == SYSTEM_CALL;
}

static uint64_t call(uint64_t argument)
{
    return user_syscall(SYSTEM_CALL, argument);
}

int guest_main(void)
{
    struct trap_frame frame;
    uint64_t value;

    trap_set_hook(ENTRY_SYSCALL, answer);

    time_stop_tick();
    for (;;) {
        hypercall_xen_version(XENVER_version, 0);
        hypercall_sched_op(SCHEDOP_yield, 0);
        event_send(4000);
        trap_read_word((void *)0xffff830000000000ul, &value);
        trap_read_word((void *)0x1000, &value);
        user_run(call, 0, &frame);
        time_sleep(20 * TIME_MS);
    }
}
