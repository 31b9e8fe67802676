/* SPDX-License-Identifier: MIT */
/* The keeper's network: one UDP datagram after the other to an echo server, each with a number that must come
 * back. */
#include "guest/net_checksum.h"
#include "guest/netfront.h"
#include "keeper.h"

#define ETHERNET_SIZE 14u
#define IPV4_SIZE     20u
#define UDP_SIZE      8u
#define FRAME_SIZE    (ETHERNET_SIZE + IPV4_SIZE + UDP_SIZE + 400u)
#define PAYLOAD       (ETHERNET_SIZE + IPV4_SIZE + UDP_SIZE)
#define PORT_ECHO     7
#define PORT_MINE     4000
#define PROTOCOL_UDP  17
#define TIME_TO_LIVE  64

static struct netfront *front;
static uint8_t mine[4], peer[4];
static uint8_t frame[FRAME_SIZE];
static uint64_t number, echoed, sent_at;
static bool waits;

static void put_word(uint8_t *at, unsigned int value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* What is the same in all: an Ethernet broadcast, for the server answers whoever asks by its address. */
static void prepare(void)
{
    static const uint8_t type_ipv4[2] = {0x08, 0x00};
    uint8_t *ip = frame + ETHERNET_SIZE, *udp = ip + IPV4_SIZE;
    uint16_t sum;

    memset(frame, 0xff, 6);
    memcpy(frame + 6, front->mac, 6);
    memcpy(frame + 12, type_ipv4, 2);
    ip[0] = 0x45;
    put_word(ip + 2, FRAME_SIZE - ETHERNET_SIZE);
    ip[8] = TIME_TO_LIVE;
    ip[9] = PROTOCOL_UDP;
    memcpy(ip + 12, mine, 4);
    memcpy(ip + 16, peer, 4);
    sum = net_checksum_end(net_checksum_add(0, ip, IPV4_SIZE));
    memcpy(ip + 10, &sum, sizeof(sum));
    put_word(udp, PORT_MINE);
    put_word(udp + 2, PORT_ECHO);
    put_word(udp + 4, FRAME_SIZE - ETHERNET_SIZE - IPV4_SIZE);
}

static void receive(struct netfront *from, const struct net_frame *got)
{
    static char wanted[FRAME_SIZE - PAYLOAD];

    (void)from;
    keeper_fill(wanted, sizeof(wanted), number);
    if (waits && got->size >= FRAME_SIZE && memcmp(got->data + PAYLOAD, wanted, sizeof(wanted)) == 0) {
        waits = false;
        echoed++;
    }
}

void net_work(void)
{
    struct net_frame out = {.data = (char *)frame, .size = FRAME_SIZE};

    if (!front || (waits && time_now() - sent_at < TIME_S)) {
        return;
    }
    number++;
    keeper_fill((char *)frame + PAYLOAD, FRAME_SIZE - PAYLOAD, number);
    /* Without a checksum of UDP's: then the server's does not count either. */
    waits = netfront_send(front, 0, &out) == 0;
    sent_at = time_now();
}

bool net_goes_on(void)
{
    uint64_t from = echoed, end = time_now() + KEEPER_SECONDS * TIME_S;

    /* One that was on its way may come yet, once. */
    while (front && echoed < from + 3 && time_now() < end) {
        net_work();
        if (!xenbus_work()) {
            time_sleep(TIME_MS);
        }
    }
    return !front || echoed >= from + 3;
}

static bool read_address(const char *word, uint8_t address[4])
{
    char text[32], *at = text;

    if (!guest_get_option(word, text, sizeof(text))) {
        return false;
    }
    for (unsigned int i = 0; i < 4; i++) {
        address[i] = (uint8_t)strtoul(at, &at, 10);
        if (*at != (i < 3 ? '.' : 0)) {
            return false;
        }
        at++;
    }
    return true;
}

bool net_start(void)
{
    struct xenbus_device *device = NULL;

    if (!read_address("peer", peer)) {
        return true;
    }
    netfront_receiver = receive;
    if (read_address("ip", mine) && xenbus_register(&netfront_driver) == 0) {
        device = xenbus_await(&netfront_driver, 0, KEEPER_SECONDS);
    }
    if (!device) {
        printf("keeper: no network interface, or no ip=A.B.C.D\n");
        return false;
    }
    front = device->data;
    prepare();
    if (!net_goes_on()) {
        printf("keeper: the echo server does not answer\n");
        return false;
    }
    return true;
}
