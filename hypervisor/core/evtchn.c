/* SPDX-License-Identifier: MIT */
/*
 * Event channels: binding, closing and sending. The states of a port and their locks are in
 * core/evtchn_port.h.
 *
 * Sending takes only the lock of the port that is sent on. Binding takes both domains' locks, then both
 * ports'. Closing takes its own domain's lock and both ports': meanwhile the other side may unbind us, but
 * nobody can bind us again.
 */
#include "core/evtchn_port.h"

#include "core/heap.h"
#include "core/pirq.h"
#include "lib/log.h"
#include "port/cpu.h"
#include "pvabi/errno.h"

#define EVTCHN_CLOSE_BATCH 64u

bool evtchn_virq_is_global(unsigned int virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

int evtchn_alloc_unbound(struct domain *d, domid_t remote, evtchn_port_t *port)
{
    struct lock_token held = lock_acquire(&d->evtchn.lock), own;
    struct evtchn *found;
    int ret = evtchn_port_alloc(d, held, &found);

    if (!ret) {
        own = lock_acquire(&found->lock);
        found->u.unbound_for = remote;
        evtchn_set_state(found, EVTCHN_UNBOUND);
        lock_release(own);
        *port = found->port;
    }
    lock_release(held);
    return ret;
}

static int evtchn_connect(struct domain *d, struct evtchn *mine, struct domain *remote, struct evtchn *theirs)
{
    struct lock_pair both = lock_acquire_both(&mine->lock, &theirs->lock);
    int ret = -XEN_EINVAL;

    if (theirs->state == EVTCHN_UNBOUND && theirs->u.unbound_for == d->id) {
        mine->u.peer.domain = remote;
        mine->u.peer.port = theirs->port;
        evtchn_set_state(mine, EVTCHN_INTERDOMAIN);
        theirs->u.peer.domain = d;
        theirs->u.peer.port = mine->port;
        evtchn_set_state(theirs, EVTCHN_INTERDOMAIN);
        /* They may have sent while nobody was there. */
        evtchn_raise(d, mine);
        ret = 0;
    }
    lock_release_both(both);
    return ret;
}

int evtchn_bind_interdomain(struct domain *d, struct domain *remote, evtchn_port_t remote_port,
                            evtchn_port_t *port)
{
    struct lock_pair domains = lock_acquire_both(&d->evtchn.lock, &remote->evtchn.lock);
    struct lock_token held = domains.first.lock == &d->evtchn.lock ? domains.first : domains.second;
    struct evtchn *mine, *theirs;
    int ret = evtchn_port_alloc(d, held, &mine);

    if (!ret) {
        theirs = evtchn_lookup(remote, remote_port);
        ret = theirs ? evtchn_connect(d, mine, remote, theirs) : -XEN_EINVAL;
        if (ret) {
            evtchn_port_free(d, held, mine);
        } else {
            *port = mine->port;
        }
    }
    lock_release_both(domains);
    return ret;
}

int evtchn_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, evtchn_port_t *port)
{
    struct lock_token held, own;
    struct evtchn *found;
    struct vcpu *v;
    int ret;

    if (virq >= NR_VIRQS) {
        return -XEN_EINVAL;
    }
    virq = (uint32_t)index_nospec(virq, NR_VIRQS);
    if (evtchn_virq_is_global(virq) && vcpu != 0) {
        return -XEN_EINVAL;
    }
    v = domain_vcpu(d, vcpu);
    if (!v) {
        return -XEN_ENOENT;
    }
    held = lock_acquire(&d->evtchn.lock);
    ret = v->evtchn.virq_port[virq] ? -XEN_EEXIST : evtchn_port_alloc(d, held, &found);
    if (!ret) {
        own = lock_acquire(&found->lock);
        found->u.virq = virq;
        port_write_u32(&found->vcpu, v->id);
        evtchn_set_state(found, EVTCHN_VIRQ);
        lock_release(own);
        port_write_u32(&v->evtchn.virq_port[virq], found->port);
        *port = found->port;
    }
    lock_release(held);
    return ret;
}

