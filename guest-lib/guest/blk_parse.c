/* SPDX-License-Identifier: MIT */
/* Copies a request of a disk's ring, then checks every field. */
#include "guest/blk_parse.h"

#include <stddef.h>

union slot {
    struct blkif_request direct;
    struct blkif_request_discard discard;
    struct blkif_request_indirect indirect;
    uint32_t words[sizeof(struct blkif_request) / sizeof(uint32_t)];
};

_Static_assert(sizeof(union slot) == sizeof(struct blkif_request), "the largest");
_Static_assert(offsetof(struct blkif_request, id) == offsetof(struct blkif_request_indirect, id), "one id");
_Static_assert(offsetof(struct blkif_request, id) == offsetof(struct blkif_request_discard, id), "one id");

static void copy_slot(union slot *to, const volatile void *from)
{
    const volatile uint32_t *source = from;

    for (unsigned int i = 0; i < sizeof(to->words) / sizeof(to->words[0]); i++) {
        to->words[i] = source[i];
    }
}

int blk_parse_segments(const struct blk_limits *limits, struct blk_request *request)
{
    uint64_t count = 0;

    for (unsigned int i = 0; i < request->segment_count; i++) {
        const struct blkif_request_segment *segment = &request->segments[i];

        if (segment->last_sect >= BLK_SECTORS_PER_PAGE || segment->first_sect > segment->last_sect) {
            return BLKIF_RSP_ERROR;
        }
        count += segment->last_sect - segment->first_sect + 1u;
    }
    if (request->sector > limits->sectors || count > limits->sectors - request->sector) {
        return BLKIF_RSP_ERROR;
    }
    request->count = count;
    return BLKIF_RSP_OKAY;
}

static int parse_direct(const struct blkif_request *slot, const struct blk_limits *limits,
                        struct blk_request *request)
{
    if (slot->nr_segments == 0 || slot->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        return BLKIF_RSP_ERROR;
    }
    request->sector = slot->sector_number;
    request->segment_count = slot->nr_segments;
    for (unsigned int i = 0; i < request->segment_count; i++) {
        request->segments[i] = slot->seg[i];
    }
    return blk_parse_segments(limits, request);
}

static int parse_indirect(const struct blkif_request_indirect *slot, const struct blk_limits *limits,
                          struct blk_request *request)
{
    if (slot->indirect_op != BLKIF_OP_READ && slot->indirect_op != BLKIF_OP_WRITE) {
        return BLKIF_RSP_EOPNOTSUPP;
    }
    /* The answer names what was done, not how it was asked for. */
    request->operation = slot->indirect_op;
    if (slot->nr_segments == 0 || slot->nr_segments > limits->indirect_segments ||
        slot->nr_segments > BLK_SEGMENTS_MAX) {
        return BLKIF_RSP_ERROR;
    }
    request->kind = slot->indirect_op == BLKIF_OP_READ ? BLK_READ : BLK_WRITE;
    request->sector = slot->sector_number;
    request->segment_count = slot->nr_segments;
    request->indirect = true;
    request->indirect_ref = slot->indirect_grefs[0];
    return request->kind == BLK_WRITE && limits->readonly ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
}

/* A flush may carry data, which is written first; most carry none. */
static int parse_flush(const struct blkif_request *slot, const struct blk_limits *limits,
                       struct blk_request *request, bool offered)
{
    if (!offered) {
        return BLKIF_RSP_EOPNOTSUPP;
    }
    if (slot->nr_segments == 0) {
        request->kind = BLK_FLUSH;
        return BLKIF_RSP_OKAY;
    }
    if (limits->readonly) {
        return BLKIF_RSP_ERROR;
    }
    request->kind = BLK_WRITE;
    request->flush_after = true;
    return parse_direct(slot, limits, request);
}

static int parse_discard(const struct blkif_request_discard *slot, const struct blk_limits *limits,
                         struct blk_request *request)
{
    if (!limits->discard || (slot->flag & BLKIF_DISCARD_SECURE)) {
        return BLKIF_RSP_EOPNOTSUPP;
    }
    if (limits->readonly || slot->sector_number > limits->sectors ||
        slot->nr_sectors > limits->sectors - slot->sector_number) {
        return BLKIF_RSP_ERROR;
    }
    request->kind = BLK_DISCARD;
    request->sector = slot->sector_number;
    request->count = slot->nr_sectors;
    return BLKIF_RSP_OKAY;
}

int blk_parse(const volatile void *shared, const struct blk_limits *limits, struct blk_request *request)
{
    union slot slot;

    copy_slot(&slot, shared);
    request->operation = slot.direct.operation;
    request->id = slot.direct.id;
    request->sector = request->count = 0;
    request->segment_count = 0;
    request->indirect = request->flush_after = false;
    switch (slot.direct.operation) {
    case BLKIF_OP_READ:
        request->kind = BLK_READ;
        return parse_direct(&slot.direct, limits, request);
    case BLKIF_OP_WRITE:
        request->kind = BLK_WRITE;
        return limits->readonly ? BLKIF_RSP_ERROR : parse_direct(&slot.direct, limits, request);
    case BLKIF_OP_WRITE_BARRIER:
        return parse_flush(&slot.direct, limits, request, limits->barrier);
    case BLKIF_OP_FLUSH_DISKCACHE:
        return parse_flush(&slot.direct, limits, request, limits->flush);
    case BLKIF_OP_DISCARD:
        return parse_discard(&slot.discard, limits, request);
    case BLKIF_OP_INDIRECT:
        return limits->indirect_segments ? parse_indirect(&slot.indirect, limits, request)
                                         : BLKIF_RSP_EOPNOTSUPP;
    default:
        return BLKIF_RSP_EOPNOTSUPP;
    }
}
