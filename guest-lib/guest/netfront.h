/* SPDX-License-Identifier: MIT */
/*
 * The frontend of a network interface: sends frames up to 64 KiB and takes received ones, through pages that
 * are granted once. What the backend writes is hostile: an answer that matches nothing breaks the queue.
 */
#ifndef GUEST_NETFRONT_H
#define GUEST_NETFRONT_H

#include "guest/netback.h"

#define NETFRONT_QUEUES 2
#define NETFRONT_SLOTS  256

struct netfront;
typedef void netfront_receive(struct netfront *front, const struct net_frame *frame);

struct netfront_queue {
    struct netif_tx_front_ring tx;
    struct netif_rx_front_ring rx;
    grant_ref_t tx_ref, rx_ref;
    evtchn_port_t port;
    bool attached, broken;
    /* Pages and their grants; a transmit id is free or in the backend's hands. */
    char *tx_pages[NETFRONT_SLOTS], *rx_pages[NETFRONT_SLOTS];
    grant_ref_t tx_refs[NETFRONT_SLOTS], rx_refs[NETFRONT_SLOTS];
    bool tx_busy[NETFRONT_SLOTS];
    uint16_t tx_free[NETFRONT_SLOTS];
    unsigned int tx_free_count;
    /* Which page was posted at each place of the ring: answers come in the order of the requests. */
    uint16_t rx_at[NETFRONT_SLOTS];
    /* The packet that is being put together, and room for the largest. */
    struct net_frame frame;
    char *buffer;
    bool skipping; /* its start was wrong: what follows of it is dropped */
};

struct netfront {
    domid_t domain; /* the backend's */
    uint8_t mac[6];
    unsigned int queue_count;
    unsigned int slots; /* of each ring that are used, at most NETFRONT_SLOTS */
    bool scatter, gso, gso_tcpv6;
    bool away; /* between a resume as another domain and the next backend */
    struct netfront_queue queues[NETFRONT_QUEUES];
    netfront_receive *receive;
    void *data;
    unsigned long sent, received, errors;
};

struct netfront *netfront_create(domid_t domain, netfront_receive *receive, void *data);
int netfront_make_queue(struct netfront *front, unsigned int queue);
/* Sends a frame; a large TCP frame for a backend that takes none is cut into small ones. -XEN_EAGAIN while there
 * is no room, -XEN_EIO when the queue is broken, -XEN_E2BIG for what the backend does not take. */
int netfront_send(struct netfront *front, unsigned int queue, const struct net_frame *frame);
bool netfront_work(struct netfront *front);
/* Whether the backend has frames that it has not answered; a broken queue's do not count. */
bool netfront_busy(const struct netfront *front);
void netfront_detach(struct netfront *front);
/* As another domain: the rings are gone; frames on their way are lost and count as errors. */
void netfront_lose(struct netfront *front);

/* The driver "vif" for xenbus_register; received frames go to `netfront_receiver`. */
extern const struct xenbus_driver netfront_driver;
extern netfront_receive *netfront_receiver;

#endif
