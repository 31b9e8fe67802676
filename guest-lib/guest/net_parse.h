/* SPDX-License-Identifier: MIT */
/*
 * Packets on a network interface's transmit ring, as a pure function over copied slots: a packet is some
 * slots, the first with extra information behind it. Runs on the host too, where it is fuzzed.
 */
#ifndef GUEST_NET_PARSE_H
#define GUEST_NET_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "pvabi/io/netif.h"

#define NET_PAGE        4096u
#define NET_PACKET_MAX  65535u
#define NET_HEADER_SIZE 14u
/* Slots with data, and slots in all, of one packet: more break the ring. */
#define NET_PIECES_MAX XEN_NETIF_NR_SLOTS_MIN
#define NET_SLOTS_MAX  (NET_PIECES_MAX + XEN_NETIF_EXTRA_TYPE_MAX)

struct net_piece {
    grant_ref_t gref;
    uint16_t offset, size, id;
};

struct net_packet {
    unsigned int slots;  /* taken from the ring, extras included */
    unsigned int extras; /* of them */
    unsigned int piece_count;
    struct net_piece pieces[NET_PIECES_MAX];
    unsigned int size;
    bool csum_blank, validated;
    uint8_t gso_type; /* XEN_NETIF_GSO_TYPE_* */
    uint16_t gso_size;
    uint16_t other_extras; /* a bit for each type that came and is not GSO */
};

enum net_verdict {
    NET_PACKET,  /* complete and right */
    NET_PARTIAL, /* its rest is not in the ring yet */
    NET_REFUSED, /* complete and wrong: answer each slot with an error, send nothing */
    NET_BROKEN,  /* no sense can be made of the ring from here on */
};

/* Copies slot `index` of those that are waiting, 0 the oldest. */
typedef void net_slot_copy(const void *ring, unsigned int index, struct netif_tx_request *slot);

/* Reads one packet from `available` slots, each of which is copied at most once. */
enum net_verdict net_parse(net_slot_copy *copy, const void *ring, unsigned int available,
                           struct net_packet *packet);

#endif