int evtchn_bind_ipi(struct domain *d, uint32_t vcpu, evtchn_port_t *port)
{
    struct vcpu *v = domain_vcpu(d, vcpu);
    struct lock_token held, own;
    struct evtchn *found;
    int ret;

    if (!v) {
        return -XEN_ENOENT;
    }
    held = lock_acquire(&d->evtchn.lock);
    ret = evtchn_port_alloc(d, held, &found);
    if (!ret) {
        own = lock_acquire(&found->lock);
        port_write_u32(&found->vcpu, v->id);
        evtchn_set_state(found, EVTCHN_IPI);
        lock_release(own);
        *port = found->port;
    }
    lock_release(held);
    return ret;
}

/* Finds a port for a machine interrupt and notes it, still RESERVED. */
static int evtchn_pirq_prepare(struct domain *d, uint32_t pirq, struct evtchn **found)
{
    struct lock_token held = lock_acquire(&d->evtchn.lock);
    int ret;

    if (!d->evtchn.pirqs) {
        d->evtchn.pirqs = heap_zalloc(sizeof(*d->evtchn.pirqs));
    }
    if (!d->evtchn.pirqs) {
        ret = -XEN_ENOMEM;
    } else if (d->evtchn.pirqs->port[pirq]) {
        ret = -XEN_EEXIST;
    } else {
        ret = evtchn_port_alloc(d, held, found);
    }
    if (!ret) {
        port_write_u32(&d->evtchn.pirqs->port[pirq], (*found)->port);
    }
    lock_release(held);
    return ret;
}

static void evtchn_pirq_forget(struct domain *d, uint32_t pirq, struct evtchn *port)
{
    struct lock_token held = lock_acquire(&d->evtchn.lock);

    port_write_u32(&d->evtchn.pirqs->port[pirq], 0);
    evtchn_port_free(d, held, port);
    lock_release(held);
}

int evtchn_bind_pirq(struct domain *d, uint32_t pirq, bool share, evtchn_port_t *port)
{
    struct evtchn *found;
    struct lock_token own;
    int ret;

    if (pirq >= EVTCHN_PIRQS_MAX) {
        return -XEN_EINVAL;
    }
    pirq = (uint32_t)index_nospec(pirq, EVTCHN_PIRQS_MAX);
    ret = evtchn_pirq_prepare(d, pirq, &found);
    if (ret) {
        return ret;
    }
    /* Bound before the interrupt is: it may come at once. */
    own = lock_acquire(&found->lock);
    found->u.pirq = pirq;
    evtchn_set_state(found, EVTCHN_PIRQ);
    lock_release(own);
    ret = pirq_bind(d, pirq, share);
    if (ret) {
        evtchn_pirq_forget(d, pirq, found);
        return ret;
    }
    *port = found->port;
    return 0;
}

/*
 * Locks a port and, if it is connected, its peer, to whose domain *peer_domain is then a reference. The
 * caller holds the domain's lock, so between the two steps a connected port may become unbound, but not
 * connected otherwise.
 */
static struct evtchn *evtchn_lock_with_peer(struct evtchn *port, struct lock_pair *locks,
                                            struct domain **peer_domain)
{
    struct evtchn *peer;

    *peer_domain = NULL;
    *locks = (struct lock_pair){lock_acquire(&port->lock), {NULL}};
    if (port->state != EVTCHN_INTERDOMAIN) {
        return NULL;
    }
    *peer_domain = port->u.peer.domain;
    domain_ref(*peer_domain);
    peer = evtchn_lookup(*peer_domain, port->u.peer.port);
    lock_release_both(*locks);
    *locks = lock_acquire_both(&port->lock, &peer->lock);
    return port->state == EVTCHN_INTERDOMAIN ? peer : NULL;
}

static void evtchn_virq_forget(struct domain *d, const struct evtchn *port)
{
    uint32_t holder = evtchn_virq_is_global(port->u.virq) ? 0 : port_read_u32(&port->vcpu);

    port_write_u32(&d->vcpus[holder]->evtchn.virq_port[port->u.virq], 0);
}

