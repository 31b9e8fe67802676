/* SPDX-License-Identifier: MIT */
/* Fills and empties an interface's rings from the frontend's side. */
#include "guest/netfront.h"

#include "guest/event.h"
#include "guest/memory.h"
#include "guest/net_segment.h"
#include "pvabi/errno.h"

#define BUFFER_PAGES 16ul
#define SLOTS_WANTED 64

struct netfront *netfront_create(domid_t domain, netfront_receive *receive, void *data)
{
    struct netfront *front = calloc(1, sizeof(*front));

    front->domain = domain;
    front->receive = receive;
    front->data = data;
    front->slots = SLOTS_WANTED;
    return front;
}

static void wake(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

/* A page, granted for good. */
static int make_page(struct netfront *front, char **page, grant_ref_t *ref, bool readonly)
{
    int result;

    *page = memory_page_alloc();
    result = grant_page(front->domain, *page, readonly);
    if (result < 0) {
        memory_page_free(*page);
        *page = NULL;
        return result;
    }
    *ref = (grant_ref_t)result;
    return 0;
}

static void post(struct netfront_queue *queue, unsigned int id)
{
    struct netif_rx_request *request = RING_GET_REQUEST(&queue->rx, queue->rx.req_prod_pvt);

    *request = (struct netif_rx_request){.id = (uint16_t)id, .gref = queue->rx_refs[id]};
    queue->rx_at[queue->rx.req_prod_pvt % RING_SIZE(&queue->rx)] = (uint16_t)id;
    queue->rx.req_prod_pvt++;
}

static void publish_posts(struct netfront_queue *queue)
{
    int notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&queue->rx, notify);
    if (notify) {
        event_send(queue->port);
    }
}

static int make_rings(struct netfront *front, struct netfront_queue *queue)
{
    struct netif_tx_sring *tx = memory_page_alloc();
    struct netif_rx_sring *rx = memory_page_alloc();
    int tx_ref = grant_page(front->domain, tx, false), rx_ref = grant_page(front->domain, rx, false);

    if (tx_ref < 0 || rx_ref < 0) {
        return tx_ref < 0 ? tx_ref : rx_ref;
    }
    XEN_FRONT_RING_INIT(&queue->tx, tx, PAGE_SIZE);
    XEN_FRONT_RING_INIT(&queue->rx, rx, PAGE_SIZE);
    queue->tx_ref = (grant_ref_t)tx_ref;
    queue->rx_ref = (grant_ref_t)rx_ref;
    return 0;
}

int netfront_make_queue(struct netfront *front, unsigned int index)
{
    struct netfront_queue *queue = &front->queues[index];
    int port = event_alloc_unbound(front->domain), error = make_rings(front, queue);

    if (port < 0 || error) {
        return port < 0 ? port : error;
    }
    queue->port = (evtchn_port_t)port;
    event_set_handler(queue->port, wake, NULL);
    queue->attached = true;
    queue->buffer = memory_pages_alloc(BUFFER_PAGES);
    for (unsigned int id = 0; id < front->slots; id++) {
        error = make_page(front, &queue->tx_pages[id], &queue->tx_refs[id], true);
        error = error ? error : make_page(front, &queue->rx_pages[id], &queue->rx_refs[id], false);
        if (error) {
            return error;
        }
        queue->tx_free[queue->tx_free_count++] = (uint16_t)id;
        post(queue, id);
    }
    publish_posts(queue);
    return 0;
}

static uint16_t frame_flags(const struct net_frame *frame)
{
    return (uint16_t)((frame->csum_blank ? NETTXF_csum_blank | NETTXF_data_validated : 0) |
                      (frame->validated ? NETTXF_data_validated : 0) |
                      (frame->gso_type ? NETTXF_extra_info : 0));
}

static void put_extra(struct netfront_queue *queue, const struct net_frame *frame)
{
    struct netif_extra_info *extra = (void *)RING_GET_REQUEST(&queue->tx, queue->tx.req_prod_pvt);

    *extra = (struct netif_extra_info){.type = XEN_NETIF_EXTRA_TYPE_GSO};
    extra->u.gso.type = frame->gso_type;
    extra->u.gso.size = frame->gso_size;
    queue->tx.req_prod_pvt++;
}

static void put_frame(struct netfront_queue *queue, const struct net_frame *frame)
{
    for (unsigned int done = 0; done < frame->size;) {
        unsigned int piece = frame->size - done < NET_PAGE ? frame->size - done : NET_PAGE;
        uint16_t id = queue->tx_free[--queue->tx_free_count];
        struct netif_tx_request *request = RING_GET_REQUEST(&queue->tx, queue->tx.req_prod_pvt);
        bool more = done + piece < frame->size;

        memcpy(queue->tx_pages[id], frame->data + done, piece);
        *request = (struct netif_tx_request){
            .gref = queue->tx_refs[id],
            .id = id,
            .size = (uint16_t)(done ? piece : frame->size),
            .flags = (uint16_t)((done ? 0 : frame_flags(frame)) | (more ? NETTXF_more_data : 0))};
        queue->tx_busy[id] = true;
        queue->tx.req_prod_pvt++;
        if (!done && frame->gso_type) {
            put_extra(queue, frame);
        }
        done += piece;
    }
}

