/* SPDX-License-Identifier: MIT */
/*
 * One event-channel port, for the files of core/evtchn*.c only.
 *
 * A port is FREE, or RESERVED while somebody makes or ends its binding, or bound. Whether it is free changes
 * under its domain's lock; its state and what it is bound to change under its own lock, and of two connected
 * ports under both their locks. So whoever holds the lock of a connected port may use its peer and the peer's
 * domain: they cannot be unbound or freed.
 */
#ifndef CORE_EVTCHN_PORT_H
#define CORE_EVTCHN_PORT_H

#include "core/domain.h"
#include "lib/nospec.h"
#include "port/atomic.h"

#define EVTCHN_BUCKET 64u
#define EVTCHN_PORTS_MAX ((uint32_t)EVTCHN_FIFO_NR_CHANNELS)
#define EVTCHN_PIRQS_MAX 1024u

enum evtchn_state {
    EVTCHN_FREE,
    EVTCHN_RESERVED,
    EVTCHN_UNBOUND,
    EVTCHN_INTERDOMAIN,
    EVTCHN_PIRQ,
    EVTCHN_VIRQ,
    EVTCHN_IPI,
};

struct evtchn {
    struct spinlock lock;    /* LOCK_EVTCHN_PORT */
    evtchn_port_t port;
    uint32_t vcpu;           /* atomic: the one to be told */
    uint32_t fifo_last;      /* atomic: the queue that held it last, evtchn_fifo_queue_id */
    uint8_t state;           /* enum evtchn_state; atomic for readers without the lock */
    uint8_t priority;        /* atomic */
    uint8_t fifo_pending;    /* atomic: was raised before its event word existed */
    union {
        domid_t unbound_for;
        struct {
            struct domain *domain;
            evtchn_port_t port;
        } peer;
        uint32_t pirq;
        uint32_t virq;
    } u;
};

struct evtchn_pirqs {
    evtchn_port_t port[EVTCHN_PIRQS_MAX]; /* atomic; 0: not bound */
};

/* The port of that number, whatever its state; NULL if there is none. Any number may be asked. */
static inline struct evtchn *evtchn_lookup(const struct domain *d, evtchn_port_t port)
{
    /* Pairs with the release in evtchn_port_grow: a bucket is there before its ports are valid. */
    uint32_t valid = port_read_acquire_u32(&d->evtchn.valid_ports);

    if (port >= valid) {
        return NULL;
    }
    port = (evtchn_port_t)index_nospec(port, valid);
    return &d->evtchn.buckets[port / EVTCHN_BUCKET][port % EVTCHN_BUCKET];
}

static inline void evtchn_set_state(struct evtchn *port, enum evtchn_state state)
{
    port_write_u8(&port->state, (uint8_t)state);
}

/* Whether the guest's bits of the port mean something. */
static inline bool evtchn_is_usable(const struct evtchn *port)
{
    return port->state >= EVTCHN_UNBOUND;
}

static inline struct vcpu *evtchn_target(const struct domain *d, const struct evtchn *port)
{
    return d->vcpus[port_read_u32(&port->vcpu)];
}

/*
 * Takes the lowest free port and makes it RESERVED. held is d's lock. 0, -XEN_EINVAL, -XEN_ENOSPC,
 * -XEN_ENOMEM or, when the search is long, -XEN_ERESTART: call again.
 */
int evtchn_port_alloc(struct domain *d, struct lock_token held, struct evtchn **found) MUST_CHECK;

/* Makes a port free again and clears what is pending. held is d's lock; the port's lock is not held. */
void evtchn_port_free(struct domain *d, struct lock_token held, struct evtchn *port);

/* Marks a port pending and tells its vCPU. Needs the lock of the port or of its peer. */
void evtchn_raise(struct domain *d, struct evtchn *port);

/* Ends the poll of the vCPUs that wait for this port, which has become pending. */
void evtchn_wake_pollers(struct domain *d, evtchn_port_t port);

/* A guest's page for event words, a control block or a vcpu_info. 0, -XEN_EINVAL, -XEN_ERESTART. */
int evtchn_page_map(struct domain *d, mfn_t frame, struct evtchn_page *page) MUST_CHECK;
void evtchn_page_unmap(struct evtchn_page *page);

/* The bits in shared_info. Clear, unmask and pending need the port's lock. */
void evtchn_2l_raise(struct domain *d, struct evtchn *port);
void evtchn_2l_clear(struct domain *d, struct evtchn *port);
void evtchn_2l_unmask(struct domain *d, struct evtchn *port);
bool evtchn_2l_pending(const struct domain *d, const struct evtchn *port);

/*
 * The words and queues of the FIFO ABI; as above. busy: a free port is still in a queue, so it must not be
 * used yet.
 */
void evtchn_fifo_raise(struct domain *d, struct evtchn *port);
void evtchn_fifo_clear(struct domain *d, struct evtchn *port);
void evtchn_fifo_unmask(struct domain *d, struct evtchn *port);
bool evtchn_fifo_pending(const struct domain *d, const struct evtchn *port);
bool evtchn_fifo_busy(const struct domain *d, const struct evtchn *port);

/* Ends the FIFO ABI: unmaps and frees. held is d's lock; no port is bound any more. */
void evtchn_fifo_destroy(struct domain *d, struct lock_token held);

static inline bool evtchn_fifo_is_active(const struct domain *d)
{
    /* Pairs with the release in evtchn_fifo.c: the queues are there before they are used. */
    return port_read_acquire_u32(&d->evtchn.fifo_active) != 0;
}

#endif
