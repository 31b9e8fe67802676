/* SPDX-License-Identifier: MIT */
/* Fuzzes a network backend's packets: each slot is copied once, and what passes lies in its pages. */
#include <stdlib.h>
#include <string.h>

#include "guest/net_checksum.h"
#include "guest/net_parse.h"
#include "guest/net_segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct ring {
    const uint8_t *slots;
    unsigned int available;
    unsigned char *copied;
};

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void copy_slot(const void *context, unsigned int index, struct netif_tx_request *slot)
{
    const struct ring *ring = context;

    demand(index < ring->available && !ring->copied[index]);
    ring->copied[index] = 1;
    memcpy(slot, ring->slots + index * sizeof(*slot), sizeof(*slot));
}

static void check(const struct net_packet *packet)
{
    unsigned int size = 0;

    demand(packet->piece_count >= 1 && packet->piece_count <= NET_PIECES_MAX);
    demand(packet->slots == packet->piece_count + packet->extras && packet->slots <= NET_SLOTS_MAX);
    for (unsigned int i = 0; i < packet->piece_count; i++) {
        demand(packet->pieces[i].size > 0 &&
               packet->pieces[i].offset + packet->pieces[i].size <= (int)NET_PAGE);
        size += packet->pieces[i].size;
    }
    demand(size == packet->size && size <= NET_PACKET_MAX && size >= NET_HEADER_SIZE);
    demand(!packet->gso_type || packet->gso_size);
}

static void fuzz_checksum(const uint8_t *data, size_t size)
{
    uint8_t *frame = malloc(size ? size : 1);

    memcpy(frame, data, size);
    net_checksum_fill(frame, (unsigned int)size);
    free(frame);
}

/* Whatever is taken for a large frame, its segments fit where they are put and have all of its payload. */
static void fuzz_segments(const uint8_t *data, size_t size)
{
    struct net_segments segments;
    unsigned int largest, got, count = 0, payload = 0, whole;
    uint8_t *room;

    if (size < 4 || !net_segments_begin(&segments, data + 3, (unsigned int)size - 3, data[0],
                                        data[1] + 256u * (data[2] & 7))) {
        return;
    }
    whole = segments.end - segments.at;
    largest = net_segments_largest(&segments);
    room = malloc(largest);
    while ((got = net_segments_next(&segments, room)) != 0) {
        demand(got <= largest && got > segments.header_size);
        payload += got - segments.header_size;
        count++;
    }
    demand(payload == whole && count == segments.count);
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char copied[256];
    struct ring ring = {.slots = data, .available = (unsigned int)(size / sizeof(struct netif_tx_request))};
    struct net_packet packet;

    fuzz_checksum(data, size < NET_PACKET_MAX ? size : NET_PACKET_MAX);
    fuzz_segments(data, size < NET_PACKET_MAX ? size : NET_PACKET_MAX);
    ring.available = ring.available < sizeof(copied) ? ring.available : sizeof(copied);
    ring.copied = copied;
    for (;;) {
        enum net_verdict verdict;

        memset(copied, 0, sizeof(copied));
        verdict = net_parse(copy_slot, &ring, ring.available, &packet);
        if (verdict == NET_BROKEN || verdict == NET_PARTIAL) {
            return 0;
        }
        demand(packet.slots >= 1 && packet.slots <= ring.available);
        if (verdict == NET_PACKET) {
            check(&packet);
        }
        ring.slots += packet.slots * sizeof(struct netif_tx_request);
        ring.available -= packet.slots;
    }
}
