/* SPDX-License-Identifier: MIT */
/*
 * Both ends of a network interface in one guest: frames of all sizes cross unharmed in both directions, with what
 * belongs to them; then each end lies to the other in every field, and the other holds.
 */
#include "guest/conring.h"
#include "guest/net_checksum.h"
#include "guest/netback.h"
#include "guest/netfront.h"
#include "guest/test.h"

static struct netfront *front;
static struct netback *back;
static char *sent, *seen;
static struct net_frame seen_by_back, seen_by_front;
static unsigned int back_count, front_count;

static void back_receives(struct netback *who, const struct net_frame *frame)
{
    (void)who;
    seen_by_back = *frame;
    memcpy(seen, frame->data, frame->size);
    back_count++;
}

static void front_receives(struct netfront *who, const struct net_frame *frame)
{
    (void)who;
    seen_by_front = *frame;
    memcpy(seen, frame->data, frame->size);
    front_count++;
}

static void open_pair(unsigned int queues)
{
    domid_t self = event_own_domain();

    front = netfront_create(self, front_receives, NULL);
    back = netback_create(self, back_receives, NULL);
    front->scatter = front->gso = back->scatter = back->gso_tcpv4 = back->csum = true;
    front->queue_count = queues;
    for (unsigned int queue = 0; queue < queues; queue++) {
        struct netfront_queue *made = &front->queues[queue];

        ASSERT_EQ(netfront_make_queue(front, queue), 0);
        ASSERT_EQ(netback_attach(back, queue, made->tx_ref, made->rx_ref, made->port, made->port), 0);
    }
}

static void close_pair(void)
{
    netback_detach(back);
    netfront_detach(front);
    netback_free(back);
    free(front);
}

static void fill(unsigned int size, unsigned int seed)
{
    for (unsigned int i = 0; i < size; i++) {
        seed = seed * 1103515245 + 12345;
        sent[i] = (char)(seed >> 16);
    }
}

static void check_both_ways(unsigned int size, unsigned int queue, uint16_t gso)
{
    struct net_frame frame = {.data = sent,
                              .size = size,
                              .csum_blank = gso != 0,
                              .validated = gso != 0,
                              .gso_type = gso ? XEN_NETIF_GSO_TYPE_TCPV4 : 0,
                              .gso_size = gso};
    unsigned int before = back_count;

    fill(size, size + queue);
    EXPECT_EQ(netfront_send(front, queue, &frame), 0);
    netback_work(back);
    netfront_work(front);
    EXPECT_EQ(back_count, before + 1);
    EXPECT_EQ(seen_by_back.size, size);
    EXPECT_EQ(seen_by_back.gso_size, gso);
    EXPECT_EQ(seen_by_back.csum_blank, gso != 0);
    EXPECT_EQ(memcmp(seen, sent, size), 0);
    before = front_count;
    memset(seen, 0, size);
    EXPECT(netback_deliver(back, &frame));
    netfront_work(front);
    EXPECT_EQ(front_count, before + 1);
    EXPECT_EQ(seen_by_front.size, size);
    EXPECT_EQ(seen_by_front.gso_size, gso);
    EXPECT_EQ(memcmp(seen, sent, size), 0);
}

static void check_data(void)
{
    static const unsigned int sizes[] = {14, 60, 1514, 4096, 4097, 8192, 9000, 65535};

    open_pair(2);
    for (unsigned int turn = 0; turn < 40; turn++) {
        check_both_ways(sizes[turn % ARRAY_SIZE(sizes)], turn % 2, turn % 3 == 0 ? 1448 : 0);
    }
    /* Large packets that hold no TCP reach nobody who takes none, and without scattering none of several pages. */
    back->gso_tcpv4 = front->gso = false;
    EXPECT(!netback_deliver(back, &(struct net_frame){.data = sent, .size = 1000, .gso_type = 1, .gso_size = 500}));
    EXPECT_EQ(netfront_send(front, 0, &(struct net_frame){.data = sent, .size = 1000, .gso_type = 1, .gso_size = 500}),
              -XEN_E2BIG);
    back->scatter = false;
    EXPECT(!netback_deliver(back, &(struct net_frame){.data = sent, .size = 5000}));
    EXPECT_EQ(netfront_send(front, 0, &(struct net_frame){.data = sent, .size = 13}), -XEN_E2BIG);
    close_pair();
}

/* A frame of TCP over IPv4, its payload counting, that is left to its receiver to cut. */
static struct net_frame make_large(unsigned int payload, uint16_t piece)
{
    static const uint8_t headers[54] = {[12] = 8, [14] = 0x45, [23] = 6, [46] = 0x50};
    unsigned int total = payload + 40;

