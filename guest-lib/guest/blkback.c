/* SPDX-License-Identifier: MIT */
/* Serves a disk's rings: parse, move the data through a buffer of this domain, answer. */
#include "guest/blkback.h"

#include "guest/event.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "pvabi/errno.h"

/* Requests of one ring before the others have their turn. */
#define BLKBACK_BATCH 32

struct blkback *blkback_create(domid_t domain, const struct blkback_disk *disk)
{
    struct blkback *back = calloc(1, sizeof(*back));
    unsigned int pages = disk->limits.indirect_segments;

    back->domain = domain;
    back->disk = disk;
    pages = pages < BLKIF_MAX_SEGMENTS_PER_REQUEST ? BLKIF_MAX_SEGMENTS_PER_REQUEST : pages;
    back->bounce = memory_pages_alloc(pages);
    back->pages = calloc(BLKBACK_PERSISTENT, sizeof(*back->pages));
    return back;
}

static void wake(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

static void unmap_ring(struct blkback_queue *queue, unsigned int pages)
{
    for (unsigned int i = 0; i < pages; i++) {
        grant_unmap(queue->window + i * PAGE_SIZE, queue->handles[i]);
    }
}

static int map_ring(struct blkback *back, struct blkback_queue *queue, const grant_ref_t *ring)
{
    queue->window = queue->window ? queue->window : pt_reserve(BLKBACK_RING_PAGES);
    if (!queue->window) {
        return -XEN_ENOMEM;
    }
    for (unsigned int i = 0; i < queue->ring_pages; i++) {
        if (grant_map(queue->window + i * PAGE_SIZE, back->domain, ring[i], 0, &queue->handles[i]) !=
            GNTST_okay) {
            unmap_ring(queue, i);
            return -XEN_EINVAL;
        }
    }
    return 0;
}

int blkback_attach(struct blkback *back, unsigned int index, const grant_ref_t *ring, unsigned int order,
                   evtchn_port_t port)
{
    struct blkback_queue *queue = &back->queues[index];
    int error, local;

    if (index >= BLKBACK_QUEUES || queue->attached || order > BLKBACK_RING_ORDER) {
        return -XEN_EINVAL;
    }
    /* Indices that go on are those of a ring of that size, whatever the frontend says now. */
    if (back->again && queue->ring_pages != 1u << order) {
        return -XEN_EINVAL;
    }
    queue->ring_pages = 1u << order;
    error = map_ring(back, queue, ring);
    if (error) {
        return error;
    }
    local = event_bind_interdomain(back->domain, port);
    if (local < 0) {
        unmap_ring(queue, queue->ring_pages);
        return local;
    }
    if (!back->again) {
        BACK_RING_INIT(&queue->ring, (struct blkif_sring *)(void *)queue->window,
                       queue->ring_pages * PAGE_SIZE);
    }
    queue->port = (evtchn_port_t)local;
    queue->broken = false;
    queue->attached = true;
    event_set_handler(queue->port, wake, NULL);
    return 0;
}

/* The mapping of a grant that stays; NULL where there is none and no room for one, and it is to be copied. */
static void *persistent_page(struct blkback *back, grant_ref_t ref)
{
    for (unsigned int tried = 0; tried < BLKBACK_PERSISTENT; tried++) {
        struct blkback_page *page = &back->pages[(ref + tried) % BLKBACK_PERSISTENT];

        if (page->mapped && page->ref == ref) {
            return page->window;
        }
        if (page->mapped) {
            continue;
        }
        page->window = page->window ? page->window : pt_reserve(1);
        if (!page->window || grant_map(page->window, back->domain, ref, 0, &page->handle) != GNTST_okay) {
            return NULL;
        }
        page->ref = ref;
        page->mapped = true;
        return page->window;
    }
    return NULL;
}

/* Moves one piece between a frontend's page and the buffer. */
static void move(struct blkback *back, grant_ref_t ref, unsigned int offset, void *buffer, size_t size,
                 bool to_front)
{
    char *page = back->persistent ? persistent_page(back, ref) : NULL;

    if (!page) {
        grant_copies_add(&back->copies, back->domain, ref, offset, buffer, size, to_front);
    } else if (to_front) {
        memcpy(page + offset, buffer, size);
    } else {
        memcpy(buffer, page + offset, size);
    }
}

static int move_segments(struct blkback *back, bool to_front)
{
    const struct blk_request *request = &back->request;
    char *buffer = back->bounce;

    for (unsigned int i = 0; i < request->segment_count; i++) {
        const struct blkif_request_segment *segment = &request->segments[i];

        move(back, segment->gref, blk_segment_offset(segment), buffer, blk_segment_size(segment), to_front);
        buffer += blk_segment_size(segment);
    }
    return grant_copies_end(&back->copies) == GNTST_okay ? BLKIF_RSP_OKAY : BLKIF_RSP_ERROR;
}

/* Copies the descriptors of an indirect request, once, then checks them. */
static int fetch_segments(struct blkback *back)
{
    struct blk_request *request = &back->request;

    move(back, request->indirect_ref, 0, request->segments,
         request->segment_count * sizeof(*request->segments), false);
    if (grant_copies_end(&back->copies) != GNTST_okay) {
        return BLKIF_RSP_ERROR;
    }
    return blk_parse_segments(&back->disk->limits, request);
}

static int to_status(int error)
{
    return error ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
}

static int read_disk(struct blkback *back)
{
    const struct blk_request *request = &back->request;
    int status = to_status(back->disk->read(back->disk->data, request->sector, back->bounce, request->count));

    return status == BLKIF_RSP_OKAY ? move_segments(back, true) : status;
}

static int write_disk(struct blkback *back)
{
    const struct blkback_disk *disk = back->disk;
    const struct blk_request *request = &back->request;
    int status = move_segments(back, false);

    if (status == BLKIF_RSP_OKAY) {
        status = to_status(disk->write(disk->data, request->sector, back->bounce, request->count));
    }
    if (status == BLKIF_RSP_OKAY && request->flush_after) {
        status = to_status(disk->flush(disk->data));
    }
    return status;
}

static int serve(struct blkback *back, const volatile void *slot)
{
    const struct blkback_disk *disk = back->disk;
    struct blk_request *request = &back->request;
    int status = blk_parse(slot, &disk->limits, request);

    if (status == BLKIF_RSP_OKAY && request->indirect) {
        status = fetch_segments(back);
    }
    if (status != BLKIF_RSP_OKAY) {
        return status;
    }
    switch (request->kind) {
    case BLK_READ:
        return read_disk(back);
    case BLK_WRITE:
        return write_disk(back);
    case BLK_FLUSH:
        return to_status(disk->flush(disk->data));
    case BLK_DISCARD:
        return to_status(disk->discard(disk->data, request->sector, request->count));
    }
    return BLKIF_RSP_EOPNOTSUPP;
}

static void answer(struct blkback *back, struct blkback_queue *queue, int status)
{
    struct blkif_response *response = RING_GET_RESPONSE(&queue->ring, queue->ring.rsp_prod_pvt);
    int notify;

    *response = (struct blkif_response){
        .id = back->request.id, .operation = back->request.operation, .status = (int16_t)status};
    queue->ring.rsp_prod_pvt++;
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&queue->ring, notify);
    if (notify) {
        event_send(queue->port);
    }
    back->served += status == BLKIF_RSP_OKAY;
    back->refused += status != BLKIF_RSP_OKAY;
}

