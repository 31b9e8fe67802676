/* SPDX-License-Identifier: MIT */
/*
 * The backend of a network interface: takes the frontend's packets and gives it others', both by grant
 * copies. A packet that is wrong is refused; a ring whose slots or indices make no sense is not looked at
 * again.
 */
#ifndef GUEST_NETBACK_H
#define GUEST_NETBACK_H

#include "guest/grant.h"
#include "guest/net_parse.h"
#include "guest/ring.h"
#include "guest/xenbus.h"
#include "pvabi/event_channel.h"

#define NETBACK_QUEUES 4

/* A packet on its way, in memory of this domain. */
struct net_frame {
    char *data;
    unsigned int size;
    bool csum_blank, validated;
    uint8_t gso_type;
    uint16_t gso_size;
};

struct netback;
/* Takes a packet of the frontend; the frame is valid during the call only. */
typedef void netback_receive(struct netback *back, const struct net_frame *frame);

struct netback_queue {
    struct netif_tx_back_ring tx;
    struct netif_rx_back_ring rx;
    void *tx_window, *rx_window;
    grant_handle_t tx_handle, rx_handle;
    evtchn_port_t tx_port, rx_port; /* the same, or one each */
    bool attached, broken;
};

struct netback {
    domid_t domain; /* the frontend's */
    unsigned int queue_count;
    bool again; /* what is attached now was before: its indices stay what they were */
    struct netback_queue queues[NETBACK_QUEUES];
    bool scatter, gso_tcpv4, gso_tcpv6, csum; /* what the frontend takes */
    unsigned int next_queue;                  /* of its own packets' flow, for delivery */
    char *buffer;
    char *segment_room; /* for one frame cut from a large one, once there was one to cut */
    struct net_packet packet;
    struct grant_copies copies;
    netback_receive *receive;
    void *data; /* the receiver's */
    unsigned long received, refused, delivered, dropped;
};

struct netback *netback_create(domid_t domain, netback_receive *receive, void *data);
int netback_attach(struct netback *back, unsigned int queue, grant_ref_t tx, grant_ref_t rx,
                   evtchn_port_t tx_port, evtchn_port_t rx_port);
/* Takes what the frontend sent. True if there was something. */
bool netback_work(struct netback *back);
/* The same before the end: what a ring can hold, and no more, however much the frontend adds. */
void netback_work_last(struct netback *back);
/*
 * Gives the frontend a packet, by the queue of its hash; false if it has no room, and the packet is lost. A large
 * TCP packet for a frontend that takes none is cut into small ones, of which the last may be lost.
 */
bool netback_deliver(struct netback *back, const struct net_frame *frame);
void netback_detach(struct netback *back);
void netback_free(struct netback *back);

/* The driver "vif"; `netback_receiver` gets each packet, with back->data set by `netback_opened`. */
extern const struct xenbus_driver netback_driver;
extern netback_receive *netback_receiver;
extern void (*netback_opened)(struct netback *back, struct xenbus_device *device);
extern void (*netback_closed)(struct netback *back);

#endif
