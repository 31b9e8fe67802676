/* SPDX-License-Identifier: MIT */
/* Maps the trace's rings, empties them, and puts the CPUs' records in order. */
#include "lib/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/foreign.h"
#include "pvabi/sysctl.h"
#include "pvabi/trace.h"
#include "pvabi/xen.h"

#define CPUS_MAX  64
#define PAGES_MAX 1024

struct ring {
    volatile struct t_buf *buf;
    size_t size; /* of the records' part */
};

struct pv_trace {
    struct pv_ctx *ctx;
    unsigned int cpus;
    size_t pages;
    struct ring rings[CPUS_MAX];
};

static int control(struct pv_ctx *ctx, struct xen_sysctl_tbuf_op *tbuf, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_sysctl *op = pv_ctx_take(ctx, sizeof(*op));
    long result;

    op->cmd = XEN_SYSCTL_tbuf_op;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op->u.tbuf_op = *tbuf;
    result = pv_hypercall1(ctx, __HYPERVISOR_sysctl, op);
    *tbuf = op->u.tbuf_op;
    pv_ctx_release(ctx, mark);
    return result < 0 ? pv_error_errno(error, (int)-result, "the hypervisor's trace") : 0;
}

static int command(struct pv_ctx *ctx, uint32_t cmd, uint32_t size, uint32_t mask, struct pv_error *error)
{
    struct xen_sysctl_tbuf_op op = {.cmd = cmd, .size = size, .evt_mask = mask};

    return control(ctx, &op, error);
}

size_t pv_trace_parse(const void *bytes, size_t size, struct pv_trace_record *record)
{
    const uint32_t *words = bytes;
    size_t head = 1;

    if (size < sizeof(*words)) {
        return 0;
    }
    *record = (struct pv_trace_record){.event = TRC_HD_TO_EVENT(words[0]), .count = TRC_HD_EXTRA(words[0])};
    if (TRC_HD_INCLUDES_CYCLE_COUNT(words[0])) {
        head = 3;
    }
    if (size < (head + record->count) * sizeof(*words)) {
        return 0;
    }
    if (head == 3) {
        record->time = (uint64_t)words[2] << 32 | words[1];
    }
    memcpy(record->words, words + head, record->count * sizeof(*words));
    return (head + record->count) * sizeof(*words);
}

static int map_ring(struct pv_trace *trace, const struct t_info *info, size_t info_size, unsigned int cpu,
                    struct pv_error *error)
{
    size_t offset = info->mfn_offset[cpu];
    const uint32_t *frames = (const uint32_t *)info + offset;
    uint64_t list[PAGES_MAX];
    void *address;

    if ((offset + trace->pages) * sizeof(*frames) > info_size) {
        return pv_error_errno(error, EINVAL, "the trace's list of frames");
    }
    for (size_t i = 0; i < trace->pages; i++) {
        list[i] = frames[i];
    }
    address = pv_foreign_map(trace->ctx, DOMID_XEN, list, trace->pages, 1, error);
    if (!address) {
        return -1;
    }
    trace->rings[cpu] =
        (struct ring){.buf = address, .size = trace->pages * PV_PAGE_SIZE - sizeof(struct t_buf)};
    trace->rings[cpu].buf->cons = trace->rings[cpu].buf->prod;
    trace->cpus = cpu + 1;
    return 0;
}