    memcpy(sent, headers, sizeof(headers));
    sent[16] = (char)(total >> 8);
    sent[17] = (char)total;
    for (unsigned int i = 0; i < payload; i++) {
        sent[sizeof(headers) + i] = (char)(i * 7 + i / 256);
    }
    return (struct net_frame){.data = sent,
                              .size = payload + 54,
                              .csum_blank = true,
                              .validated = true,
                              .gso_type = XEN_NETIF_GSO_TYPE_TCPV4,
                              .gso_size = piece};
}

static char *joined;
static unsigned int joined_size, joined_largest;

static void join(const struct net_frame *frame)
{
    EXPECT(!frame->gso_type && !frame->csum_blank && frame->size > 54);
    memcpy(joined + joined_size, frame->data + 54, frame->size - 54);
    joined_size += frame->size - 54;
    joined_largest = frame->size > joined_largest ? frame->size : joined_largest;
}

static void back_joins(struct netback *who, const struct net_frame *frame)
{
    (void)who;
    join(frame);
}

static void front_joins(struct netfront *who, const struct net_frame *frame)
{
    (void)who;
    join(frame);
}

static void check_joined(unsigned int payload, unsigned int piece)
{
    EXPECT_EQ(joined_size, payload);
    EXPECT_EQ(joined_largest, piece + 54);
    EXPECT_EQ(memcmp(joined, sent + 54, payload), 0);
    joined_size = joined_largest = 0;
}

/* Who takes no large frames gets small ones, in either direction. */
static void check_segments(void)
{
    struct net_frame large = make_large(60000, 1400);

    joined = memory_pages_alloc(16);
    open_pair(1);
    front->receive = front_joins;
    back->receive = back_joins;
    front->gso = front->scatter = back->gso_tcpv4 = back->scatter = false;
    EXPECT_EQ(netfront_send(front, 0, &large), 0);
    netback_work(back);
    check_joined(60000, 1400);
    EXPECT(netback_deliver(back, &large));
    netfront_work(front);
    check_joined(60000, 1400);
    /* More than the ring holds, and segments of more than a page without scattering. */
    large = make_large(60000, 100);
    EXPECT_EQ(netfront_send(front, 0, &large), -XEN_E2BIG);
    EXPECT(!netback_deliver(back, &large));
    large.gso_size = 5000;
    EXPECT_EQ(netfront_send(front, 0, &large), -XEN_E2BIG);
    EXPECT(!netback_deliver(back, &large));
    close_pair();
    memory_pages_free(joined, 16);
}

/* What was sent before a close is on its way until the backend has answered it, and a backend that is told of the
 * close takes it first. */
static void check_close(void)
{
    unsigned int before = back_count;

    open_pair(2);
    EXPECT(!netfront_busy(front));
    for (unsigned int i = 0; i < 100; i++) {
        EXPECT_EQ(netfront_send(front, i % 2, &(struct net_frame){.data = sent, .size = 100}), 0);
    }
    EXPECT(netfront_busy(front));
    netback_work_last(back);
    EXPECT_EQ(back_count, before + 100);
    EXPECT(netfront_busy(front));
    netfront_work(front);
    EXPECT(!netfront_busy(front));
    /* Nobody waits for a ring that is broken. */
    EXPECT_EQ(netfront_send(front, 0, &(struct net_frame){.data = sent, .size = 100}), 0);
    front->queues[0].tx.sring->rsp_prod += 1000;
    netfront_work(front);
    EXPECT(!netfront_busy(front));
    close_pair();
}

static struct netif_tx_request good_slot(void)
{
    return (struct netif_tx_request){.gref = front->queues[0].tx_refs[0], .size = 100, .id = 77};
}

/* Puts raw slots into the ring; the status of the last answer, 99 for none, and the ring's end as a flag. */
static int lie(const struct netif_tx_request *slots, unsigned int count, bool *broken)
{
    struct netif_tx_front_ring *ring = &front->queues[0].tx;
    struct netif_tx_response response = {.status = 99};

    for (unsigned int i = 0; i < count; i++) {
        *RING_GET_REQUEST(ring, ring->req_prod_pvt) = slots[i];
        ring->req_prod_pvt++;
    }
    RING_PUSH_REQUESTS(ring);
    netback_work(back);
    while (ring->sring->rsp_prod != ring->rsp_cons) {
        RING_COPY_RESPONSE(ring, ring->rsp_cons, &response);
        ring->rsp_cons++;
    }
    *broken = back->queues[0].broken;
    return response.status;
}

