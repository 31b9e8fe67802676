/* SPDX-License-Identifier: MIT */
/* Sums 16-bit words in network order. */
#include "guest/net_checksum.h"

#define ETHERNET_SIZE 14u
#define IPV4_MIN      20u
#define PROTOCOL_TCP  6
#define PROTOCOL_UDP  17
#define TCP_CHECKSUM  16u
#define UDP_CHECKSUM  6u

uint32_t net_checksum_add(uint32_t sum, const void *data, unsigned int size)
{
    const uint8_t *bytes = data;

    for (; size > 1; size -= 2, bytes += 2) {
        sum += (uint32_t)bytes[0] << 8 | bytes[1];
        /* Folded as it goes, so that 64 KiB cannot overflow it. */
        sum = (sum & 0xffff) + (sum >> 16);
    }
    if (size) {
        sum += (uint32_t)bytes[0] << 8;
    }
    return sum;
}

uint16_t net_checksum_end(uint32_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum = ~sum & 0xffff;
    return (uint16_t)(sum << 8 | sum >> 8);
}

bool net_checksum_fill(void *frame, unsigned int size)
{
    uint8_t *ip = (uint8_t *)frame + ETHERNET_SIZE, *payload;
    unsigned int header, total, field;
    uint32_t sum;
    uint16_t value;

    if (size < ETHERNET_SIZE + IPV4_MIN || ip[-2] != 8 || ip[-1] != 0 || ip[0] >> 4 != 4) {
        return false;
    }
    header = (ip[0] & 15u) * 4;
    total = (unsigned int)ip[2] << 8 | ip[3];
    field = ip[9] == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
    if ((ip[9] != PROTOCOL_TCP && ip[9] != PROTOCOL_UDP) || header < IPV4_MIN ||
        total > size - ETHERNET_SIZE || total < header + field + 2) {
        return false;
    }
    payload = ip + header;
    payload[field] = payload[field + 1] = 0;
    sum = net_checksum_add(ip[9] + total - header, ip + 12, 8);
    value = net_checksum_end(net_checksum_add(sum, payload, total - header));
    payload[field] = (uint8_t)value;
    payload[field + 1] = (uint8_t)(value >> 8);
    return true;
}
