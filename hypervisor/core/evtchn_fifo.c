/* SPDX-License-Identifier: MIT */
/*
 * The FIFO ABI of event channels. The guest gives pages of event words, one word a port, and a control block
 * for each vCPU with the heads of its 16 queues, one a priority. A word has PENDING, MASKED, LINKED and the
 * link to the next port of its queue; the hypervisor appends at the tail, which only it knows, the guest
 * takes from the head and clears LINKED.
 *
 * A queue's tail is guarded by its lock. A word is shared with the guest, so it changes by atomic operations
 * only; BUSY tells the guest that it must not clear LINKED for a moment.
 */
#include "core/evtchn_port.h"

#include "core/heap.h"
#include "lib/log.h"
#include "port/cpu.h"
#include "pvabi/errno.h"

#define FIFO_BIT(n) (1u << (n))
#define FIFO_WORDS_PER_PAGE ((uint32_t)(PAGE_SIZE / sizeof(event_word_t)))
#define FIFO_PAGES (EVTCHN_PORTS_MAX / FIFO_WORDS_PER_PAGE)
#define FIFO_LINK_TRIES 4u

struct evtchn_fifo_queue {
    struct spinlock lock; /* LOCK_EVTCHN_FIFO */
    evtchn_port_t tail;   /* 0: empty, as far as we know */
};

struct evtchn_fifo_vcpu {
    struct evtchn_page page;
    struct evtchn_fifo_control_block *control;
    uint32_t ready; /* atomic: control is there */
    struct evtchn_fifo_queue queue[EVTCHN_FIFO_MAX_QUEUES];
};

struct evtchn_fifo {
    uint32_t word_count; /* atomic: ports that have a word */
    struct evtchn_page pages[FIFO_PAGES];
};

static uint32_t evtchn_fifo_queue_id(const struct vcpu *v, uint32_t priority)
{
    return v->id * EVTCHN_FIFO_MAX_QUEUES + priority;
}

/* The queue of that number, NULL if the vCPU has none. */
static struct evtchn_fifo_queue *evtchn_fifo_queue_of(const struct domain *d, uint32_t id)
{
    struct vcpu *v = d->vcpus[id / EVTCHN_FIFO_MAX_QUEUES];

    return v && v->evtchn.fifo ? &v->evtchn.fifo->queue[id % EVTCHN_FIFO_MAX_QUEUES] : NULL;
}

/* The word of a port, NULL if the guest gave no page for it yet. */
static volatile event_word_t *evtchn_fifo_word(const struct domain *d, evtchn_port_t port)
{
    struct evtchn_fifo *fifo = d->evtchn.fifo;
    /* Pairs with the release in evtchn_fifo_expand_array: a page is there before its words count. */
    uint32_t count = port_read_acquire_u32(&fifo->word_count);
    volatile event_word_t *page;

    if (port >= count) {
        return NULL;
    }
    port = (evtchn_port_t)index_nospec(port, count);
    page = fifo->pages[port / FIFO_WORDS_PER_PAGE].address;
    return &page[port % FIFO_WORDS_PER_PAGE];
}

enum fifo_link {
    FIFO_LINK_DONE,
    FIFO_LINK_EMPTY, /* the tail was taken: its queue is empty */
    FIFO_LINK_AGAIN, /* the guest changed the word meanwhile */
};

static enum fifo_link evtchn_fifo_try_link(volatile event_word_t *word, evtchn_port_t to)
{
    event_word_t old = port_read_u32(word);
    event_word_t linked = (old & ~(FIFO_BIT(EVTCHN_FIFO_BUSY) | EVTCHN_FIFO_LINK_MASK)) | to;

    if (!(old & FIFO_BIT(EVTCHN_FIFO_LINKED))) {
        return FIFO_LINK_EMPTY;
    }
    return port_cas_u32(word, &old, linked) ? FIFO_LINK_DONE : FIFO_LINK_AGAIN;
}

static enum fifo_link evtchn_fifo_try_links(volatile event_word_t *word, evtchn_port_t to)
{
    enum fifo_link result = FIFO_LINK_AGAIN;