#define LIE(change, wanted, breaks)                                     \
    do {                                                                \
        struct netif_tx_request slots[24];                              \
        unsigned int count = 1;                                         \
        bool broken;                                                    \
        for (unsigned int each = 0; each < ARRAY_SIZE(slots); each++) { \
            slots[each] = good_slot();                                  \
        }                                                               \
        change;                                                         \
        EXPECT_EQ(lie(slots, count, &broken), wanted);                  \
        EXPECT_EQ(broken, breaks);                                      \
        if (broken) {                                                   \
            close_pair();                                               \
            open_pair(1);                                               \
        }                                                               \
    } while (0)

static void more(struct netif_tx_request *slots, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        slots[i].flags |= NETTXF_more_data;
    }
}

static void set_extra(struct netif_tx_request *slot, uint8_t type, uint8_t flags, uint8_t gso, uint16_t size)
{
    struct netif_extra_info extra = {.type = type, .flags = flags};

    extra.u.gso.type = gso;
    extra.u.gso.size = size;
    memset(slot, 0, sizeof(*slot));
    memcpy(slot, &extra, sizeof(extra));
}

static void lie_in_slots(void)
{
    LIE((void)0, NETIF_RSP_OKAY, false);
    LIE(slots[0].size = 13, NETIF_RSP_ERROR, false);
    LIE(slots[0].size = 0, NETIF_RSP_ERROR, false);
    LIE(slots[0].size = 4097, NETIF_RSP_ERROR, false);
    LIE(slots[0].size = 65535, NETIF_RSP_ERROR, false);
    LIE(slots[0].offset = 4096, NETIF_RSP_ERROR, false);
    LIE(slots[0].offset = 65535, NETIF_RSP_ERROR, false);
    LIE(slots[0].offset = 3997, NETIF_RSP_ERROR, false);
    LIE(slots[0].gref = ~0u, NETIF_RSP_ERROR, false);
    LIE(slots[0].gref = 0x10000000, NETIF_RSP_ERROR, false);
    /* Pieces that are more than the whole, and nothing at all. */
    LIE((count = 2, more(slots, 1), slots[1].size = 100), NETIF_RSP_ERROR, false);
    LIE((count = 2, more(slots, 1), slots[0].size = 101), NETIF_RSP_OKAY, false);
    LIE((count = 2, more(slots, 1), slots[0].size = 200, slots[1].size = 0), NETIF_RSP_ERROR, false);
    LIE((count = 20, more(slots, 19), slots[0].size = 65535), 99, true);
    LIE((void)0, NETIF_RSP_OKAY, false);
}

static void lie_in_extras(void)
{
    LIE((count = 2, slots[0].flags = NETTXF_extra_info, set_extra(&slots[1], 0, 0, 1, 9)), 99, true);
    LIE((count = 2, slots[0].flags = NETTXF_extra_info, set_extra(&slots[1], 5, 0, 1, 9)), 99, true);
    LIE((count = 2, slots[0].flags = NETTXF_extra_info, set_extra(&slots[1], 1, 0, 1, 0)), 99, true);
    LIE((count = 2, slots[0].flags = NETTXF_extra_info, set_extra(&slots[1], 1, 0, 9, 9)), 99, true);
    /* Segmentation without a checksum to fill in makes no sense. */
    LIE((count = 2, slots[0].flags = NETTXF_extra_info, set_extra(&slots[1], 1, 0, 1, 9)), NETIF_RSP_NULL, false);
    LIE((count = 24, slots[0].flags = NETTXF_extra_info, set_extra(&slots[1], 2, 1, 0, 0),
         set_extra(&slots[2], 2, 1, 0, 0), set_extra(&slots[3], 2, 1, 0, 0), set_extra(&slots[4], 2, 1, 0, 0),
         set_extra(&slots[5], 2, 1, 0, 0), set_extra(&slots[6], 2, 1, 0, 0)),
        99, true);
}

static void lie_in_indices(void)
{
    unsigned int before;

    front->queues[0].tx.sring->req_prod += 257;
    EXPECT(!netback_work(back));
    EXPECT(back->queues[0].broken);
    close_pair();
    open_pair(1);
    front->queues[0].rx.sring->req_prod += 1000;
    EXPECT(!netback_deliver(back, &(struct net_frame){.data = sent, .size = 100}));
    EXPECT(back->queues[0].broken);
    close_pair();
    open_pair(1);
    /* Receive buffers that are not there: the slot is answered by an error, the frontend counts it. */
    before = front_count;
    RING_GET_REQUEST(&front->queues[0].rx, 0)->gref = ~0u;
    netback_deliver(back, &(struct net_frame){.data = sent, .size = 100});
    netfront_work(front);
    EXPECT_EQ(front_count, before);
    EXPECT_EQ(front->errors, 1);
    EXPECT(!front->queues[0].broken);
}

