/* SPDX-License-Identifier: MIT */
/*
 * What a domain does to one of its ports that exists: unmask, move to another vCPU, priority, status, and
 * whether it is pending.
 */
#include "core/evtchn_port.h"

#include "core/pirq.h"
#include "lib/string.h"
#include "pvabi/errno.h"

int evtchn_unmask(struct domain *d, evtchn_port_t number)
{
    struct evtchn *port = evtchn_lookup(d, number);
    struct lock_token own;

    if (!port) {
        return -XEN_EINVAL;
    }
    own = lock_acquire(&port->lock);
    if (evtchn_is_usable(port)) {
        if (evtchn_fifo_is_active(d)) {
            evtchn_fifo_unmask(d, port);
        } else {
            evtchn_2l_unmask(d, port);
        }
    }
    lock_release(own);
    return 0;
}

int evtchn_port_pending(struct domain *d, evtchn_port_t number)
{
    struct evtchn *port = evtchn_lookup(d, number);
    struct lock_token own;
    int pending = -XEN_EINVAL;

    if (!port) {
        return -XEN_EINVAL;
    }
    own = lock_acquire(&port->lock);
    if (evtchn_is_usable(port)) {
        pending = evtchn_fifo_is_active(d) ? evtchn_fifo_pending(d, port) : evtchn_2l_pending(d, port);
    }
    lock_release(own);
    return pending;
}

static bool evtchn_may_move(const struct evtchn *port)
{
    switch (port->state) {
    case EVTCHN_VIRQ:
        return evtchn_virq_is_global(port->u.virq);
    case EVTCHN_UNBOUND:
    case EVTCHN_INTERDOMAIN:
    case EVTCHN_PIRQ:
        return true;
    default:
        return false;
    }
}

int evtchn_bind_vcpu(struct domain *d, evtchn_port_t number, uint32_t vcpu)
{
    struct vcpu *v = domain_vcpu(d, vcpu);
    struct lock_token own;
    struct evtchn *port;
    uint32_t pirq = UINT32_MAX;
    int ret = -XEN_EINVAL;

    if (!v) {
        return -XEN_ENOENT;
    }
    port = evtchn_lookup(d, number);
    if (!port) {
        return -XEN_EINVAL;
    }
    own = lock_acquire(&port->lock);
    if (evtchn_may_move(port)) {
        port_write_u32(&port->vcpu, v->id);
        pirq = port->state == EVTCHN_PIRQ ? port->u.pirq : UINT32_MAX;
        ret = 0;
    }
    lock_release(own);
    if (pirq != UINT32_MAX) {
        pirq_target(d, pirq, port_read_u32(&v->sched.cpu)); /* where it ran last */
    }
    return ret;
}

int evtchn_set_priority(struct domain *d, evtchn_port_t number, uint32_t priority)
{
    struct evtchn *port = evtchn_lookup(d, number);
    struct lock_token own;
    int ret = 0;

    if (!port) {
        return -XEN_EINVAL;
    }
    own = lock_acquire(&port->lock);
    if (!evtchn_fifo_is_active(d)) {
        ret = -XEN_ENOSYS;
    } else if (!evtchn_is_usable(port)) {
        ret = -XEN_EACCES;
    } else if (priority > EVTCHN_FIFO_PRIORITY_MIN) {
        ret = -XEN_EINVAL;
    } else {
        port_write_u8(&port->priority, (uint8_t)priority);
    }
    lock_release(own);
    return ret;
}

static void evtchn_fill_status(const struct evtchn *port, struct evtchn_status *status)
{
    switch (port->state) {
    case EVTCHN_UNBOUND:
        status->status = EVTCHNSTAT_unbound;
        status->u.unbound.dom = port->u.unbound_for;
        break;
    case EVTCHN_INTERDOMAIN:
        status->status = EVTCHNSTAT_interdomain;
        status->u.interdomain.dom = port->u.peer.domain->id;
        status->u.interdomain.port = port->u.peer.port;
        break;
    case EVTCHN_PIRQ:
        status->status = EVTCHNSTAT_pirq;
        status->u.pirq = port->u.pirq;
        break;
    case EVTCHN_VIRQ:
        status->status = EVTCHNSTAT_virq;
        status->u.virq = port->u.virq;
        break;
    case EVTCHN_IPI:
        status->status = EVTCHNSTAT_ipi;
        break;
    default:
        status->status = EVTCHNSTAT_closed;
    }
    status->vcpu = port_read_u32(&port->vcpu);
}

int evtchn_get_status(struct domain *d, evtchn_port_t number, struct evtchn_status *status)
{
    struct evtchn *port = evtchn_lookup(d, number);
    struct lock_token own;

    if (!port) {
        return -XEN_EINVAL;
    }
    own = lock_acquire(&port->lock);
    evtchn_fill_status(port, status);
    lock_release(own);
    return 0;
}
