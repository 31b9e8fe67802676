/* SPDX-License-Identifier: MIT */
/*
 * The backend of a disk: takes requests from a frontend's rings, moves data between its grants and a disk,
 * and answers. What the frontend writes is hostile: a request that is wrong gets an error, a ring whose
 * indices cannot be is not looked at again.
 */
#ifndef GUEST_BLKBACK_H
#define GUEST_BLKBACK_H

#include "guest/blk_parse.h"
#include "guest/grant.h"
#include "guest/ring.h"
#include "guest/xenbus.h"
#include "pvabi/event_channel.h"

#define BLKBACK_QUEUES     4
#define BLKBACK_PERSISTENT 512
/* Pages of one ring. */
#define BLKBACK_RING_ORDER 2
#define BLKBACK_RING_PAGES (1u << BLKBACK_RING_ORDER)

/* What is behind: a file of sectors. Functions return 0 or a negative error; buffers are page-aligned. */
struct blkback_disk {
    struct blk_limits limits;
    unsigned int sector_size;
    int (*read)(void *data, uint64_t sector, void *buffer, uint64_t count);
    int (*write)(void *data, uint64_t sector, const void *buffer, uint64_t count);
    int (*flush)(void *data);
    int (*discard)(void *data, uint64_t sector, uint64_t count);
    void *data;
};

struct blkback_queue {
    struct blkif_back_ring ring;
    unsigned int ring_pages;
    grant_handle_t handles[BLKBACK_RING_PAGES];
    evtchn_port_t port;
    char *window; /* the address of the ring's mapping */
    bool attached;
    bool broken; /* its indices were not possible */
};

/* A grant that stays mapped for as long as the frontend is there. */
struct blkback_page {
    grant_ref_t ref;
    grant_handle_t handle;
    void *window;
    bool mapped;
};

struct blkback {
    domid_t domain; /* the frontend's */
    const struct blkback_disk *disk;
    struct blkback_queue queues[BLKBACK_QUEUES];
    bool persistent;
    bool again;   /* what is attached now was before: its indices stay what they were */
    char *bounce; /* room for the largest request */
    struct blkback_page *pages;
    struct blk_request request; /* the one in hand */
    struct grant_copies copies;
    unsigned long served, refused; /* requests answered with OKAY, and otherwise */
};

/* A backend for a frontend; memory for the largest request is allocated. It has no rings yet. */
struct blkback *blkback_create(domid_t domain, const struct blkback_disk *disk);
/* Attaches to the frontend's ring, of 1 << `order` pages, and port; 0 or a negative error. */
int blkback_attach(struct blkback *back, unsigned int queue, const grant_ref_t *ring, unsigned int order,
                   evtchn_port_t port);
/* Serves what is in the rings. True if there was something. */
bool blkback_work(struct blkback *back);
/* Lets rings, ports and persistent grants go. */
void blkback_detach(struct blkback *back);
/* Frees what blkback_create allocated; detached before. */
void blkback_free(struct blkback *back);

/*
 * The driver "vbd" for xenbus_register. `open` finds the disk of a device by its folder's "params"; NULL
 * refuses. `release` gets it back when the device is gone.
 */
extern const struct xenbus_driver blkback_driver;
extern const struct blkback_disk *(*blkback_open)(struct xenbus_device *device, const char *params);
extern void (*blkback_release)(const struct blkback_disk *disk);

#endif
