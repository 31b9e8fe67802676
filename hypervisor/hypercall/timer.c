/* SPDX-License-Identifier: MIT */
/* set_timer_op: the single-shot timer of the calling vCPU, in the older form. */
#include "hypercall/hypercall.h"

#include "core/domain.h"
#include "port/cpu.h"
#include "port/time.h"

/*
 * Beyond this a deadline is a wrapped or meaningless one; the guest may have work pending, so it gets a soon
 * one.
 */
#define TIMER_FAR (1ull << 50)
#define TIMER_SOON (100 * TIMER_NS_PER_MS)

int64_t hypercall_set_timer_op(struct hypercall_args *args)
{
    struct vcpu *v = port_current();
    uint64_t deadline = args->arg[0], now = port_time_now();

    if (deadline == 0) {
        timer_vcpu_single_shot_stop(v);
    } else if (deadline >> 63 || (deadline > now && deadline - now >= TIMER_FAR)) {
        timer_vcpu_single_shot(v, now + TIMER_SOON);
    } else {
        timer_vcpu_single_shot(v, deadline);
    }
    return 0;
}
