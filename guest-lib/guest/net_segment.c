/* SPDX-License-Identifier: MIT */
/* Finds the headers of a large frame, and repeats them before each piece of its payload. */
#include "guest/net_segment.h"

#include "guest/net_checksum.h"
#include "guest/string.h"
#include "pvabi/io/netif.h"

#define ETHERNET_SIZE 14u
#define TYPE_IPV4     0x0800
#define TYPE_IPV6     0x86dd
#define IPV4_MIN      20u
#define IPV4_FRAGMENT 0x3fff
#define IPV6_SIZE     40u
#define PROTOCOL_TCP  6
#define TCP_MIN       20u
#define TCP_FLAGS     13u
#define TCP_FIN_PUSH  0x09
#define TCP_CWR       0x80

static unsigned int get_word(const uint8_t *at)
{
    return (unsigned int)at[0] << 8 | at[1];
}

static void put_word(uint8_t *at, unsigned int value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_long(uint8_t *at, uint32_t value)
{
    put_word(at, value >> 16);
    put_word(at + 2, value & 0xffff);
}

/* The size of IP's header in `size` bytes, and the whole packet's in *total; 0 if it carries no TCP. */
static unsigned int read_ipv4(const uint8_t *ip, unsigned int size, unsigned int *total)
{
    unsigned int header;

    if (size < IPV4_MIN || ip[0] >> 4 != 4) {
        return 0;
    }
    header = (ip[0] & 15u) * 4;
    *total = get_word(ip + 2);
    if (header < IPV4_MIN || ip[9] != PROTOCOL_TCP || (get_word(ip + 6) & IPV4_FRAGMENT)) {
        return 0;
    }
    return header;
}

static unsigned int read_ipv6(const uint8_t *ip, unsigned int size, unsigned int *total)
{
    if (size < IPV6_SIZE || ip[0] >> 4 != 6 || ip[6] != PROTOCOL_TCP) {
        return 0;
    }
    *total = IPV6_SIZE + get_word(ip + 4);
    return IPV6_SIZE;
}

bool net_segments_begin(struct net_segments *segments, const void *frame, unsigned int size, uint8_t gso_type,
                        unsigned int piece)
{
    const uint8_t *ip = (const uint8_t *)frame + ETHERNET_SIZE;
    bool is_v6 = gso_type == XEN_NETIF_GSO_TYPE_TCPV6;
    unsigned int total = 0, ip_size, tcp_size;

    if (size < ETHERNET_SIZE || piece == 0 || get_word(ip - 2) != (is_v6 ? TYPE_IPV6 : TYPE_IPV4)) {
        return false;
    }
    size -= ETHERNET_SIZE;
    ip_size = is_v6 ? read_ipv6(ip, size, &total) : read_ipv4(ip, size, &total);
    if (ip_size == 0 || total > size || total < ip_size + TCP_MIN) {
        return false;
    }
    tcp_size = (ip[ip_size + 12] >> 4) * 4u;
    if (tcp_size < TCP_MIN || total <= ip_size + tcp_size) {
        return false;
    }
    *segments = (struct net_segments){.frame = frame,
                                      .ip_size = ip_size,
                                      .header_size = ETHERNET_SIZE + ip_size + tcp_size,
                                      .end = ETHERNET_SIZE + total,
                                      .piece = piece,
                                      .at = ETHERNET_SIZE + ip_size + tcp_size,
                                      .is_v6 = is_v6};
    segments->count = (segments->end - segments->at + piece - 1) / piece;
    return true;
}

unsigned int net_segments_largest(const struct net_segments *segments)
{
    unsigned int payload = segments->end - segments->header_size;

    return segments->header_size + (payload < segments->piece ? payload : segments->piece);
}

static void set_ipv4(const struct net_segments *segments, uint8_t *ip, unsigned int total)
{
    uint16_t sum;

    put_word(ip + 2, total);
    /* Each its own identification, counted from the first. */
    put_word(ip + 4, get_word(ip + 4) + (segments->at - segments->header_size) / segments->piece);
    put_word(ip + 10, 0);
    sum = net_checksum_end(net_checksum_add(0, ip, segments->ip_size));
    memcpy(ip + 10, &sum, sizeof(sum));
}

/* What ends or begins the whole stands in the last or the first segment only. */
static void set_tcp(const struct net_segments *segments, uint8_t *tcp, bool first, bool last)
{
    uint32_t sequence = (uint32_t)get_word(tcp + 4) << 16 | get_word(tcp + 6);

    put_long(tcp + 4, sequence + (segments->at - segments->header_size));
    tcp[TCP_FLAGS] &= (uint8_t) ~(last ? 0 : TCP_FIN_PUSH);
    tcp[TCP_FLAGS] &= (uint8_t) ~(first ? 0 : TCP_CWR);
}

unsigned int net_segments_next(struct net_segments *segments, void *to)
{
    unsigned int left = segments->end - segments->at, payload = left < segments->piece ? left : segments->piece;
    unsigned int size = segments->header_size + payload;
    uint8_t *ip = (uint8_t *)to + ETHERNET_SIZE;

    if (left == 0) {
        return 0;
    }
    memcpy(to, segments->frame, segments->header_size);
    memcpy((uint8_t *)to + segments->header_size, segments->frame + segments->at, payload);
    if (segments->is_v6) {
        put_word(ip + 4, size - ETHERNET_SIZE - IPV6_SIZE);
    } else {
        set_ipv4(segments, ip, size - ETHERNET_SIZE);
    }
    set_tcp(segments, ip + segments->ip_size, segments->at == segments->header_size, payload == left);
    net_checksum_fill(to, size);
    segments->at += payload;
    return size;
}