/*
 * Takes a port's binding away: it becomes RESERVED, or stays as it is if it was not bound (-XEN_EINVAL).
 * *pirq is the machine interrupt to unbind, if the port had one; *peer_domain a reference to drop.
 */
static int evtchn_unbind(struct domain *d, struct evtchn *port, struct domain **peer_domain, uint32_t *pirq)
{
    struct lock_pair locks;
    struct evtchn *peer = evtchn_lock_with_peer(port, &locks, peer_domain);
    int ret = evtchn_is_usable(port) ? 0 : -XEN_EINVAL;

    if (peer) {
        evtchn_set_state(peer, EVTCHN_UNBOUND);
        peer->u.unbound_for = d->id;
    } else if (port->state == EVTCHN_VIRQ) {
        evtchn_virq_forget(d, port);
    } else if (port->state == EVTCHN_PIRQ) {
        *pirq = port->u.pirq;
    }
    if (!ret) {
        evtchn_set_state(port, EVTCHN_RESERVED);
    }
    lock_release_both(locks);
    return ret;
}

int evtchn_close(struct domain *d, evtchn_port_t number)
{
    struct evtchn *port = evtchn_lookup(d, number);
    struct domain *peer_domain = NULL;
    uint32_t pirq = UINT32_MAX;
    struct lock_token held;
    int ret;

    if (!port) {
        return -XEN_EINVAL;
    }
    held = lock_acquire(&d->evtchn.lock);
    ret = evtchn_unbind(d, port, &peer_domain, &pirq);
    if (!ret && pirq == UINT32_MAX) {
        evtchn_port_free(d, held, port);
    }
    lock_release(held);
    if (!ret && pirq != UINT32_MAX) {
        pirq_unbind(d, pirq);
        evtchn_pirq_forget(d, pirq, port);
    }
    if (peer_domain) {
        domain_put(peer_domain);
    }
    return ret;
}

/*
 * Closes all ports from the cursor on; -XEN_ERESTART when there is other work. Ports that are not bound are passed
 * over. Two vCPUs of a guest may do it at once and confuse each other's cursor: what is left open shows in the count
 * of active ports.
 */
static int evtchn_close_all(struct domain *d)
{
    uint32_t port = port_read_u32(&d->evtchn.cursor);

    for (; port < port_read_u32(&d->evtchn.valid_ports); port++) {
        int ignored = evtchn_close(d, port);

        (void)ignored;
        if (port % EVTCHN_CLOSE_BATCH == EVTCHN_CLOSE_BATCH - 1 && port_preempt_pending()) {
            port_write_u32(&d->evtchn.cursor, port + 1);
            return -XEN_ERESTART;
        }
    }
    port_write_u32(&d->evtchn.cursor, 0);
    return 0;
}

static int evtchn_end_fifo(struct domain *d)
{
    struct lock_token held = lock_acquire(&d->evtchn.lock);
    int ret = 0;

    if (d->evtchn.active > 0) {
        ret = -XEN_EAGAIN; /* somebody bound ports meanwhile */
    } else if (d->evtchn.fifo) {
        evtchn_fifo_destroy(d, held);
    }
    lock_release(held);
    return ret;
}

/* Notes that a reset is going on: false if one is already, or, to go on with one, if none is. */
static bool evtchn_reset_begin(struct domain *d, bool resuming)
{
    struct lock_token held = lock_acquire(&d->evtchn.lock);
    bool going_on = port_read_u32(&d->evtchn.cursor) != 0;

    if (!going_on && !resuming) {
        port_write_u32(&d->evtchn.cursor, 1);
    }
    lock_release(held);
    return going_on == resuming;
}

int evtchn_reset(struct domain *d, bool resuming)
{
    int ret;

    if (!evtchn_reset_begin(d, resuming)) {
        return -XEN_EBUSY;
    }
    ret = evtchn_close_all(d);
    return ret ? ret : evtchn_end_fifo(d);
}

