/* SPDX-License-Identifier: MIT */
/* Learns behind which port each address is, and delivers there; what it does not know goes to all others. */
#include "switch.h"

#include "guest/guest.h"
#include "guest/netback.h"

#define PORTS     8
#define ADDRESSES 64
#define MAC_SIZE  6

static struct netback *ports[PORTS];
static struct {
    uint8_t mac[MAC_SIZE];
    struct netback *port;
} table[ADDRESSES];
static unsigned int next_entry;

static bool is_group(const uint8_t *mac)
{
    return mac[0] & 1;
}

static struct netback *look_up(const uint8_t *mac)
{
    for (unsigned int i = 0; i < ADDRESSES; i++) {
        if (table[i].port && memcmp(table[i].mac, mac, MAC_SIZE) == 0) {
            return table[i].port;
        }
    }
    return NULL;
}

static void learn(const uint8_t *mac, struct netback *port)
{
    if (is_group(mac) || look_up(mac) == port) {
        return;
    }
    for (unsigned int i = 0; i < ADDRESSES; i++) {
        if (table[i].port && memcmp(table[i].mac, mac, MAC_SIZE) == 0) {
            table[i].port = port;
            return;
        }
    }
    memcpy(table[next_entry].mac, mac, MAC_SIZE);
    table[next_entry].port = port;
    next_entry = (next_entry + 1) % ADDRESSES;
}

static void receive(struct netback *from, const struct net_frame *frame)
{
    const uint8_t *to = (const uint8_t *)frame->data;
    struct netback *port;

    learn(to + MAC_SIZE, from);
    port = is_group(to) ? NULL : look_up(to);
    for (unsigned int i = 0; i < PORTS; i++) {
        if (ports[i] && ports[i] != from && (!port || port == ports[i])) {
            netback_deliver(ports[i], frame);
        }
    }
}

static void opened(struct netback *back, struct xenbus_device *device)
{
    for (unsigned int i = 0; i < PORTS; i++) {
        if (!ports[i]) {
            ports[i] = back;
            printf("switch: port %u is %s of domain %u, %u queues\n", i, device->path, back->domain,
                   back->queue_count);
            return;
        }
    }
    printf("switch: no port is left for %s\n", device->path);
}

static void closed(struct netback *back)
{
    for (unsigned int i = 0; i < PORTS; i++) {
        ports[i] = ports[i] == back ? NULL : ports[i];
    }
    for (unsigned int i = 0; i < ADDRESSES; i++) {
        table[i].port = table[i].port == back ? NULL : table[i].port;
    }
}

void switch_print(void)
{
    for (unsigned int i = 0; i < PORTS; i++) {
        if (ports[i]) {
            printf("switch: port %u received %lu, refused %lu, delivered %lu, dropped %lu\n", i,
                   ports[i]->received, ports[i]->refused, ports[i]->delivered, ports[i]->dropped);
        }
    }
}

int switch_start(void)
{
    netback_receiver = receive;
    netback_opened = opened;
    netback_closed = closed;
    return xenbus_register(&netback_driver);
}
