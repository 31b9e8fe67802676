/* SPDX-License-Identifier: MIT */
/* Builds a disk's requests, remembers them, and checks each answer against what was asked. */
#include "guest/blkfront.h"

#include "guest/event.h"
#include "guest/memory.h"
#include "pvabi/errno.h"
#include "pvabi/sched.h"

struct blkfront *blkfront_create(domid_t domain)
{
    struct blkfront *front = calloc(1, sizeof(*front));

    front->domain = domain;
    front->segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
    return front;
}

static void wake(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

/* Takes the grants of the first pages of a ring back. False if the backend has one of them mapped still. */
static bool end_ring(const struct blkfront_queue *queue, unsigned int pages)
{
    bool all = true;

    for (unsigned int i = 0; i < pages; i++) {
        all &= grant_end(queue->refs[i]);
    }
    return all;
}

static int make_ring(struct blkfront *front, struct blkfront_queue *queue, char *shared)
{
    for (unsigned int i = 0; i < queue->ring_pages; i++) {
        int ref = grant_page(front->domain, shared + i * PAGE_SIZE, false);

        if (ref < 0) {
            end_ring(queue, i);
            memory_pages_free(shared, queue->ring_pages);
            return ref;
        }
        queue->refs[i] = (grant_ref_t)ref;
    }
    XEN_FRONT_RING_INIT(&queue->ring, (struct blkif_sring *)shared, queue->ring_pages * PAGE_SIZE);
    return 0;
}

int blkfront_make_queue(struct blkfront *front, unsigned int index)
{
    struct blkfront_queue *queue = &front->queues[index];
    int error, port;

    queue->ring_pages = 1u << front->ring_order;
    error = make_ring(front, queue, memory_pages_alloc(queue->ring_pages));
    if (error) {
        return error;
    }
    queue->attached = true;
    port = event_alloc_unbound(front->domain);
    if (port < 0) {
        return port;
    }
    queue->port = (evtchn_port_t)port;
    event_set_handler(queue->port, wake, NULL);
    return 0;
}

uint64_t blkfront_sectors_max(const struct blkfront *front)
{
    return front->segments * BLK_SECTORS_PER_PAGE;
}

/* The reference for one page of a request: of the page itself, or of a page granted for good, filled. */
static int grant_segment(struct blkfront *front, struct blkfront_shadow *shadow, unsigned int index,
                         size_t size)
{
    char *page = (char *)shadow->data + index * PAGE_SIZE;
    int ref;

    if (!front->persistent) {
        ref = grant_page(front->domain, page, shadow->kind == BLK_WRITE);
        shadow->refs[index] = ref < 0 ? GRANT_NONE : (grant_ref_t)ref;
        return ref;
    }
    if (!shadow->persistent[index]) {
        shadow->persistent[index] = memory_page_alloc();
        ref = grant_page(front->domain, shadow->persistent[index], false);
        if (ref < 0) {
            memory_page_free(shadow->persistent[index]);
            shadow->persistent[index] = NULL;
            return ref;
        }
        shadow->persistent_refs[index] = (grant_ref_t)ref;
    }
    if (shadow->kind == BLK_WRITE) {
        memcpy(shadow->persistent[index], page, size);
    }
    shadow->refs[index] = shadow->persistent_refs[index];
    return (int)shadow->refs[index];
}

static int fill_segments(struct blkfront *front, struct blkfront_shadow *shadow,
                         struct blkif_request_segment *segments)
{
    uint64_t left = shadow->count;

    for (shadow->pages = 0; left; shadow->pages++) {
        uint64_t piece = left < BLK_SECTORS_PER_PAGE ? left : BLK_SECTORS_PER_PAGE;
        int ref = grant_segment(front, shadow, shadow->pages, piece * BLK_SECTOR_SIZE);

        if (ref < 0) {
            return ref;
        }
        segments[shadow->pages] = (struct blkif_request_segment){
            .gref = (grant_ref_t)ref, .first_sect = 0, .last_sect = (uint8_t)(piece - 1)};
        left -= piece;
    }
    return 0;
}

static int make_indirect_page(struct blkfront *front, struct blkfront_shadow *shadow)
{
    int ref;

    if (shadow->indirect) {
        return 0;
    }
    shadow->indirect = memory_page_alloc();
    ref = grant_page(front->domain, shadow->indirect, false);
    shadow->indirect_ref = (grant_ref_t)ref;
    return ref < 0 ? ref : 0;
}

static int fill_transfer(struct blkfront *front, struct blkfront_shadow *shadow, uint64_t id, uint64_t sector,
                         void *slot)
{
    uint8_t operation = shadow->kind == BLK_READ ? BLKIF_OP_READ : BLKIF_OP_WRITE;
    struct blkif_request direct = {
        .operation = operation, .handle = front->handle, .id = id, .sector_number = sector};
    struct blkif_request_indirect indirect = {.operation = BLKIF_OP_INDIRECT,
                                              .indirect_op = operation,
                                              .id = id,
                                              .sector_number = sector,
                                              .handle = front->handle};
    bool large = shadow->count > BLKIF_MAX_SEGMENTS_PER_REQUEST * BLK_SECTORS_PER_PAGE;
    int error = large ? make_indirect_page(front, shadow) : 0;

    error = error ? error : fill_segments(front, shadow, large ? shadow->indirect : direct.seg);
    if (error) {
        return error;
    }
    if (large) {
        indirect.nr_segments = (uint16_t)shadow->pages;
        indirect.indirect_grefs[0] = shadow->indirect_ref;
        memcpy(slot, &indirect, sizeof(indirect));
    } else {
        direct.nr_segments = (uint8_t)shadow->pages;
        memcpy(slot, &direct, sizeof(direct));
    }
    /* Also an indirect request is answered by what it wanted done. */
    shadow->operation = operation;
    return 0;
}

static int fill(struct blkfront *front, struct blkfront_shadow *shadow, uint64_t id, uint64_t sector,
                void *slot)
{
    struct blkif_request flush = {.operation = BLKIF_OP_FLUSH_DISKCACHE, .handle = front->handle, .id = id};
    struct blkif_request_discard discard = {.operation = BLKIF_OP_DISCARD,
                                            .handle = front->handle,
                                            .id = id,
                                            .sector_number = sector,
                                            .nr_sectors = shadow->count};

    shadow->pages = 0;
    switch (shadow->kind) {
    case BLK_FLUSH:
        shadow->operation = flush.operation;
        memcpy(slot, &flush, sizeof(flush));
        return 0;
    case BLK_DISCARD:
        shadow->operation = discard.operation;
        memcpy(slot, &discard, sizeof(discard));
        return 0;
    default:
        return fill_transfer(front, shadow, id, sector, slot);
    }
}

/* Takes the request's grants back. False if the backend has one of them mapped still. */
static bool release(struct blkfront *front, struct blkfront_shadow *shadow)
{
    bool all = true;

    for (unsigned int i = 0; i < shadow->pages && !front->persistent; i++) {
        all &= shadow->refs[i] == GRANT_NONE || grant_end(shadow->refs[i]);
        shadow->refs[i] = GRANT_NONE;
    }
    return all;
}

static struct blkfront_shadow *free_shadow(struct blkfront_queue *queue)
{
    for (unsigned int i = 0; i < BLKFRONT_SLOTS; i++) {
        if (!queue->shadows[i].used) {
            return &queue->shadows[i];
        }
    }
    return NULL;
}

static bool offered(const struct blkfront *front, enum blk_kind kind)
{
    return kind == BLK_FLUSH ? front->flush : kind == BLK_DISCARD ? front->discard : true;
}

/* Whether the request may be asked on this ring; 0 or why not. */
static int may_ask(const struct blkfront *front, const struct blkfront_queue *queue,
                   const struct blkfront_shadow *wanted)
{
    if (queue->broken || !queue->attached) {
        return -XEN_EIO;
    }
    if (!offered(front, wanted->kind)) {
        return -XEN_EOPNOTSUPP;
    }
    if (wanted->kind <= BLK_WRITE && (wanted->count == 0 || wanted->count > blkfront_sectors_max(front))) {
        return -XEN_EINVAL;
    }
    return 0;
}

/* What is the request's own, beside the pages that its slot keeps granted. */
static void take_over(struct blkfront_shadow *shadow, const struct blkfront_shadow *wanted)
{
    shadow->order = wanted->order;
    shadow->kind = wanted->kind;
    shadow->sector = wanted->sector;
    shadow->data = wanted->data;
    shadow->count = wanted->count;
    shadow->done = wanted->done;
    shadow->argument = wanted->argument;
}

int blkfront_ask(struct blkfront *front, unsigned int index, const struct blkfront_shadow *wanted)
{
    struct blkfront_queue *queue = &front->queues[index];
    struct blkfront_shadow *shadow = free_shadow(queue);
    int error = may_ask(front, queue, wanted), notify;

    if (error) {
        return error;
    }
    if (!shadow || RING_FULL(&queue->ring)) {
        return -XEN_EAGAIN;
    }
    take_over(shadow, wanted);
    error = fill(front, shadow, (uint64_t)(shadow - queue->shadows), shadow->sector,
                 RING_GET_REQUEST(&queue->ring, queue->ring.req_prod_pvt));
    if (error) {
        release(front, shadow);
        return error;
    }
    shadow->used = true;
    queue->in_flight++;
    queue->ring.req_prod_pvt++;
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&queue->ring, notify);
    if (notify) {
        event_send(queue->port);
    }
    return 0;
}

