/* SPDX-License-Identifier: MIT */
/* A domain's memory through memory_op and mmuext_op. */
#include "lib/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "pvabi/memory.h"
#include "pvabi/xen.h"

/*
 * Pages of one call: the hypervisor zeroes them, and this domain's CPU does nothing else meanwhile. A
 * gigabyte at once looks like a hang to its kernel. The list of extents is at most half of the memory for
 * arguments.
 */
#define CHUNK_PAGES 16384U
#define CHUNK       (PV_CTX_ARENA / 2 / sizeof(uint64_t))

/* One entry of the memory map that XENMEM_set_memory_map takes: the BIOS's E820 format. */
struct map_entry {
    uint64_t start;
    uint64_t size;
    uint32_t type;
} __attribute__((packed));

#define MAP_TYPE_RAM 1

static long populate_chunk(struct pv_ctx *ctx, uint16_t domid, uint64_t *frames, size_t count,
                           unsigned int order)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_memory_reservation *reservation = pv_ctx_take(ctx, sizeof(*reservation));
    uint64_t *list = pv_ctx_take(ctx, count * sizeof(*list));
    long result;

    memcpy(list, frames, count * sizeof(*list));
    set_xen_guest_handle(reservation->extent_start, list);
    reservation->nr_extents = count;
    reservation->extent_order = order;
    reservation->domid = domid;
    result = pv_hypercall2(ctx, __HYPERVISOR_memory_op, XENMEM_populate_physmap, reservation);
    if (result > 0) {
        memcpy(frames, list, (size_t)result * sizeof(*list));
    }
    pv_ctx_release(ctx, mark);
    return result;
}

long pv_memory_populate(struct pv_ctx *ctx, uint16_t domid, uint64_t *frames, size_t count,
                        unsigned int order, struct pv_error *error)
{
    size_t chunk = CHUNK_PAGES >> order < CHUNK ? CHUNK_PAGES >> order : CHUNK;
    size_t done = 0;

    while (done < count) {
        size_t part = count - done < chunk ? count - done : chunk;
        long result = populate_chunk(ctx, domid, frames + done, part, order);

        if (result < 0) {
            return pv_error_errno(error, (int)-result, "domain %u: giving it memory", domid);
        }
        done += (size_t)result;
        if ((size_t)result < part) {
            break;
        }
    }
    return (long)done;
}

int pv_memory_set_map(struct pv_ctx *ctx, uint16_t domid, uint64_t bytes, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_foreign_memory_map *map = pv_ctx_take(ctx, sizeof(*map));
    struct map_entry *entry = pv_ctx_take(ctx, sizeof(*entry));
    long result;

    entry->size = bytes;
    entry->type = MAP_TYPE_RAM;
    map->domid = domid;
    map->map.nr_entries = 1;
    set_xen_guest_handle(map->map.buffer, (void *)entry);
    result = pv_hypercall2(ctx, __HYPERVISOR_memory_op, XENMEM_set_memory_map, map);
    pv_ctx_release(ctx, mark);
    return result < 0 ? pv_error_errno(error, (int)-result, "domain %u: setting its memory map", domid) : 0;
}

static long mmuext(struct pv_ctx *ctx, uint16_t domid, struct mmuext_op *ops, size_t count)
{
    const uint64_t arguments[5] = {(uintptr_t)ops, count, 0, domid};

    return pv_hypercall(ctx, __HYPERVISOR_mmuext_op, arguments);
}

int pv_memory_clear(struct pv_ctx *ctx, uint16_t domid, const uint64_t *frames, size_t count,
                    struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    size_t chunk = PV_CTX_ARENA / 2 / sizeof(struct mmuext_op);
    struct mmuext_op *ops = pv_ctx_take(ctx, chunk * sizeof(*ops));
    long result = 0;

    for (size_t done = 0; done < count && result >= 0; done += chunk) {
        size_t part = count - done < chunk ? count - done : chunk;

        for (size_t i = 0; i < part; i++) {
            ops[i].cmd = MMUEXT_CLEAR_PAGE;
            ops[i].arg1.mfn = frames[done + i];
        }
        result = mmuext(ctx, domid, ops, part);
    }
    pv_ctx_release(ctx, mark);
    return result < 0 ? pv_error_errno(error, (int)-result, "domain %u: clearing its memory", domid) : 0;
}

int pv_memory_pin_l4(struct pv_ctx *ctx, uint16_t domid, uint64_t frame, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct mmuext_op *op = pv_ctx_take(ctx, sizeof(*op));
    long result;

    op->cmd = MMUEXT_PIN_L4_TABLE;
    op->arg1.mfn = frame;
    result = mmuext(ctx, domid, op, 1);
    pv_ctx_release(ctx, mark);
    return result < 0 ? pv_error_errno(error, (int)-result,
                                       "domain %u: its first page table (frame 0x%" PRIx64 ")", domid, frame)
                      : 0;
}
