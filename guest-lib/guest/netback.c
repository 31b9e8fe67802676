/* SPDX-License-Identifier: MIT */
/* Serves an interface's rings. */
#include "guest/netback.h"

#include "guest/event.h"
#include "guest/memory.h"
#include "guest/net_checksum.h"
#include "guest/net_segment.h"
#include "guest/pagetable.h"
#include "pvabi/errno.h"

/* Packets of one ring before the others have their turn. */
#define NETBACK_BATCH 64
#define BUFFER_PAGES  16ul
/* Of a ring of one page. */
#define NETBACK_RING_SLOTS __CONST_RING_SIZE(netif_tx, PAGE_SIZE)

struct netback *netback_create(domid_t domain, netback_receive *receive, void *data)
{
    struct netback *back = calloc(1, sizeof(*back));

    back->domain = domain;
    back->receive = receive;
    back->data = data;
    back->buffer = memory_pages_alloc(BUFFER_PAGES);
    return back;
}

static void wake(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

static int bind(struct netback *back, evtchn_port_t remote, evtchn_port_t *port)
{
    int local = event_bind_interdomain(back->domain, remote);

    if (local < 0) {
        return local;
    }
    *port = (evtchn_port_t)local;
    event_set_handler(*port, wake, NULL);
    return 0;
}

static int bind_ports(struct netback *back, struct netback_queue *queue, evtchn_port_t tx, evtchn_port_t rx)
{
    int error = bind(back, tx, &queue->tx_port);

    if (error) {
        return error;
    }
    if (rx == tx) {
        queue->rx_port = queue->tx_port;
        return 0;
    }
    error = bind(back, rx, &queue->rx_port);
    if (error) {
        event_close(queue->tx_port);
    }
    return error;
}

int netback_attach(struct netback *back, unsigned int index, grant_ref_t tx, grant_ref_t rx,
                   evtchn_port_t tx_port, evtchn_port_t rx_port)
{
    struct netback_queue *queue = &back->queues[index];
    int error;

    if (index >= NETBACK_QUEUES || queue->attached) {
        return -XEN_EINVAL;
    }
    queue->tx_window = queue->tx_window ? queue->tx_window : pt_reserve(1);
    queue->rx_window = queue->rx_window ? queue->rx_window : pt_reserve(1);
    if (grant_map(queue->tx_window, back->domain, tx, 0, &queue->tx_handle) != GNTST_okay) {
        return -XEN_EINVAL;
    }
    if (grant_map(queue->rx_window, back->domain, rx, 0, &queue->rx_handle) != GNTST_okay) {
        grant_unmap(queue->tx_window, queue->tx_handle);
        return -XEN_EINVAL;
    }
    error = bind_ports(back, queue, tx_port, rx_port);
    if (error) {
        grant_unmap(queue->tx_window, queue->tx_handle);
        grant_unmap(queue->rx_window, queue->rx_handle);
        return error;
    }
    if (!back->again) {
        BACK_RING_INIT(&queue->tx, (struct netif_tx_sring *)queue->tx_window, PAGE_SIZE);
        BACK_RING_INIT(&queue->rx, (struct netif_rx_sring *)queue->rx_window, PAGE_SIZE);
    }
    queue->attached = true;
    queue->broken = false;
    back->queue_count = index >= back->queue_count ? index + 1 : back->queue_count;
    return 0;
}

/* From the frontend. */

static void copy_slot(const void *ring, unsigned int index, struct netif_tx_request *slot)
{
    const struct netif_tx_back_ring *tx = ring;

    RING_COPY_REQUEST(tx, tx->req_cons + index, slot);
}

/* Answers every slot of the packet in hand, its extras with what says that there is no answer. */
static void answer(struct netback *back, struct netback_queue *queue, int16_t status)
{
    const struct net_packet *packet = &back->packet;
    int notify;

    for (unsigned int slot = 0, piece = 0; slot < packet->slots; slot++) {
        struct netif_tx_response *response = RING_GET_RESPONSE(&queue->tx, queue->tx.rsp_prod_pvt);
        bool extra = slot > 0 && slot <= packet->extras;

        *response = (struct netif_tx_response){.status = NETIF_RSP_NULL};
        if (!extra) {
            *response = (struct netif_tx_response){.id = packet->pieces[piece++].id, .status = status};
        }
        queue->tx.rsp_prod_pvt++;
    }
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&queue->tx, notify);
    if (notify) {
        event_send(queue->tx_port);
    }
}