int blkfront_submit(struct blkfront *front, unsigned int queue, enum blk_kind kind, uint64_t sector,
                    void *data, uint64_t count, blkfront_done *done, void *argument)
{
    struct blkfront_shadow wanted = {.order = front->asked++,
                                     .kind = kind,
                                     .data = data,
                                     .sector = sector,
                                     .count = count,
                                     .done = done,
                                     .argument = argument};

    /* What was asked before a resume goes first. */
    return front->away || front->kept ? -XEN_EAGAIN : blkfront_ask(front, queue, &wanted);
}

static int to_error(int16_t status)
{
    switch (status) {
    case BLKIF_RSP_OKAY:
        return 0;
    case BLKIF_RSP_EOPNOTSUPP:
        return -XEN_EOPNOTSUPP;
    default:
        return -XEN_EIO;
    }
}

static void finish(struct blkfront *front, struct blkfront_queue *queue, struct blkfront_shadow *shadow,
                   int error)
{
    for (unsigned int i = 0; !error && front->persistent && shadow->kind == BLK_READ && i < shadow->pages;
         i++) {
        uint64_t left = shadow->count * BLK_SECTOR_SIZE - i * PAGE_SIZE;

        memcpy((char *)shadow->data + i * PAGE_SIZE, shadow->persistent[i],
               left < PAGE_SIZE ? left : PAGE_SIZE);
    }
    /* Memory that the backend has not let go must not be used again as if it had. */
    if (!release(front, shadow)) {
        queue->broken = true;
        error = -XEN_EIO;
    }
    shadow->used = false;
    queue->in_flight--;
    if (shadow->done) {
        shadow->done(shadow->argument, error);
    }
}

