/* SPDX-License-Identifier: MIT */
/*
 * A small network server: answers ARP, pings, and UDP datagrams to port 7 (echo) on its first network
 * interface.
 *
 * Its address is the word ip=A.B.C.D of the command line. With the word once it ends when LINGER_SECONDS have
 * passed since the last datagram whose text is "quit": who lost the answer may ask again.
 */
#include "guest/guest.h"
#include "guest/net_checksum.h"
#include "guest/netfront.h"

#define ETHERNET_SIZE 14u
#define TYPE_ARP      0x0806
#define TYPE_IPV4     0x0800
#define ARP_SIZE      28u
#define ARP_REQUEST   1
#define ARP_REPLY     2
#define IPV4_SIZE     20u
#define PROTOCOL_ICMP 1
#define PROTOCOL_UDP  17
#define ICMP_REQUEST  8
#define UDP_SIZE      8u
#define PORT_ECHO     7
#define FRAGMENT_MASK 0x3fff
/* Longer than a client waits before it asks again, also on a slow machine. */
#define LINGER_SECONDS 5

static uint8_t address[4];
static uint8_t *reply;
static uint64_t quit_at; /* when the last "quit" came, 0 before the first */
static unsigned long answered;

static unsigned int word(const uint8_t *at)
{
    return (unsigned int)at[0] << 8 | at[1];
}

static void put_word(uint8_t *at, unsigned int value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_checksum(uint8_t *at, const void *data, unsigned int size)
{
    uint16_t sum;

    put_word(at, 0);
    sum = net_checksum_end(net_checksum_add(0, data, size));
    memcpy(at, &sum, sizeof(sum));
}

static void send(struct netfront *front, unsigned int size)
{
    struct net_frame frame = {.data = (char *)reply, .size = size < 60 ? 60 : size};

    memcpy(reply, reply + 6, 6);
    memcpy(reply + 6, front->mac, 6);
    answered += netfront_send(front, 0, &frame) == 0;
}

static void answer_arp(struct netfront *front, unsigned int size)
{
    uint8_t *arp = reply + ETHERNET_SIZE;

    if (size < ETHERNET_SIZE + ARP_SIZE || word(arp + 6) != ARP_REQUEST ||
        memcmp(arp + 24, address, 4) != 0) {
        return;
    }
    put_word(arp + 6, ARP_REPLY);
    memcpy(arp + 18, arp + 8, 10);
    memcpy(arp + 8, front->mac, 6);
    memcpy(arp + 14, address, 4);
    send(front, ETHERNET_SIZE + ARP_SIZE);
}

static void answer_icmp(struct netfront *front, uint8_t *icmp, unsigned int size, unsigned int total)
{
    if (size < 8 || icmp[0] != ICMP_REQUEST) {
        return;
    }
    icmp[0] = 0;
    put_checksum(icmp + 2, icmp, size);
    send(front, ETHERNET_SIZE + total);
}

static void answer_udp(struct netfront *front, uint8_t *udp, unsigned int size, unsigned int total)
{
    uint8_t port[2];

    if (size < UDP_SIZE || word(udp + 2) != PORT_ECHO || word(udp + 4) > size) {
        return;
    }
    if (word(udp + 4) >= UDP_SIZE + 4 && memcmp(udp + UDP_SIZE, "quit", 4) == 0) {
        quit_at = time_now();
    }
    memcpy(port, udp, 2);
    memcpy(udp, udp + 2, 2);
    memcpy(udp + 2, port, 2);
    net_checksum_fill(reply, ETHERNET_SIZE + total);
    send(front, ETHERNET_SIZE + total);
}

/* Whole datagrams without options only. */
static void answer_ipv4(struct netfront *front, unsigned int size)
{
    uint8_t *ip = reply + ETHERNET_SIZE;
    unsigned int total;

    if (size < ETHERNET_SIZE + IPV4_SIZE || ip[0] != 0x45 || memcmp(ip + 16, address, 4) != 0) {
        return;
    }
    total = word(ip + 2);
    if (total > size - ETHERNET_SIZE || total < IPV4_SIZE || (word(ip + 6) & FRAGMENT_MASK)) {
        return;
    }
    memcpy(ip + 16, ip + 12, 4);
    memcpy(ip + 12, address, 4);
    put_checksum(ip + 10, ip, IPV4_SIZE);
    if (ip[9] == PROTOCOL_ICMP) {
        answer_icmp(front, ip + IPV4_SIZE, total - IPV4_SIZE, total);
    } else if (ip[9] == PROTOCOL_UDP) {
        answer_udp(front, ip + IPV4_SIZE, total - IPV4_SIZE, total);
    }
}

static void receive(struct netfront *front, const struct net_frame *frame)
{
    memcpy(reply, frame->data, frame->size);
    if (frame->size < ETHERNET_SIZE) {
        return;
    }
    if (word(reply + 12) == TYPE_ARP) {
        answer_arp(front, frame->size);
    } else if (word(reply + 12) == TYPE_IPV4) {
        answer_ipv4(front, frame->size);
    }
}

static bool read_address(void)
{
    char text[32], *at = text;

    if (!guest_get_option("ip", text, sizeof(text))) {
        return false;
    }
    for (unsigned int i = 0; i < 4; i++) {
        char *end;

        address[i] = (uint8_t)strtoul(at, &end, 10);
        if (end == at || *end != (i < 3 ? '.' : 0)) {
            return false;
        }
        at = end + 1;
    }
    return true;
}

/* With the word once: serves until nobody asks for the end any more. */
static void serve_once(void)
{
    while (!quit_at || time_now() - quit_at < LINGER_SECONDS * TIME_S) {
        if (!xenbus_work()) {
            time_sleep(TIME_MS);
        }
    }
}

int guest_main(void)
{
    struct xenbus_device *device;

    time_stop_tick();
    if (!read_address()) {
        printf("echo: no ip=A.B.C.D on the command line\n");
        return 1;
    }
    reply = memory_pages_alloc(16);
    netfront_receiver = receive;
    if (xenbus_register(&netfront_driver) != 0 || !(device = xenbus_await(&netfront_driver, 0, 60))) {
        printf("echo: no network interface\n");
        return 1;
    }
    printf("echo: %u.%u.%u.%u is up\n", address[0], address[1], address[2], address[3]);
    if (guest_has_option("once")) {
        serve_once();
    } else {
        for (;;) {
            xenbus_wait();
        }
    }
    printf("echo: answered %lu\n", answered);
    xenbus_close(device);
    return 0;
}