static int map_rings(struct pv_trace *trace, uint64_t frame, size_t size, struct pv_error *error)
{
    size_t count = (size + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE;
    uint64_t frames[16];
    struct t_info *info;
    int result = 0;

    if (count == 0 || count > sizeof(frames) / sizeof(frames[0])) {
        return pv_error_errno(error, EINVAL, "the size of the trace's description");
    }
    for (size_t i = 0; i < count; i++) {
        frames[i] = frame + i;
    }
    info = pv_foreign_map(trace->ctx, DOMID_XEN, frames, count, 0, error);
    if (!info) {
        return -1;
    }
    trace->pages = info->tbuf_size;
    if (trace->pages == 0 || trace->pages > PAGES_MAX) {
        result = pv_error_errno(error, EINVAL, "the size of the trace's rings");
    }
    for (unsigned int cpu = 0; cpu < CPUS_MAX && info->mfn_offset[cpu] != 0 && result == 0; cpu++) {
        result = map_ring(trace, info, size, cpu, error);
    }
    pv_foreign_unmap(info, count);
    return result;
}

struct pv_trace *pv_trace_open(struct pv_ctx *ctx, unsigned int pages, struct pv_error *error)
{
    struct xen_sysctl_tbuf_op op = {.cmd = XEN_SYSCTL_TBUFOP_get_info};
    struct pv_trace *trace = calloc(1, sizeof(*trace));

    if (!trace) {
        pv_error_errno(error, ENOMEM, "the trace");
        return NULL;
    }
    trace->ctx = ctx;
    if (control(ctx, &op, error) != 0 ||
        (op.buffer_mfn == 0 && command(ctx, XEN_SYSCTL_TBUFOP_set_size, pages, 0, error) != 0)) {
        free(trace);
        return NULL;
    }
    op = (struct xen_sysctl_tbuf_op){.cmd = XEN_SYSCTL_TBUFOP_get_info};
    if (control(ctx, &op, error) != 0 || map_rings(trace, op.buffer_mfn, op.size, error) != 0 ||
        command(ctx, XEN_SYSCTL_TBUFOP_set_evt_mask, 0, PVABI_TRC_CLASS | TRC_GEN, error) != 0 ||
        command(ctx, XEN_SYSCTL_TBUFOP_enable, 0, 0, error) != 0) {
        pv_trace_close(trace);
        return NULL;
    }
    return trace;
}

struct list {
    struct pv_trace_record *records;
    size_t count, room;
};

static int add(struct list *list, const struct pv_trace_record *record)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 1024;
        void *more = realloc(list->records, room * sizeof(*list->records));

        if (!more) {
            return -1;
        }
        list->records = more;
        list->room = room;
    }
    list->records[list->count] = *record;
    list->records[list->count].order = (uint32_t)list->count;
    list->count++;
    return 0;
}

/* One CPU's records; indices that make no sense empty the ring. */
static int take(struct ring *ring, unsigned int cpu, struct list *list)
{
    uint32_t prod = ring->buf->prod, cons = ring->buf->cons;
    const char *data = (const char *)(ring->buf + 1);
    int result = 0;

    /* Pairs with the hypervisor's release of prod. */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    while (cons != prod && cons < 2 * ring->size && result == 0) {
        size_t offset = cons % ring->size, length;
        struct pv_trace_record record;

        length = pv_trace_parse(data + offset, ring->size - offset, &record);
        if (length == 0) {
            break;
        }
        record.cpu = (uint16_t)cpu;
        if (record.event != TRC_TRACE_WRAP_BUFFER) {
            result = add(list, &record);
        }
        cons = (uint32_t)((cons + length) % (2 * ring->size));
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ring->buf->cons = prod;
    return result;
}

static int by_time(const void *a, const void *b)
{
    const struct pv_trace_record *first = a, *second = b;

    if (first->time != second->time) {
        return first->time < second->time ? -1 : 1;
    }
    /* Records of one CPU and one nanosecond stay in the order of their ring. */
    return first->order < second->order ? -1 : 1;
}

long pv_trace_read(struct pv_trace *trace, struct pv_trace_record **records, struct pv_error *error)
{
    struct list list = {0};

    for (unsigned int cpu = 0; cpu < trace->cpus; cpu++) {
        if (take(&trace->rings[cpu], cpu, &list) != 0) {
            free(list.records);
            return pv_error_errno(error, ENOMEM, "records of the trace");
        }
    }
    if (list.count) {
        qsort(list.records, list.count, sizeof(*list.records), by_time);
    }
    *records = list.records;
    return (long)list.count;
}

void pv_trace_close(struct pv_trace *trace)
{
    struct pv_error ignored;

    if (!trace) {
        return;
    }
    command(trace->ctx, XEN_SYSCTL_TBUFOP_disable, 0, 0, &ignored);
    for (unsigned int cpu = 0; cpu < trace->cpus; cpu++) {
        pv_foreign_unmap((void *)trace->rings[cpu].buf, trace->pages);
    }
    free(trace);
}