static void fail_all(struct blkfront *front, struct blkfront_queue *queue)
{
    queue->broken = true;
    for (unsigned int i = 0; i < BLKFRONT_SLOTS; i++) {
        if (queue->shadows[i].used) {
            finish(front, queue, &queue->shadows[i], -XEN_EIO);
        }
    }
}

/* One answer: copied, then held against what was asked under that id. */
static void take(struct blkfront *front, struct blkfront_queue *queue)
{
    struct blkif_response response;
    struct blkfront_shadow *shadow;

    RING_COPY_RESPONSE(&queue->ring, queue->ring.rsp_cons, &response);
    queue->ring.rsp_cons++;
    shadow = response.id < BLKFRONT_SLOTS ? &queue->shadows[response.id] : NULL;
    if (!shadow || !shadow->used || shadow->operation != response.operation) {
        fail_all(front, queue);
        return;
    }
    finish(front, queue, shadow, to_error(response.status));
}

static bool work_queue(struct blkfront *front, struct blkfront_queue *queue)
{
    bool any = false;
    int more;

    do {
        RING_IDX produced = *(volatile RING_IDX *)&queue->ring.sring->rsp_prod;

        /* More answers than questions. */
        if (produced - queue->ring.rsp_cons > queue->ring.req_prod_pvt - queue->ring.rsp_cons) {
            fail_all(front, queue);
            return true;
        }
        xen_rmb();
        while (queue->ring.rsp_cons != produced && !queue->broken) {
            take(front, queue);
            any = true;
        }
        if (queue->broken) {
            break;
        }
        RING_FINAL_CHECK_FOR_RESPONSES(&queue->ring, more);
    } while (more);
    return any;
}

