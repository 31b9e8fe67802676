/* SPDX-License-Identifier: MIT */
/* Event-channel ports: their memory, which are free, and raising one by the ABI that the domain uses. */
#include "core/evtchn_port.h"
#include "core/trace.h"

#include "core/heap.h"
#include "lib/log.h"
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

/* How many ports are looked at in one go: a guest can make the search as long as its table is. */
#define EVTCHN_SEARCH_MAX 2048u

/*
 * Goes on with the search for a free port below end: 0 and *found, -XEN_ERESTART when it is to be gone on
 * with, -XEN_ENOSPC when there is none. What was searched, from first_free to search, is empty or begins with
 * a free port that is busy.
 */
static int evtchn_port_find(struct domain *d, uint32_t end, struct evtchn **found)
{
    struct evtchn_domain *e = &d->evtchn;
    uint32_t stop;

    e->search = MAX(e->search, e->first_free);
    stop = MIN(end, e->search + EVTCHN_SEARCH_MAX);
    while (e->search < stop) {
        struct evtchn *candidate = evtchn_lookup(d, e->search++);
        /* Without the port's lock: its peer may unbind it meanwhile, but only this domain's lock makes it free. */
        bool is_free = port_read_u8(&candidate->state) == EVTCHN_FREE;
        bool busy = is_free && evtchn_port_is_busy(d, candidate);

        if (!busy && e->first_free == candidate->port) {
            e->first_free++;
        }
        if (is_free && !busy) {
            *found = candidate;
            e->search = e->first_free; /* those that were busy may be free by the next time */
            return 0;
        }
    }
    if (e->search < end) {
        return -XEN_ERESTART;
    }
    e->search = e->first_free;
    return -XEN_ENOSPC;
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
    ret = evtchn_port_find(d, MIN(limit, d->evtchn.valid_ports), &port);
    if (ret == -XEN_ENOSPC && d->evtchn.valid_ports < limit) {
        uint32_t first = d->evtchn.valid_ports;

        ret = evtchn_port_grow(d);
        if (!ret) {
            d->evtchn.search = first;
            /* None: the guest keeps all new words linked. */
            ret = evtchn_port_find(d, MIN(limit, first + EVTCHN_BUCKET), &port);
        }
    }
    if (ret == -XEN_ENOSPC && !d->evtchn.told) {
        d->evtchn.told = true;
        log_warning("event channel: d%u has all of its %u ports in use (its configuration's max_event_channels)", d->id,
                    limit);
    }
    if (ret) {
        return ret;
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
    d->evtchn.search = MIN(d->evtchn.search, port->port);
}

void evtchn_raise(struct domain *d, struct evtchn *port)
{
    if (trace_wants(PVABI_TRC_CLASS)) {
        trace_event(d, port_read_u32(&port->vcpu), port->port);
    }
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
