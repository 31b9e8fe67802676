/* SPDX-License-Identifier: MIT */
/* The Internet's checksum, and the filling in of one that a sender left to the wire. */
#ifndef GUEST_NET_CHECKSUM_H
#define GUEST_NET_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

/* The ones' complement sum over `size` bytes, begun with `sum`; not yet folded or inverted. */
uint32_t net_checksum_add(uint32_t sum, const void *data, unsigned int size);
/* Folded and inverted, in network order as it is stored. */
uint16_t net_checksum_end(uint32_t sum);
/* Fills in the TCP or UDP checksum of an Ethernet frame with IPv4, or with IPv6 that has no extension
 * headers. False if it is none such. */
bool net_checksum_fill(void *frame, unsigned int size);

#endif
