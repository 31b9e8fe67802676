/* SPDX-License-Identifier: MIT */
/*
 * The 2-level ABI of event channels: a pending and a mask bit for each port in shared_info, and in each
 * vcpu_info a selector word with a bit for each 64 ports. The guest owns the mask; only EVTCHNOP_unmask
 * clears it here.
 */
#include "core/evtchn_port.h"

static bool evtchn_2l_has(const struct evtchn *port)
{
    return port->port < EVTCHN_2L_NR_CHANNELS;
}

static void evtchn_2l_select(struct vcpu *v, evtchn_port_t port)
{
    if (!port_bit_test_and_set(&v->evtchn.info->evtchn_pending_sel, port / 64)) {
        evtchn_mark_upcall(v);
    }
}

void evtchn_2l_raise(struct domain *d, struct evtchn *port)
{
    struct shared_info *shared = d->shared_info;

    if (!evtchn_2l_has(port) || port_bit_test_and_set(shared->evtchn_pending, port->port)) {
        return;
    }
    if (!port_bit_test(shared->evtchn_mask, port->port)) {
        evtchn_2l_select(evtchn_target(d, port), port->port);
    }
    evtchn_wake_pollers(d, port->port);
}

void evtchn_2l_clear(struct domain *d, struct evtchn *port)
{
    if (evtchn_2l_has(port)) {
        port_bit_test_and_clear(d->shared_info->evtchn_pending, port->port);
    }
}

void evtchn_2l_unmask(struct domain *d, struct evtchn *port)
{
    struct shared_info *shared = d->shared_info;

    if (evtchn_2l_has(port) && port_bit_test_and_clear(shared->evtchn_mask, port->port) &&
        port_bit_test(shared->evtchn_pending, port->port)) {
        evtchn_2l_select(evtchn_target(d, port), port->port);
    }
}

bool evtchn_2l_pending(const struct domain *d, const struct evtchn *port)
{
    return evtchn_2l_has(port) && port_bit_test(d->shared_info->evtchn_pending, port->port);
}