/* Whether there is a request; asks to be woken by the next if not. */
static bool has_request(struct blkback_queue *queue)
{
    RING_IDX produced = *(volatile RING_IDX *)&queue->ring.sring->req_prod;
    int more;

    if (RING_REQUEST_PROD_OVERFLOW(&queue->ring, produced)) {
        queue->broken = true;
        return false;
    }
    RING_FINAL_CHECK_FOR_REQUESTS(&queue->ring, more);
    return more;
}

static bool work_queue(struct blkback *back, struct blkback_queue *queue)
{
    unsigned int served = 0;

    while (served < BLKBACK_BATCH && !queue->broken && has_request(queue)) {
        /* The index before the slot: the frontend wrote them in the other order. */
        xen_rmb();
        answer(back, queue, serve(back, RING_GET_REQUEST(&queue->ring, queue->ring.req_cons++)));
        served++;
    }
    return served > 0;
}

bool blkback_work(struct blkback *back)
{
    bool any = false;

    for (unsigned int i = 0; i < BLKBACK_QUEUES; i++) {
        if (back->queues[i].attached) {
            any |= work_queue(back, &back->queues[i]);
        }
    }
    return any;
}

void blkback_detach(struct blkback *back)
{
    for (unsigned int i = 0; i < BLKBACK_QUEUES; i++) {
        struct blkback_queue *queue = &back->queues[i];

        if (queue->attached) {
            event_close(queue->port);
            unmap_ring(queue, queue->ring_pages);
            queue->attached = false;
        }
    }
    for (unsigned int i = 0; i < BLKBACK_PERSISTENT; i++) {
        if (back->pages[i].mapped) {
            grant_unmap(back->pages[i].window, back->pages[i].handle);
            back->pages[i].mapped = false;
        }
    }
}

void blkback_free(struct blkback *back)
{
    unsigned int pages = back->disk->limits.indirect_segments;

    pages = pages < BLKIF_MAX_SEGMENTS_PER_REQUEST ? BLKIF_MAX_SEGMENTS_PER_REQUEST : pages;
    memory_pages_free(back->bounce, pages);
    free(back->pages);
    free(back);
}