    for (unsigned int i = 0; i < FIFO_LINK_TRIES && result == FIFO_LINK_AGAIN; i++) {
        result = evtchn_fifo_try_link(word, to);
    }
    return result;
}

/* Links the tail's word to a port; false if the tail is not in the queue any more. */
static bool evtchn_fifo_link(struct domain *d, volatile event_word_t *word, evtchn_port_t to)
{
    enum fifo_link result = evtchn_fifo_try_links(word, to);

    if (result == FIFO_LINK_AGAIN) {
        /* A well-behaved guest now leaves the word alone but for one change that it had begun. */
        port_or_u32(word, FIFO_BIT(EVTCHN_FIFO_BUSY));
        result = evtchn_fifo_try_links(word, to);
        if (result != FIFO_LINK_DONE) {
            port_and_u32(word, ~FIFO_BIT(EVTCHN_FIFO_BUSY));
        }
    }
    if (result == FIFO_LINK_AGAIN) {
        log_warning("event channel: d%u changes a busy word, port %u is not linked", d->id, to);
        return true;
    }
    return result == FIFO_LINK_DONE;
}

/* Appends a port to a queue of v. The queue's lock is held, and the port's word is LINKED. */
static void evtchn_fifo_append(struct domain *d, struct vcpu *v, uint32_t priority, evtchn_port_t port)
{
    struct evtchn_fifo_vcpu *fifo = v->evtchn.fifo;
    struct evtchn_fifo_queue *queue = &fifo->queue[priority];
    volatile event_word_t *tail = queue->tail ? evtchn_fifo_word(d, queue->tail) : NULL;
    bool linked = tail && evtchn_fifo_link(d, tail, port);

    if (!linked) {
        port_write_u32(&fifo->control->head[priority], port);
    }
    queue->tail = port;
    if (!linked && !(port_or_u32(&fifo->control->ready, FIFO_BIT(priority)) & FIFO_BIT(priority))) {
        evtchn_mark_upcall(v);
    }
}

/*
 * Locks the queue that a port shall go to and the one that held it last. The last one is looked at again
 * under its lock: another sender may have moved the port.
 */
static struct lock_pair evtchn_fifo_lock_queues(struct domain *d, struct evtchn *port,
                                                struct evtchn_fifo_queue *to, struct evtchn_fifo_queue **from)
{
    for (;;) {
        uint32_t last = port_read_u32(&port->fifo_last);
        struct evtchn_fifo_queue *queue = evtchn_fifo_queue_of(d, last);
        struct lock_pair both;

        *from = queue ? queue : to;
        both = lock_acquire_both(&to->lock, &(*from)->lock);
        if (port_read_u32(&port->fifo_last) == last) {
            return both;
        }
        lock_release_both(both);
    }
}

static void evtchn_fifo_enqueue(struct domain *d, struct evtchn *port, volatile event_word_t *word)
{
    struct vcpu *v = evtchn_target(d, port);
    uint32_t priority = port_read_u8(&port->priority);
    struct evtchn_fifo_queue *from;
    struct lock_pair both;

    /*
     * A guest may not unmask a port before its vCPU has a control block. Pairs with the release that sets
     * ready.
     */
    if (!v->evtchn.fifo || !port_read_acquire_u32(&v->evtchn.fifo->ready)) {
        return;
    }
    both = evtchn_fifo_lock_queues(d, port, &v->evtchn.fifo->queue[priority], &from);
    if (!(port_or_u32(word, FIFO_BIT(EVTCHN_FIFO_LINKED)) & FIFO_BIT(EVTCHN_FIFO_LINKED))) {
        /* The port was the tail and was taken: its word must not be linked to from that queue. */
        if (from->tail == port->port) {
            from->tail = 0;
        }
        port_write_u32(&port->fifo_last, evtchn_fifo_queue_id(v, priority));
        evtchn_fifo_append(d, v, priority, port->port);
    }
    lock_release_both(both);
}