int evtchn_domain_close(struct domain *d)
{
    struct vcpu *v;
    int ret = evtchn_close_all(d);

    if (ret) {
        return ret;
    }
    ret = evtchn_end_fifo(d);
    if (ret) {
        return -XEN_ERESTART; /* a port was bound just before the domain began to die */
    }
    DOMAIN_FOR_EACH_VCPU(d, v) {
        evtchn_vcpu_info_drop(v);
    }
    return 0;
}

int evtchn_send(struct domain *d, evtchn_port_t number)
{
    struct evtchn *port = evtchn_lookup(d, number);
    struct lock_token own;
    int ret = 0;

    if (!port) {
        return -XEN_EINVAL;
    }
    own = lock_acquire(&port->lock);
    switch (port->state) {
    case EVTCHN_INTERDOMAIN:
        evtchn_raise(port->u.peer.domain, evtchn_lookup(port->u.peer.domain, port->u.peer.port));
        break;
    case EVTCHN_IPI:
        evtchn_raise(d, port);
        break;
    case EVTCHN_UNBOUND:
        break; /* nobody listens yet */
    default:
        ret = -XEN_EINVAL;
    }
    lock_release(own);
    return ret;
}

void evtchn_send_local(struct domain *d, evtchn_port_t port)
{
    if (evtchn_send(d, port)) {
        log_debug("event channel: d%u has no port %u to send on", d->id, port);
    }
}

/* Raises a port if it is still bound to what the caller found it by, which was looked up without a lock. */
static void evtchn_raise_bound(struct domain *d, evtchn_port_t number, enum evtchn_state state,
                               uint32_t source)
{
    struct evtchn *port = number ? evtchn_lookup(d, number) : NULL;
    struct lock_token own;

    if (!port) {
        return;
    }
    own = lock_acquire(&port->lock);
    if (port->state == state && (state == EVTCHN_VIRQ ? port->u.virq : port->u.pirq) == source) {
        evtchn_raise(d, port);
    }
    lock_release(own);
}

void evtchn_send_virq(struct vcpu *v, unsigned int virq)
{
    ASSERT(virq < NR_VIRQS);
    evtchn_raise_bound(v->domain, port_read_u32(&v->evtchn.virq_port[virq]), EVTCHN_VIRQ, virq);
}

/*
 * Who gets the global VIRQs in dom0's stead (DOMCTL_set_virq_handler): one more than a domain's number, or 0. By
 * number: a domain that has gone takes them with it, and its successor in the number has to be named again.
 */
static uint32_t virq_handlers[NR_VIRQS];

int evtchn_set_global_virq_handler(struct domain *d, unsigned int virq)
{
    if (virq >= NR_VIRQS || !evtchn_virq_is_global(virq)) {
        return -XEN_EINVAL;
    }
    port_write_u32(&virq_handlers[index_nospec(virq, NR_VIRQS)], d == domain_first ? 0 : d->id + 1u);
    return 0;
}

void evtchn_drop_global_virq_handler(const struct domain *d)
{
    for (unsigned int virq = 0; virq < NR_VIRQS; virq++) {
        uint32_t mine = d->id + 1u;

        (void)port_cas_u32(&virq_handlers[virq], &mine, 0);
    }
}

void evtchn_send_global_virq(unsigned int virq)
{
    uint32_t handler = port_read_u32(&virq_handlers[virq]);
    struct domain *d = handler ? domain_get((domid_t)(handler - 1)) : NULL;
    struct vcpu *v = d ? domain_vcpu(d, 0) : domain_first ? domain_vcpu(domain_first, 0) : NULL;

    if (v) {
        evtchn_send_virq(v, virq);
    }
    if (d) {
        domain_put(d);
    }
}

static evtchn_port_t evtchn_pirq_port(const struct domain *d, uint32_t pirq)
{
    if (!d->evtchn.pirqs || pirq >= EVTCHN_PIRQS_MAX) {
        return 0;
    }
    return port_read_u32(&d->evtchn.pirqs->port[index_nospec(pirq, EVTCHN_PIRQS_MAX)]);
}

void evtchn_send_pirq(struct domain *d, uint32_t pirq)
{
    evtchn_raise_bound(d, evtchn_pirq_port(d, pirq), EVTCHN_PIRQ, pirq);
}