bool blkfront_work(struct blkfront *front)
{
    bool any = false;

    for (unsigned int i = 0; i < BLKFRONT_QUEUES; i++) {
        if (front->queues[i].attached && !front->queues[i].broken) {
            any |= work_queue(front, &front->queues[i]);
        }
    }
    return blkfront_replay(front) || any;
}

bool blkfront_busy(const struct blkfront *front)
{
    for (unsigned int i = 0; i < BLKFRONT_QUEUES; i++) {
        const struct blkfront_queue *queue = &front->queues[i];

        if (queue->attached && !queue->broken && queue->in_flight) {
            return true;
        }
    }
    return front->kept;
}

struct waiter {
    bool done;
    int status;
};

static void note_done(void *argument, int status)
{
    struct waiter *waiter = argument;

    waiter->done = true;
    waiter->status = status;
}

static int run_one(struct blkfront *front, unsigned int queue, enum blk_kind kind, uint64_t sector,
                   void *data, uint64_t count)
{
    struct waiter waiter = {0};
    int error = -XEN_EAGAIN;

    while (!waiter.done) {
        if (error == -XEN_EAGAIN) {
            error = blkfront_submit(front, queue, kind, sector, data, count, note_done, &waiter);
        }
        if (error && error != -XEN_EAGAIN) {
            return error;
        }
        event_disable();
        if (xenbus_work() || blkfront_work(front) || waiter.done) {
            event_enable();
        } else {
            event_block();
        }
    }
    return waiter.status;
}

int blkfront_run(struct blkfront *front, unsigned int queue, enum blk_kind kind, uint64_t sector, void *data,
                 uint64_t count)
{
    int error = 0;

    if (kind > BLK_WRITE) {
        return run_one(front, queue, kind, sector, data, count);
    }
    while (count && !error) {
        uint64_t piece = count < blkfront_sectors_max(front) ? count : blkfront_sectors_max(front);

        error = run_one(front, queue, kind, sector, data, piece);
        data = (char *)data + piece * BLK_SECTOR_SIZE;
        sector += piece;
        count -= piece;
    }
    return error;
}

static void forget_persistent(struct blkfront_shadow *shadow)
{
    for (unsigned int i = 0; i < BLKFRONT_SEGMENTS; i++) {
        if (shadow->persistent[i] && grant_end(shadow->persistent_refs[i])) {
            memory_page_free(shadow->persistent[i]);
        }
        shadow->persistent[i] = NULL;
    }
    if (shadow->indirect && grant_end(shadow->indirect_ref)) {
        memory_page_free(shadow->indirect);
    }
    shadow->indirect = NULL;
}

void blkfront_drop_rings(struct blkfront *front)
{
    for (unsigned int i = 0; i < BLKFRONT_QUEUES; i++) {
        struct blkfront_queue *queue = &front->queues[i];

        if (!queue->attached) {
            continue;
        }
        event_close(queue->port);
        /* A page that the backend still has is lost rather than used by two. */
        if (end_ring(queue, queue->ring_pages)) {
            memory_pages_free(queue->ring.sring, queue->ring_pages);
        }
        for (unsigned int slot = 0; slot < BLKFRONT_SLOTS; slot++) {
            forget_persistent(&queue->shadows[slot]);
        }
        queue->attached = queue->broken = false;
    }
}

void blkfront_detach(struct blkfront *front)
{
    for (unsigned int i = 0; i < BLKFRONT_QUEUES; i++) {
        if (front->queues[i].attached) {
            fail_all(front, &front->queues[i]);
        }
    }
    blkfront_fail_kept(front);
    blkfront_drop_rings(front);
    front->away = false;
}