static int send_one(struct netfront *front, struct netfront_queue *queue, const struct net_frame *frame)
{
    unsigned int pages = (frame->size + NET_PAGE - 1) / NET_PAGE;

    if (frame->size > NET_PACKET_MAX || frame->size < NET_HEADER_SIZE || (pages > 1 && !front->scatter)) {
        return -XEN_E2BIG;
    }
    if (queue->tx_free_count < pages || RING_FREE_REQUESTS(&queue->tx) < pages + 1) {
        return -XEN_EAGAIN;
    }
    put_frame(queue, frame);
    front->sent++;
    return 0;
}

/* A large frame for a backend that takes none: all of what it makes, or nothing. */
static int send_segments(struct netfront *front, struct netfront_queue *queue, const struct net_frame *frame)
{
    struct net_segments segments;
    struct net_frame piece = {.validated = true};
    unsigned int pages;

    if (!net_segments_begin(&segments, frame->data, frame->size, frame->gso_type, frame->gso_size)) {
        return -XEN_E2BIG;
    }
    pages = (net_segments_largest(&segments) + NET_PAGE - 1) / NET_PAGE;
    if ((pages > 1 && !front->scatter) || segments.count * pages > front->slots) {
        return -XEN_E2BIG;
    }
    if (queue->tx_free_count < segments.count * pages ||
        RING_FREE_REQUESTS(&queue->tx) < segments.count * pages) {
        return -XEN_EAGAIN;
    }
    piece.data = memory_pages_alloc(BUFFER_PAGES);
    while ((piece.size = net_segments_next(&segments, piece.data)) != 0) {
        put_frame(queue, &piece);
        front->sent++;
    }
    memory_pages_free(piece.data, BUFFER_PAGES);
    return 0;
}

static bool takes_gso(const struct netfront *front, const struct net_frame *frame)
{
    return frame->gso_type == XEN_NETIF_GSO_TYPE_NONE ||
           (frame->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 && front->gso) ||
           (frame->gso_type == XEN_NETIF_GSO_TYPE_TCPV6 && front->gso_tcpv6);
}

int netfront_send(struct netfront *front, unsigned int index, const struct net_frame *frame)
{
    struct netfront_queue *queue = &front->queues[index];
    int notify, error;

    if (!queue->attached || queue->broken) {
        return front->away ? -XEN_EAGAIN : -XEN_EIO;
    }
    error = takes_gso(front, frame) ? send_one(front, queue, frame) : send_segments(front, queue, frame);
    if (error) {
        return error;
    }
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&queue->tx, notify);
    if (notify) {
        event_send(queue->port);
    }
    return 0;
}

static bool take_sent(struct netfront *front, struct netfront_queue *queue)
{
    RING_IDX produced = *(volatile RING_IDX *)&queue->tx.sring->rsp_prod;
    bool any = false;

    if (produced - queue->tx.rsp_cons > queue->tx.req_prod_pvt - queue->tx.rsp_cons) {
        queue->broken = true;
        return true;
    }
    xen_rmb();
    for (; queue->tx.rsp_cons != produced; queue->tx.rsp_cons++) {
        struct netif_tx_response response;

        any = true;
        RING_COPY_RESPONSE(&queue->tx, queue->tx.rsp_cons, &response);
        if (response.status == NETIF_RSP_NULL) {
            continue;
        }
        if (response.id >= front->slots || !queue->tx_busy[response.id]) {
            queue->broken = true;
            return true;
        }
        queue->tx_busy[response.id] = false;
        queue->tx_free[queue->tx_free_count++] = response.id;
        front->errors += response.status != NETIF_RSP_OKAY;
    }
    queue->tx.sring->rsp_event = queue->tx.rsp_cons + 1;
    xen_mb(); /* before the look that finds nothing, after which we sleep */
    return any;
}

/* The page that was posted where the next answer lies. */
static unsigned int next_page(struct netfront_queue *queue)
{
    return queue->rx_at[queue->rx.rsp_cons++ % RING_SIZE(&queue->rx)];
}

/* The extra information of a packet's first slot, which took the place of a request. */
static bool take_extra(struct netfront_queue *queue, RING_IDX produced)
{
    struct netif_extra_info extra;

    do {
        if (queue->rx.rsp_cons == produced) {
            return false;
        }
        extra = *(volatile struct netif_extra_info *)RING_GET_RESPONSE(&queue->rx, queue->rx.rsp_cons);
        post(queue, next_page(queue));
        if (extra.type == XEN_NETIF_EXTRA_TYPE_GSO) {
            queue->frame.gso_type = extra.u.gso.type;
            queue->frame.gso_size = extra.u.gso.size;
        }
    } while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
    return true;
}