void evtchn_fifo_raise(struct domain *d, struct evtchn *port)
{
    const event_word_t quiet = FIFO_BIT(EVTCHN_FIFO_MASKED) | FIFO_BIT(EVTCHN_FIFO_LINKED);
    volatile event_word_t *word = evtchn_fifo_word(d, port->port);
    event_word_t before;

    if (!word) {
        /* Raised again when the page comes. Pairs with the barrier in evtchn_fifo_replay. */
        port_write_u8(&port->fifo_pending, 1);
        port_barrier();
        word = evtchn_fifo_word(d, port->port);
        if (!word) {
            return;
        }
    }
    before = port_or_u32(word, FIFO_BIT(EVTCHN_FIFO_PENDING));
    if (!(before & quiet)) {
        evtchn_fifo_enqueue(d, port, word);
    }
    if (!(before & FIFO_BIT(EVTCHN_FIFO_PENDING))) {
        evtchn_wake_pollers(d, port->port);
    }
}

void evtchn_fifo_clear(struct domain *d, struct evtchn *port)
{
    volatile event_word_t *word = evtchn_fifo_word(d, port->port);

    port_write_u8(&port->fifo_pending, 0);
    /* If it is linked it stays so: the guest takes it out and passes over what is not pending. */
    if (word) {
        port_and_u32(word, ~FIFO_BIT(EVTCHN_FIFO_PENDING));
    }
}

void evtchn_fifo_unmask(struct domain *d, struct evtchn *port)
{
    volatile event_word_t *word = evtchn_fifo_word(d, port->port);

    if (word && (port_and_u32(word, ~FIFO_BIT(EVTCHN_FIFO_MASKED)) & FIFO_BIT(EVTCHN_FIFO_PENDING))) {
        evtchn_fifo_raise(d, port);
    }
}

static bool evtchn_fifo_test(const struct domain *d, const struct evtchn *port, unsigned int bit)
{
    volatile event_word_t *word = evtchn_fifo_word(d, port->port);

    return word && (port_read_u32(word) & FIFO_BIT(bit));
}

bool evtchn_fifo_pending(const struct domain *d, const struct evtchn *port)
{
    return evtchn_fifo_test(d, port, EVTCHN_FIFO_PENDING);
}

bool evtchn_fifo_busy(const struct domain *d, const struct evtchn *port)
{
    return evtchn_fifo_test(d, port, EVTCHN_FIFO_LINKED);
}

static int evtchn_fifo_vcpu_make(struct vcpu *v)
{
    struct evtchn_fifo_vcpu *fifo;

    if (v->evtchn.fifo) {
        return 0;
    }
    fifo = heap_zalloc(sizeof(*fifo));
    if (!fifo) {
        return -XEN_ENOMEM;
    }
    for (uint32_t i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++) {
        lock_init(&fifo->queue[i].lock, LOCK_EVTCHN_FIFO);
    }
    v->evtchn.fifo = fifo;
    return 0;
}

static void evtchn_fifo_free(struct domain *d)
{
    struct vcpu *v;

    DOMAIN_FOR_EACH_VCPU(d, v) {
        if (v->evtchn.fifo) {
            evtchn_page_unmap(&v->evtchn.fifo->page);
            heap_free(v->evtchn.fifo);
            v->evtchn.fifo = NULL;
        }
    }
    if (d->evtchn.fifo) {
        for (uint32_t i = 0; i < FIFO_PAGES; i++) {
            evtchn_page_unmap(&d->evtchn.fifo->pages[i]);
        }
        heap_free(d->evtchn.fifo);
        d->evtchn.fifo = NULL;
    }
}

static int evtchn_fifo_make(struct domain *d)
{
    struct vcpu *v;
    int ret;

    DOMAIN_FOR_EACH_VCPU(d, v) {
        ret = evtchn_fifo_vcpu_make(v);
        if (ret) {
            return ret;
        }
    }
    d->evtchn.fifo = heap_zalloc(sizeof(*d->evtchn.fifo));
    return d->evtchn.fifo ? 0 : -XEN_ENOMEM;
}

static int evtchn_fifo_map_control(struct domain *d, struct vcpu *v, mfn_t frame, uint32_t offset)
{
    struct evtchn_fifo_vcpu *fifo;
    int ret = evtchn_fifo_vcpu_make(v);

    if (ret) {
        return ret;
    }
    fifo = v->evtchn.fifo;
    if (fifo->control) {
        return -XEN_EINVAL;
    }
    ret = evtchn_page_map(d, frame, &fifo->page);
    if (ret) {
        return ret;
    }
    fifo->control = (struct evtchn_fifo_control_block *)((char *)fifo->page.address + offset);
    /* Pairs with the acquire in evtchn_fifo_enqueue. */
    port_write_release_u32(&fifo->ready, 1);
    return 0;
}