static bool fetch(struct netback *back)
{
    const struct net_packet *packet = &back->packet;
    char *to = back->buffer;

    for (unsigned int i = 0; i < packet->piece_count; i++) {
        const struct net_piece *piece = &packet->pieces[i];

        grant_copies_add(&back->copies, back->domain, piece->gref, piece->offset, to, piece->size, false);
        to += piece->size;
    }
    return grant_copies_end(&back->copies) == GNTST_okay;
}

static void take(struct netback *back, struct netback_queue *queue, enum net_verdict verdict)
{
    const struct net_packet *packet = &back->packet;
    bool good;

    queue->tx.req_cons += packet->slots;
    good = verdict == NET_PACKET && fetch(back);
    answer(back, queue, good ? NETIF_RSP_OKAY : NETIF_RSP_ERROR);
    if (good) {
        struct net_frame frame = {.data = back->buffer,
                                  .size = packet->size,
                                  .csum_blank = packet->csum_blank,
                                  .validated = packet->validated,
                                  .gso_type = packet->gso_type,
                                  .gso_size = packet->gso_size};

        back->received++;
        back->receive(back, &frame);
    } else {
        back->refused++;
    }
}

/* How many slots wait; asks to be woken by the next if none do. */
static unsigned int waiting(struct netback_queue *queue)
{
    RING_IDX produced = *(volatile RING_IDX *)&queue->tx.sring->req_prod;
    int more;

    if (RING_REQUEST_PROD_OVERFLOW(&queue->tx, produced)) {
        queue->broken = true;
        return 0;
    }
    if (produced == queue->tx.req_cons) {
        RING_FINAL_CHECK_FOR_REQUESTS(&queue->tx, more);
        (void)more;
        produced = *(volatile RING_IDX *)&queue->tx.sring->req_prod;
        queue->broken = RING_REQUEST_PROD_OVERFLOW(&queue->tx, produced);
    }
    xen_rmb();
    return queue->broken ? 0 : produced - queue->tx.req_cons;
}

/* Of a packet only the first slots are there: the next one wakes us. True if it has come meanwhile. */
static bool rest_has_come(struct netback_queue *queue, unsigned int slots)
{
    queue->tx.sring->req_event = queue->tx.req_cons + slots + 1;
    xen_mb();
    return waiting(queue) > slots;
}

static bool work_queue(struct netback *back, struct netback_queue *queue)
{
    bool any = false;

    for (unsigned int tries = 0; tries < NETBACK_BATCH && !queue->broken; tries++) {
        unsigned int slots = waiting(queue);
        enum net_verdict verdict = net_parse(copy_slot, &queue->tx, slots, &back->packet);

        if (verdict == NET_BROKEN) {
            queue->broken = true;
        } else if (verdict != NET_PARTIAL) {
            take(back, queue, verdict);
            any = true;
        } else if (queue->broken || !rest_has_come(queue, slots)) {
            return any;
        } else {
            any = true;
        }
    }
    return any;
}

bool netback_work(struct netback *back)
{
    bool any = false;

    for (unsigned int i = 0; i < back->queue_count; i++) {
        if (back->queues[i].attached) {
            any |= work_queue(back, &back->queues[i]);
        }
    }
    return any;
}

void netback_work_last(struct netback *back)
{
    for (unsigned int taken = 0; taken < NETBACK_RING_SLOTS && netback_work(back); taken += NETBACK_BATCH) {
    }
}

/* To the frontend. */

static bool has_room(struct netback_queue *queue, unsigned int slots)
{
    RING_IDX produced = *(volatile RING_IDX *)&queue->rx.sring->req_prod;

    if (RING_REQUEST_PROD_OVERFLOW(&queue->rx, produced)) {
        queue->broken = true;
        return false;
    }
    xen_rmb();
    queue->rx.sring->req_event = produced + 1;
    return produced - queue->rx.req_cons >= slots;
}

static void put_extra(struct netback_queue *queue, const struct net_frame *frame)
{
    struct netif_extra_info *extra = (void *)RING_GET_RESPONSE(&queue->rx, queue->rx.rsp_prod_pvt);

    *extra = (struct netif_extra_info){.type = XEN_NETIF_EXTRA_TYPE_GSO};
    extra->u.gso.type = frame->gso_type;
    extra->u.gso.size = frame->gso_size;
    queue->rx.rsp_prod_pvt++;
    queue->rx.req_cons++;
}

static uint16_t first_flags(const struct net_frame *frame)
{
    return (uint16_t)((frame->csum_blank ? NETRXF_csum_blank | NETRXF_data_validated : 0) |
                      (frame->validated ? NETRXF_data_validated : 0) |
                      (frame->gso_type ? NETRXF_extra_info : 0));
}