static void deliver(struct netfront *front, struct netfront_queue *queue)
{
    if (queue->skipping || queue->frame.size < NET_HEADER_SIZE) {
        front->errors++;
    } else {
        front->received++;
        queue->frame.data = queue->buffer;
        front->receive(front, &queue->frame);
    }
    queue->frame = (struct net_frame){0};
    queue->skipping = false;
}

/* Adds one slot's bytes to the packet in hand. */
static void add_piece(struct netfront_queue *queue, const struct netif_rx_response *response,
                      const char *page)
{
    unsigned int size = response->status > 0 ? (unsigned int)response->status : 0;

    if (response->status <= 0 || response->offset >= NET_PAGE || size > NET_PAGE - response->offset ||
        queue->frame.size + size > NET_PACKET_MAX) {
        queue->skipping = true;
        return;
    }
    if (queue->frame.size == 0) {
        queue->frame.csum_blank = response->flags & NETRXF_csum_blank;
        queue->frame.validated = response->flags & NETRXF_data_validated;
    }
    memcpy(queue->buffer + queue->frame.size, page + response->offset, size);
    queue->frame.size += size;
}

/* One answer and what belongs to it; false if it makes no sense. */
static bool take_answer(struct netfront *front, struct netfront_queue *queue, RING_IDX produced)
{
    struct netif_rx_response response;
    unsigned int id;

    RING_COPY_RESPONSE(&queue->rx, queue->rx.rsp_cons, &response);
    id = next_page(queue);
    if (response.id != id) {
        return false;
    }
    add_piece(queue, &response, queue->rx_pages[id]);
    post(queue, id);
    if ((response.flags & NETRXF_extra_info) && !take_extra(queue, produced)) {
        return false;
    }
    if (!(response.flags & NETRXF_more_data)) {
        deliver(front, queue);
    }
    return true;
}

static bool take_received(struct netfront *front, struct netfront_queue *queue)
{
    RING_IDX produced = *(volatile RING_IDX *)&queue->rx.sring->rsp_prod;
    bool any = produced != queue->rx.rsp_cons;

    if (produced - queue->rx.rsp_cons > queue->rx.req_prod_pvt - queue->rx.rsp_cons) {
        queue->broken = true;
        return true;
    }
    xen_rmb();
    while (queue->rx.rsp_cons != produced && !queue->broken) {
        queue->broken = !take_answer(front, queue, produced);
    }
    queue->rx.sring->rsp_event = queue->rx.rsp_cons + 1;
    xen_mb(); /* as above */
    if (any && !queue->broken) {
        publish_posts(queue);
    }
    return any;
}

bool netfront_work(struct netfront *front)
{
    bool any = false;

    for (unsigned int i = 0; i < NETFRONT_QUEUES; i++) {
        struct netfront_queue *queue = &front->queues[i];

        if (queue->attached && !queue->broken) {
            any |= take_sent(front, queue);
        }
        if (queue->attached && !queue->broken) {
            any |= take_received(front, queue);
        }
    }
    return any;
}

bool netfront_busy(const struct netfront *front)
{
    for (unsigned int i = 0; i < NETFRONT_QUEUES; i++) {
        const struct netfront_queue *queue = &front->queues[i];

        if (queue->attached && !queue->broken && queue->tx_free_count < front->slots) {
            return true;
        }
    }
    return false;
}

/* Pages that the backend still uses are lost rather than used by two. */
static void drop_page(void *page, grant_ref_t ref)
{
    if (page && grant_end(ref)) {
        memory_page_free(page);
    }
}

void netfront_detach(struct netfront *front)
{
    front->away = false;
    for (unsigned int i = 0; i < NETFRONT_QUEUES; i++) {
        struct netfront_queue *queue = &front->queues[i];

        if (!queue->attached) {
            continue;
        }
        event_close(queue->port);
        drop_page(queue->tx.sring, queue->tx_ref);
        drop_page(queue->rx.sring, queue->rx_ref);
        for (unsigned int id = 0; id < front->slots; id++) {
            drop_page(queue->tx_pages[id], queue->tx_refs[id]);
            drop_page(queue->rx_pages[id], queue->rx_refs[id]);
        }
        memory_pages_free(queue->buffer, BUFFER_PAGES);
        memset(queue, 0, sizeof(*queue));
    }
}

void netfront_lose(struct netfront *front)
{
    for (unsigned int i = 0; i < NETFRONT_QUEUES; i++) {
        const struct netfront_queue *queue = &front->queues[i];

        front->errors += queue->attached ? front->slots - queue->tx_free_count : 0;
    }
    netfront_detach(front);
    front->away = true;
}
