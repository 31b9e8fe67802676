/* SPDX-License-Identifier: MIT */
/* Event-channel ports: their memory, which are free, and raising one by the ABI that the domain uses. */
#include "core/evtchn_port.h"

#include "core/heap.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "pvabi/errno.h"

/* The number of ports that the domain may have by its configuration and its present ABI. */
static uint32_t evtchn_port_limit(const struct domain *d)
{
    uint32_t abi_limit = d->evtchn.fifo_active ? EVTCHN_PORTS_MAX : (uint32_t)EVTCHN_2L_NR_CHANNELS;

    return MIN(d->evtchn.port_limit, abi_limit);
}

static int evtchn_port_grow(struct domain *d)
{
    uint32_t first = d->evtchn.valid_ports;
    struct evtchn *bucket = heap_zalloc(EVTCHN_BUCKET * sizeof(*bucket));

    if (!bucket) {
        return -XEN_ENOMEM;
    }
    for (uint32_t i = 0; i < EVTCHN_BUCKET; i++) {
        lock_init(&bucket[i].lock, LOCK_EVTCHN_PORT);
        bucket[i].port = first + i;
        bucket[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        bucket[i].fifo_last = EVTCHN_FIFO_PRIORITY_DEFAULT;
    }
    d->evtchn.buckets[first / EVTCHN_BUCKET] = bucket;
    /* Pairs with the acquire in evtchn_lookup. */
    port_write_release_u32(&d->evtchn.valid_ports, first + EVTCHN_BUCKET);
    return 0;
}

static bool evtchn_port_is_busy(const struct domain *d, const struct evtchn *port)
{
    return d->evtchn.fifo_active && evtchn_fifo_busy(d, port);
}

/* The lowest free port, or NULL; first_free stays at the lowest one that is free but busy. */
static struct evtchn *evtchn_port_find(struct domain *d, uint32_t limit)
{
    bool skipped = false;

    for (uint32_t port = d->evtchn.first_free; port < MIN(limit, d->evtchn.valid_ports); port++) {
        struct evtchn *candidate = evtchn_lookup(d, port);

        /* Without the port's lock: its peer may unbind it meanwhile, but only this domain's lock makes it free. */
        if (port_read_u8(&candidate->state) == EVTCHN_FREE) {
            if (!evtchn_port_is_busy(d, candidate)) {
                d->evtchn.first_free = skipped ? d->evtchn.first_free : port + 1;
                return candidate;
            }
            d->evtchn.first_free = skipped ? d->evtchn.first_free : port;
            skipped = true;
        }
    }
    if (!skipped) {
        d->evtchn.first_free = MAX(d->evtchn.first_free, MIN(limit, d->evtchn.valid_ports));
    }
    return NULL;
}

static void evtchn_port_change_state(struct evtchn *port, enum evtchn_state state)
{
    struct lock_token own = lock_acquire(&port->lock);

    evtchn_set_state(port, state);
    lock_release(own);
}

int evtchn_port_alloc(struct domain *d, struct lock_token held, struct evtchn **found)
{
    uint32_t limit = evtchn_port_limit(d);
    struct evtchn *port;
    int ret;

    ASSERT(held.lock == &d->evtchn.lock);
    if (d->life != DOMAIN_ALIVE) {
        return -XEN_EINVAL;
    }
    port = evtchn_port_find(d, limit);
    if (!port) {
        if (d->evtchn.valid_ports >= limit) {
            return -XEN_ENOSPC;
        }
        ret = evtchn_port_grow(d);
        if (ret) {
            return ret;
        }
        port = evtchn_port_find(d, limit);
        if (!port) {
            return -XEN_ENOSPC; /* the guest keeps all new words linked */
        }
    }
    port_write_u32(&port->vcpu, 0);
    port_write_u8(&port->priority, EVTCHN_FIFO_PRIORITY_DEFAULT);
    evtchn_port_change_state(port, EVTCHN_RESERVED);
    d->evtchn.active++;
    *found = port;
    return 0;
}

void evtchn_port_free(struct domain *d, struct lock_token held, struct evtchn *port)
{
    struct lock_token own;

    ASSERT(held.lock == &d->evtchn.lock);
    own = lock_acquire(&port->lock);
    /* A port that is used again must not start with an old event. */
    if (evtchn_fifo_is_active(d)) {
        evtchn_fifo_clear(d, port);
    } else {
        evtchn_2l_clear(d, port);
    }
    evtchn_set_state(port, EVTCHN_FREE);
    lock_release(own);
    port_write_u32(&port->vcpu, 0);
    d->evtchn.active--;
    d->evtchn.first_free = MIN(d->evtchn.first_free, port->port);
}

void evtchn_raise(struct domain *d, struct evtchn *port)
{
    if (evtchn_fifo_is_active(d)) {
        evtchn_fifo_raise(d, port);
    } else {
        evtchn_2l_raise(d, port);
    }
}

int evtchn_domain_init(struct domain *d, uint32_t port_max)
{
    struct evtchn_domain *e = &d->evtchn;
    uint32_t limit = port_max < EVTCHN_PORTS_MAX ? port_max + 1 : EVTCHN_PORTS_MAX;
    int ret;

    *e = (struct evtchn_domain){.port_limit = limit};
    lock_init(&e->lock, LOCK_EVTCHN);
    e->buckets = heap_zalloc(ROUND_UP(limit, EVTCHN_BUCKET) / EVTCHN_BUCKET * sizeof(*e->buckets));
    if (!e->buckets) {
        return -XEN_ENOMEM;
    }
    ret = evtchn_port_grow(d);
    if (ret) {
        heap_free(e->buckets);
        e->buckets = NULL;
        return ret;
    }
    /* Port 0 is nobody's: the ABIs use it as "none". */
    e->buckets[0][0].state = EVTCHN_RESERVED;
    e->first_free = 1;
    return 0;
}

void evtchn_domain_free(struct domain *d)
{
    struct evtchn_domain *e = &d->evtchn;

    if (!e->buckets) {
        return;
    }
    for (uint32_t first = 0; first < e->valid_ports; first += EVTCHN_BUCKET) {
        heap_free(e->buckets[first / EVTCHN_BUCKET]);
    }
    heap_free(e->buckets);
    heap_free(e->pirqs);
    e->buckets = NULL;
    e->pirqs = NULL;
    e->valid_ports = 0;
}
