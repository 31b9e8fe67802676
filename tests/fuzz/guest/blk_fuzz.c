/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes a disk backend's requests: what passes lies in its pages and on the disk. Input: a byte of limits,
 * then slots of a ring, each followed by its indirect segments where it has some.
 */
#include <stdlib.h>
#include <string.h>

#include "guest/blk_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check(const struct blk_limits *limits, const struct blk_request *request)
{
    uint64_t count = 0;

    demand(request->sector <= limits->sectors && request->count <= limits->sectors - request->sector);
    demand(!limits->readonly || request->kind == BLK_READ || request->kind == BLK_FLUSH);
    if (request->kind > BLK_WRITE) {
        return;
    }
    demand(request->segment_count >= 1 && request->segment_count <= BLK_SEGMENTS_MAX);
    for (unsigned int i = 0; i < request->segment_count; i++) {
        const struct blkif_request_segment *segment = &request->segments[i];

        demand(blk_segment_offset(segment) + blk_segment_size(segment) <= 4096 &&
               blk_segment_size(segment) > 0);
        count += blk_segment_size(segment) / BLK_SECTOR_SIZE;
    }
    demand(count == request->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct blk_request request;
    struct blk_limits limits;
    struct blkif_request slot;
    uint8_t bits;

    if (size < 1) {
        return 0;
    }
    bits = *data++;
    size--;
    limits = (struct blk_limits){.sectors = bits & 1 ? 1000 : UINT64_MAX,
                                 .indirect_segments = bits & 2   ? BLK_SEGMENTS_MAX
                                                      : bits & 4 ? 32
                                                                 : 0,
                                 .readonly = bits & 8,
                                 .flush = bits & 16,
                                 .barrier = bits & 32,
                                 .discard = bits & 64};
    while (size >= sizeof(slot)) {
        int status;

        memcpy(&slot, data, sizeof(slot));
        data += sizeof(slot);
        size -= sizeof(slot);
        status = blk_parse(&slot, &limits, &request);
        demand(request.id == slot.id &&
               (request.operation == slot.operation || slot.operation == BLKIF_OP_INDIRECT));
        if (status == BLKIF_RSP_OKAY && request.indirect) {
            size_t wanted = request.segment_count * sizeof(request.segments[0]);

            demand(request.segment_count <= limits.indirect_segments);
            wanted = wanted < size ? wanted : size;
            memcpy(request.segments, data, wanted);
            data += wanted;
            size -= wanted;
            status = blk_parse_segments(&limits, &request);
        }
        if (status == BLKIF_RSP_OKAY) {
            check(&limits, &request);
        }
    }
    return 0;
}
