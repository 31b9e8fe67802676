/* SPDX-License-Identifier: MIT */
/* Sums 16-bit words in network order. */
#include "guest/net_checksum.h"

#include <stddef.h>

#include "guest/string.h"

#define ETHERNET_SIZE 14u
#define TYPE_IPV4     0x0800
#define TYPE_IPV6     0x86dd
#define IPV4_MIN      20u
#define IPV6_SIZE     40u
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

/* Where TCP or UDP begins, how much there is of it, and the sum of what else it covers; NULL if there is none. */
static uint8_t *find_ipv4(uint8_t *ip, unsigned int size, unsigned int *length, uint32_t *sum)
{
    unsigned int header = (ip[0] & 15u) * 4, total = (unsigned int)ip[2] << 8 | ip[3];

    if (ip[0] >> 4 != 4 || header < IPV4_MIN || total > size || total < header) {
        return NULL;
    }
    *length = total - header;
    *sum = net_checksum_add(ip[9] + *length, ip + 12, 8);
    return ip + header;
}

static uint8_t *find_ipv6(uint8_t *ip, unsigned int size, unsigned int *length, uint32_t *sum)
{
    *length = (unsigned int)ip[4] << 8 | ip[5];
    if (ip[0] >> 4 != 6 || size < IPV6_SIZE || *length > size - IPV6_SIZE) {
        return NULL;
    }
    *sum = net_checksum_add(ip[6] + *length, ip + 8, 32);
    return ip + IPV6_SIZE;
}

bool net_checksum_fill(void *frame, unsigned int size)
{
    uint8_t *ip = (uint8_t *)frame + ETHERNET_SIZE, *payload;
    unsigned int length = 0, type, field, protocol;
    uint32_t sum = 0;
    uint16_t value;

    if (size < ETHERNET_SIZE + IPV4_MIN) {
        return false;
    }
    type = (unsigned int)ip[-2] << 8 | ip[-1];
    if (type != TYPE_IPV4 && type != TYPE_IPV6) {
        return false;
    }
    protocol = type == TYPE_IPV4 ? ip[9] : ip[6];
    field = protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
    payload = type == TYPE_IPV4 ? find_ipv4(ip, size - ETHERNET_SIZE, &length, &sum)
                                : find_ipv6(ip, size - ETHERNET_SIZE, &length, &sum);
    if (!payload || (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) || length < field + 2) {
        return false;
    }
    payload[field] = payload[field + 1] = 0;
    value = net_checksum_end(net_checksum_add(sum, payload, length));
    memcpy(payload + field, &value, sizeof(value));
    return true;
}
