/* SPDX-License-Identifier: MIT */
/*
 * Requests of a disk's ring, as pure functions: a slot is copied once, then checked, then told in a form in
 * which nothing can be out of bounds. They run on the host too, where they are fuzzed.
 */
#ifndef GUEST_BLK_PARSE_H
#define GUEST_BLK_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "pvabi/io/blkif.h"

#define BLK_SECTOR_SIZE      512u
#define BLK_SECTORS_PER_PAGE 8u
/* Segments of one indirect request, all of whose descriptors lie in one page. */
#define BLK_SEGMENTS_MAX   256u
#define BLK_SEGMENTS_FRAME 512u

enum blk_kind { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD };

/* What the disk is and offers. */
struct blk_limits {
    uint64_t sectors;
    unsigned int indirect_segments; /* 0: no indirect requests; at most BLK_SEGMENTS_MAX */
    bool readonly, flush, barrier, discard;
};

struct blk_request {
    enum blk_kind kind;
    uint8_t operation; /* for the response: the ring's, or what an indirect request wants done */
    uint64_t id;
    uint64_t sector;
    uint64_t count; /* sectors; 0 until blk_parse_segments for reads and writes */
    unsigned int segment_count;
    bool indirect;    /* the segments are yet to be copied from indirect_ref */
    bool flush_after; /* a write barrier */
    grant_ref_t indirect_ref;
    struct blkif_request_segment segments[BLK_SEGMENTS_MAX];
};

/*
 * Reads a slot. BLKIF_RSP_OKAY, or the status to answer with: id and operation are set in any case. Those of
 * an indirect request need blk_parse_segments once its page is copied; others had it.
 */
int blk_parse(const volatile void *slot, const struct blk_limits *limits, struct blk_request *request);
/* Checks the segments that are in request->segments against page and disk, and counts the sectors. */
int blk_parse_segments(const struct blk_limits *limits, struct blk_request *request);
/* Bytes of a segment that passed, and where they begin in its page. */
static inline unsigned int blk_segment_size(const struct blkif_request_segment *segment)
{
    return (unsigned int)(segment->last_sect - segment->first_sect + 1) * BLK_SECTOR_SIZE;
}
static inline unsigned int blk_segment_offset(const struct blkif_request_segment *segment)
{
    return segment->first_sect * BLK_SECTOR_SIZE;
}

#endif
