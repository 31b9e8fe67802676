/* SPDX-License-Identifier: MIT */
/* The ring of a PV disk. Sectors have 512 bytes here, whatever the disk's are. */
#ifndef PVABI_IO_BLKIF_H
#define PVABI_IO_BLKIF_H

#include "ring.h"
#include "../grant_table.h"

#ifndef blkif_vdev_t
#define blkif_vdev_t uint16_t
#endif
#define blkif_sector_t uint64_t

/* Operations; those above 1 only if the backend's feature-* node offers them. */
#define BLKIF_OP_READ 0
#define BLKIF_OP_WRITE 1
#define BLKIF_OP_WRITE_BARRIER 2        /* feature-barrier */
#define BLKIF_OP_FLUSH_DISKCACHE 3      /* feature-flush-cache */
#define BLKIF_OP_RESERVED_1 4
#define BLKIF_OP_DISCARD 5              /* feature-discard */
#define BLKIF_OP_INDIRECT 6             /* feature-max-indirect-segments */

/* Segments of one request: as many as make 32 slots fit into a page. */
#define BLKIF_MAX_SEGMENTS_PER_REQUEST 11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST 8

struct blkif_request_segment {
    grant_ref_t gref;
    uint8_t first_sect, last_sect;      /* of the page, both included */
};

struct blkif_request {
    uint8_t operation;                  /* BLKIF_OP_* */
    uint8_t nr_segments;
    blkif_vdev_t handle;
    uint64_t id;                        /* the frontend's; repeated in the response */
    blkif_sector_t sector_number;
    struct blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
typedef struct blkif_request blkif_request_t;

/* With BLKIF_OP_DISCARD. */
struct blkif_request_discard {
    uint8_t operation;
    uint8_t flag;
#define BLKIF_DISCARD_SECURE (1 << 0)
    blkif_vdev_t handle;
    uint64_t id;
    blkif_sector_t sector_number;
    uint64_t nr_sectors;
};
typedef struct blkif_request_discard blkif_request_discard_t;

/* With BLKIF_OP_INDIRECT: the segments are in granted pages. */
struct blkif_request_indirect {
    uint8_t operation;
    uint8_t indirect_op;                /* BLKIF_OP_READ or _WRITE */
    uint16_t nr_segments;
    uint64_t id;
    blkif_sector_t sector_number;
    blkif_vdev_t handle;
    grant_ref_t indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
};
typedef struct blkif_request_indirect blkif_request_indirect_t;

struct blkif_response {
    uint64_t id;
    uint8_t operation;
    int16_t status;                     /* BLKIF_RSP_* */
};
typedef struct blkif_response blkif_response_t;

#define BLKIF_RSP_EOPNOTSUPP -2
#define BLKIF_RSP_ERROR -1
#define BLKIF_RSP_OKAY 0

DEFINE_RING_TYPES(blkif, struct blkif_request, struct blkif_response);

/* The backend's node "info". */
#define VDISK_CDROM 0x1
#define VDISK_REMOVABLE 0x2
#define VDISK_READONLY 0x4

#endif /* PVABI_IO_BLKIF_H */