/* Ports that exist already take their pending bit along, if they can have one. */
static void evtchn_fifo_take_over(struct domain *d)
{
    uint32_t end = MIN(d->evtchn.valid_ports, (uint32_t)EVTCHN_2L_NR_CHANNELS);

    for (uint32_t i = 1; i < end; i++) {
        struct evtchn *port = evtchn_lookup(d, i);
        struct lock_token own = lock_acquire(&port->lock);

        if (evtchn_is_usable(port) && evtchn_2l_pending(d, port)) {
            port_write_u8(&port->fifo_pending, 1);
        }
        lock_release(own);
    }
}

static int evtchn_fifo_start(struct domain *d, struct vcpu *v, mfn_t frame, uint32_t offset)
{
    int ret = evtchn_fifo_make(d);

    if (!ret) {
        ret = evtchn_fifo_map_control(d, v, frame, offset);
    }
    if (ret) {
        evtchn_fifo_free(d);
        return ret;
    }
    /*
     * Pairs with the acquire in evtchn_fifo_is_active. First, so that what is sent from now on is not lost to
     * the bitmap.
     */
    port_write_release_u32(&d->evtchn.fifo_active, 1);
    port_barrier();
    evtchn_fifo_take_over(d);
    return 0;
}

int evtchn_fifo_init_control(struct domain *d, uint32_t vcpu, mfn_t frame, uint32_t offset)
{
    struct vcpu *v = domain_vcpu(d, vcpu);
    struct lock_token held;
    int ret;

    if (!v) {
        return -XEN_ENOENT;
    }
    if (offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || offset % 8) {
        return -XEN_EINVAL;
    }
    held = lock_acquire(&d->evtchn.lock);
    if (d->evtchn.fifo) {
        ret = evtchn_fifo_map_control(d, v, frame, offset);
    } else {
        ret = evtchn_fifo_start(d, v, frame, offset);
    }
    lock_release(held);
    return ret;
}

/* Raises what was raised before its word existed. */
static void evtchn_fifo_replay(struct domain *d, evtchn_port_t first)
{
    /* Pairs with the barrier in evtchn_fifo_raise: either it sees the page, or we see its mark. */
    port_barrier();
    for (uint32_t i = first; i < first + FIFO_WORDS_PER_PAGE; i++) {
        struct evtchn *port = evtchn_lookup(d, i);
        struct lock_token own;

        if (!port) {
            break;
        }
        own = lock_acquire(&port->lock);
        if (evtchn_is_usable(port) && port_read_u8(&port->fifo_pending)) {
            port_write_u8(&port->fifo_pending, 0);
            evtchn_fifo_raise(d, port);
        }
        lock_release(own);
    }
}

int evtchn_fifo_expand_array(struct domain *d, mfn_t frame)
{
    struct lock_token held = lock_acquire(&d->evtchn.lock);
    struct evtchn_fifo *fifo = d->evtchn.fifo;
    uint32_t first;
    int ret;

    if (!fifo) {
        ret = -XEN_EOPNOTSUPP;
    } else if (fifo->word_count >= EVTCHN_PORTS_MAX) {
        ret = -XEN_ENOSPC;
    } else {
        ret = evtchn_page_map(d, frame, &fifo->pages[fifo->word_count / FIFO_WORDS_PER_PAGE]);
    }
    if (!ret) {
        first = fifo->word_count;
        /* Pairs with the acquire in evtchn_fifo_word. */
        port_write_release_u32(&fifo->word_count, first + FIFO_WORDS_PER_PAGE);
        evtchn_fifo_replay(d, first);
    }
    lock_release(held);
    return ret;
}

void evtchn_fifo_destroy(struct domain *d, struct lock_token held)
{
    ASSERT(held.lock == &d->evtchn.lock);
    port_write_release_u32(&d->evtchn.fifo_active, 0);
    evtchn_fifo_free(d);
}