/* Fills slots with the frame; each gets its own answer once the copies are known to have gone well. */
static void put_frame(struct netback *back, struct netback_queue *queue, const struct net_frame *frame)
{
    struct netif_rx_response *response;
    unsigned int done = 0;

    while (done < frame->size) {
        struct netif_rx_request request;
        unsigned int piece = frame->size - done < NET_PAGE ? frame->size - done : NET_PAGE;
        uint16_t flags = done ? 0 : first_flags(frame);
        int status;

        RING_COPY_REQUEST(&queue->rx, queue->rx.req_cons, &request);
        queue->rx.req_cons++;
        grant_copies_add(&back->copies, back->domain, request.gref, 0, frame->data + done, piece, true);
        status = grant_copies_end(&back->copies) == GNTST_okay ? (int)piece : NETIF_RSP_ERROR;
        done += piece;
        response = RING_GET_RESPONSE(&queue->rx, queue->rx.rsp_prod_pvt);
        *response = (struct netif_rx_response){
            .id = request.id,
            .flags = (uint16_t)(flags | (done < frame->size ? NETRXF_more_data : 0)),
            .status = (int16_t)status};
        queue->rx.rsp_prod_pvt++;
        if (flags & NETRXF_extra_info) {
            put_extra(queue, frame);
        }
    }
}

/* Packets of one flow keep their order: both ends' addresses choose the queue. */
static struct netback_queue *choose_queue(struct netback *back, const struct net_frame *frame)
{
    unsigned int hash = 0;

    for (unsigned int i = 0; i < frame->size && i < 12; i++) {
        hash = hash * 31 + (uint8_t)frame->data[i];
    }
    return back->queue_count ? &back->queues[hash % back->queue_count] : NULL;
}

static bool takes_gso(const struct netback *back, const struct net_frame *frame)
{
    return frame->gso_type == XEN_NETIF_GSO_TYPE_NONE ||
           (frame->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 && back->gso_tcpv4) ||
           (frame->gso_type == XEN_NETIF_GSO_TYPE_TCPV6 && back->gso_tcpv6);
}

/* Without a notification. */
static bool deliver_one(struct netback *back, struct netback_queue *queue, const struct net_frame *frame)
{
    unsigned int slots = (frame->size + NET_PAGE - 1) / NET_PAGE;
    struct net_frame copy = *frame;

    if ((slots > 1 && !back->scatter) || !has_room(queue, slots + (frame->gso_type != 0))) {
        back->dropped++;
        return false;
    }
    if (copy.csum_blank && !back->csum) {
        copy.csum_blank = !net_checksum_fill(copy.data, copy.size);
        copy.validated = true;
    }
    put_frame(back, queue, &copy);
    back->delivered++;
    return true;
}

/* A large frame for a frontend that takes none: as many as it makes, or as there is room for. */
static bool deliver_segments(struct netback *back, struct netback_queue *queue, const struct net_frame *frame)
{
    struct net_segments segments;
    struct net_frame piece = {.validated = true};

    if (!net_segments_begin(&segments, frame->data, frame->size, frame->gso_type, frame->gso_size)) {
        back->dropped++;
        return false;
    }
    back->segment_room = back->segment_room ? back->segment_room : memory_pages_alloc(BUFFER_PAGES);
    piece.data = back->segment_room;
    while ((piece.size = net_segments_next(&segments, piece.data)) != 0) {
        if (!deliver_one(back, queue, &piece)) {
            return false;
        }
    }
    return true;
}

bool netback_deliver(struct netback *back, const struct net_frame *frame)
{
    struct netback_queue *queue = choose_queue(back, frame);
    bool whole;
    int notify;

    if (!queue || !queue->attached || queue->broken) {
        back->dropped++;
        return false;
    }
    whole = takes_gso(back, frame) ? deliver_one(back, queue, frame) : deliver_segments(back, queue, frame);
    RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&queue->rx, notify);
    if (notify) {
        event_send(queue->rx_port);
    }
    return whole;
}

void netback_detach(struct netback *back)
{
    for (unsigned int i = 0; i < back->queue_count; i++) {
        struct netback_queue *queue = &back->queues[i];

        if (!queue->attached) {
            continue;
        }
        event_close(queue->tx_port);
        if (queue->rx_port != queue->tx_port) {
            event_close(queue->rx_port);
        }
        grant_unmap(queue->tx_window, queue->tx_handle);
        grant_unmap(queue->rx_window, queue->rx_handle);
        queue->attached = false;
    }
    back->queue_count = 0;
}

void netback_free(struct netback *back)
{
    memory_pages_free(back->buffer, BUFFER_PAGES);
    if (back->segment_room) {
        memory_pages_free(back->segment_room, BUFFER_PAGES);
    }
    free(back);
}