/* The backend lies to the frontend in one answer of its receive ring. */
static void check_receive_lie(struct netif_rx_response response, RING_IDX produced, bool breaks)
{
    unsigned int before = front_count;

    open_pair(1);
    *RING_GET_RESPONSE(&front->queues[0].rx, 0) = response;
    front->queues[0].rx.sring->rsp_prod = produced;
    netfront_work(front);
    EXPECT_EQ(front_count, before);
    EXPECT_EQ(front->queues[0].broken, breaks);
    EXPECT_EQ(front->errors, !breaks);
    close_pair();
}

static void check_lying_back(void)
{
    struct netif_tx_response *response;

    check_receive_lie((struct netif_rx_response){.id = 1, .status = 100}, 1, true);
    check_receive_lie((struct netif_rx_response){.id = 60000, .status = 100}, 1, true);
    check_receive_lie((struct netif_rx_response){.status = 100, .offset = 4000}, 1, false);
    check_receive_lie((struct netif_rx_response){.status = 100, .offset = 65535}, 1, false);
    check_receive_lie((struct netif_rx_response){.status = 32767}, 1, false);
    check_receive_lie((struct netif_rx_response){.status = -32768}, 1, false);
    check_receive_lie((struct netif_rx_response){.status = 100}, 1000, true);
    check_receive_lie((struct netif_rx_response){.status = 100}, ~0u, true);
    check_receive_lie((struct netif_rx_response){.status = 100, .flags = NETRXF_extra_info}, 1, true);
    open_pair(1);
    EXPECT_EQ(netfront_send(front, 0, &(struct net_frame){.data = sent, .size = 100}), 0);
    response = RING_GET_RESPONSE(&front->queues[0].tx, 0);
    *response = (struct netif_tx_response){.id = 3};
    front->queues[0].tx.sring->rsp_prod = 1;
    netfront_work(front);
    EXPECT(front->queues[0].broken);
    EXPECT_EQ(netfront_send(front, 0, &(struct net_frame){.data = sent, .size = 100}), -XEN_EIO);
    close_pair();
}

static void check_console(void)
{
    struct conring near = {0}, far = {0};
    char text[32] = "";

    ASSERT_EQ(conring_make(&near, event_own_domain()), 0);
    ASSERT_EQ(conring_attach(&far, near.domain, near.ref, near.port), 0);
    EXPECT_EQ(conring_write(&near, "hello", 5), 5);
    EXPECT_EQ(conring_read(&far, text, sizeof(text)), 5);
    EXPECT_EQ(memcmp(text, "hello", 5), 0);
    EXPECT_EQ(conring_write(&far, "there", 5), 5);
    EXPECT_EQ(conring_read(&near, text, 3), 3);
    EXPECT_EQ(conring_read(&near, text, 3), 2);
    for (unsigned int i = 0; i < 300; i++) {
        conring_write(&near, "0123456789", 10);
    }
    EXPECT_EQ(near.ring->out_prod - near.ring->out_cons, sizeof(near.ring->out));
    near.ring->out_prod += 5000;
    EXPECT_EQ(conring_read(&far, text, sizeof(text)), 0);
    near.ring->in_cons -= 5000;
    EXPECT_EQ(conring_write(&far, "x", 1), 0);
    conring_detach(&far);
    /* Another backend finds what the last one did not read. */
    near.ring->out_prod -= 5000;
    conring_keep(&near);
    EXPECT_EQ(conring_write(&near, "x", 1), -XEN_ENODEV);
    ASSERT_EQ(conring_make_again(&near, near.domain), 0);
    ASSERT_EQ(conring_attach(&far, near.domain, near.ref, near.port), 0);
    EXPECT_EQ(conring_read(&far, text, 10), 10);
    EXPECT_EQ(memcmp(text, "0123456789", 10), 0);
    conring_detach(&far);
    conring_detach(&near);
}

GUEST_TEST(io_net)
{
    sent = memory_pages_alloc(16);
    seen = memory_pages_alloc(16);
    check_data();
    check_close();
    check_segments();
    open_pair(1);
    lie_in_slots();
    lie_in_extras();
    lie_in_indices();
    close_pair();
    check_lying_back();
    check_console();
    memory_pages_free(sent, 16);
    memory_pages_free(seen, 16);
}
