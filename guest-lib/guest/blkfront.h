/* SPDX-License-Identifier: MIT */
/*
 * The frontend of a disk: requests of any size up to blkfront_sectors_max, answered in any order. What the
 * backend writes is hostile: an answer that matches no request breaks the ring, and all that waits on it
 * fails.
 *
 * When the domain goes on as another, what was not answered is kept (blkfront_kept.c) and asked again of the
 * next backend: who asked only waits longer. Data must stay where it is until then.
 */
#ifndef GUEST_BLKFRONT_H
#define GUEST_BLKFRONT_H

#include "guest/blk_parse.h"
#include "guest/grant.h"
#include "guest/x86.h"
#include "guest/ring.h"
#include "guest/xenbus.h"
#include "pvabi/event_channel.h"

#define BLKFRONT_QUEUES 4
/* Pages of one ring, where the backend takes so many, and its slots then. */
#define BLKFRONT_RING_ORDER 2
#define BLKFRONT_RING_PAGES (1u << BLKFRONT_RING_ORDER)
#define BLKFRONT_SLOTS      __CONST_RING_SIZE(blkif, BLKFRONT_RING_PAGES *PAGE_SIZE)
/* Segments of one request here, 128 KiB: those above 11 only with indirect requests. */
#define BLKFRONT_SEGMENTS 32

/* `status` is 0 or a negative error. */
typedef void blkfront_done(void *argument, int status);

struct blkfront_shadow {
    bool used;
    uint8_t operation;
    enum blk_kind kind;
    void *data;
    uint64_t sector, count;
    uint64_t order; /* of asking */
    unsigned int pages;
    grant_ref_t refs[BLKFRONT_SEGMENTS];
    void *persistent[BLKFRONT_SEGMENTS]; /* granted for good, with the reference beside */
    grant_ref_t persistent_refs[BLKFRONT_SEGMENTS];
    struct blkif_request_segment *indirect; /* a page, granted for good */
    grant_ref_t indirect_ref;
    blkfront_done *done;
    void *argument;
};

struct blkfront_queue {
    struct blkif_front_ring ring;
    unsigned int ring_pages;
    grant_ref_t refs[BLKFRONT_RING_PAGES];
    evtchn_port_t port;
    bool attached, broken;
    unsigned int in_flight;
    struct blkfront_shadow shadows[BLKFRONT_SLOTS];
};

struct blkfront {
    domid_t domain; /* the backend's */
    unsigned int queue_count;
    unsigned int ring_order; /* of each ring's pages, at most BLKFRONT_RING_ORDER */
    uint64_t sectors;
    unsigned int sector_size, info; /* VDISK_* */
    bool flush, discard, persistent;
    unsigned int segments; /* of one request, at most BLKFRONT_SEGMENTS */
    blkif_vdev_t handle;
    struct blkfront_queue queues[BLKFRONT_QUEUES];
    uint64_t asked;             /* how often */
    bool away;                  /* between a resume as another domain and the next backend */
    struct blkfront_kept *kept; /* what is to be asked again, in the order of asking */
    uint64_t replayed;          /* requests that were */
};

struct blkfront *blkfront_create(domid_t domain);
/* Makes and grants a ring, and a port for it; the backend is told by whoever calls. */
int blkfront_make_queue(struct blkfront *front, unsigned int queue);
/* Starts a request; `data` is page-aligned and in the linear map, `count` at most blkfront_sectors_max.
 * -XEN_EAGAIN while the ring is full or requests of before a resume wait for their turn, -XEN_EIO when it is
 * broken or there is none, -XEN_EOPNOTSUPP for what the backend does not offer. */
int blkfront_submit(struct blkfront *front, unsigned int queue, enum blk_kind kind, uint64_t sector,
                    void *data, uint64_t count, blkfront_done *done, void *argument);
uint64_t blkfront_sectors_max(const struct blkfront *front);
/* Takes answers; true if there were some. */
bool blkfront_work(struct blkfront *front);
/* Whether requests wait for their answers; a broken queue's do not count. */
bool blkfront_busy(const struct blkfront *front);
/* The same request, waited for; any count. 0 or a negative error. */
int blkfront_run(struct blkfront *front, unsigned int queue, enum blk_kind kind, uint64_t sector, void *data,
                 uint64_t count);
/* Fails what waits, takes grants back, closes ports. */
void blkfront_detach(struct blkfront *front);

/* As another domain: what waits is kept; the rings, whose grants and ports are gone, are dropped. */
void blkfront_keep(struct blkfront *front);
/* The next backend is ready: blkfront_work asks it what is kept. */
void blkfront_come_back(struct blkfront *front);

/* For blkfront_kept.c: a request whatever else waits; no rings, with no answers to what they were asked; what
 * is kept is asked (true if some of it was) or failed. */
int blkfront_ask(struct blkfront *front, unsigned int queue, const struct blkfront_shadow *wanted);
void blkfront_drop_rings(struct blkfront *front);
bool blkfront_replay(struct blkfront *front);
void blkfront_fail_kept(struct blkfront *front);

/* The driver "vbd" for xenbus_register; a connected device's data is its struct blkfront. */
extern const struct xenbus_driver blkfront_driver;

#endif
