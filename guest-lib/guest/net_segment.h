/* SPDX-License-Identifier: MIT */
/*
 * Segmentation in software: cuts a large TCP frame into frames that its receiver takes, as pure functions over
 * memory. Runs on the host too, where it is fuzzed.
 */
#ifndef GUEST_NET_SEGMENT_H
#define GUEST_NET_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

struct net_segments {
    const uint8_t *frame;
    unsigned int ip_size, header_size; /* of IP's header, and of all three together */
    unsigned int end;                  /* of the payload, from the frame's start */
    unsigned int piece;                /* payload of one segment */
    unsigned int at;                   /* what comes next */
    unsigned int count;                /* of all segments */
    bool is_v6;
};

/*
 * Begins with an Ethernet frame that holds one whole TCP segment over IPv4 or IPv6 (XEN_NETIF_GSO_TYPE_*) and
 * shall be sent with at most `piece` bytes of payload in each. False if it is none such; extension headers of
 * IPv6, fragments and frames of a VLAN are none.
 */
bool net_segments_begin(struct net_segments *segments, const void *frame, unsigned int size, uint8_t gso_type,
                        unsigned int piece);
/* The size of the largest of them. */
unsigned int net_segments_largest(const struct net_segments *segments);
/* Writes the next one to `to`, which has room for the largest, with its checksums; its size, 0 after the last. */
unsigned int net_segments_next(struct net_segments *segments, void *to);

#endif
