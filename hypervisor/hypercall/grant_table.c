/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: arrays of requests. Each request has a status of its own; the call fails only when the
 * array cannot be read or written. A call that is interrupted goes on with the rest of the array.
 */
#include "hypercall/grant_table.h"

#include "core/domain.h"
#include "core/frame.h"
#include "core/gnttab.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

#define OPERATION_BITS 12
#define OPERATION_MASK ((1u << OPERATION_BITS) - 1) /* above: the state of an interrupted cache_flush */
#define UNMAP_BATCH    32u    /* how many unmaps share a flush */

/* A kind of request: its size, and the function that does one at an address, 0 or -XEN_EFAULT. */
struct grant_kind {
    size_t size;
    int (*step)(guest_va_t at);
};

#define STATUS_PUT(at, op)                                                                               \
    port_copy_to_guest(guest_va((at).n + ((uintptr_t) & (op)->status - (uintptr_t)(op))), &(op)->status, \
                       sizeof((op)->status))

static int step_map(guest_va_t at)
{
    struct gnttab_map_grant_ref op;

    if (port_copy_from_guest(&op, at, sizeof(op))) {
        return -XEN_EFAULT;
    }
    gnttab_map(port_current(), &op);
    return port_copy_to_guest(at, &op, sizeof(op));
}

static int step_copy(guest_va_t at)
{
    struct gnttab_copy op;

    if (port_copy_from_guest(&op, at, sizeof(op))) {
        return -XEN_EFAULT;
    }
    gnttab_copy(CURRENT_DOMAIN(), &op);
    return STATUS_PUT(at, &op);
}

static int step_swap(guest_va_t at)
{
    struct gnttab_swap_grant_ref op;

    if (port_copy_from_guest(&op, at, sizeof(op))) {
        return -XEN_EFAULT;
    }
    op.status = gnttab_swap(CURRENT_DOMAIN(), op.ref_a, op.ref_b);
    return STATUS_PUT(at, &op);
}

/*
 * Frames do not change hands by grants here: what backends once used it for is done by copies. Tells what is
 * wrong with the request, or answers as for a domain that expects no frame.
 */
static int16_t transfer_refuse(const struct domain *d, const struct gnttab_transfer *op)
{
    struct domain *to;

    if (!frame_get(mfn(op->mfn), d)) {
        return GNTST_bad_page;
    }
    frame_put(mfn(op->mfn));
    to = domain_get(op->domid);
    if (!to) {
        return GNTST_bad_domain;
    }
    domain_put(to);
    return GNTST_general_error;
}

static int step_transfer(guest_va_t at)
{
    struct gnttab_transfer op;

    if (port_copy_from_guest(&op, at, sizeof(op))) {
        return -XEN_EFAULT;
    }
    op.status = transfer_refuse(CURRENT_DOMAIN(), &op);
    return STATUS_PUT(at, &op);
}

static const struct grant_kind kind_map = {sizeof(struct gnttab_map_grant_ref), step_map};
static const struct grant_kind kind_copy = {sizeof(struct gnttab_copy), step_copy};
static const struct grant_kind kind_swap = {sizeof(struct gnttab_swap_grant_ref), step_swap};
static const struct grant_kind kind_transfer = {sizeof(struct gnttab_transfer), step_transfer};

/* The arguments for going on with the requests behind the first done ones. */
static int64_t array_continue(struct hypercall_args *args, uint32_t done, size_t size)
{
    args->arg[1] += done * size;
    args->arg[2] = (uint32_t)args->arg[2] - done;
    return HYPERCALL_RESTART;
}

static int64_t array_run(struct hypercall_args *args, const struct grant_kind *kind)
{
    uint32_t count = (uint32_t)args->arg[2];
    guest_va_t array = hypercall_pointer(args, 1);

    if (!guest_range_ok(array, count * kind->size)) {
        return -XEN_EFAULT;
    }
    for (uint32_t i = 0; i < count; i++) {
        int error;

        if (i != 0 && port_preempt_pending()) {
            return array_continue(args, i, kind->size);
        }
        error = kind->step(guest_va(array.n + i * kind->size));
        if (error) {
            return error;
        }
    }
    return 0;
}

/* Both kinds of unmap, in their common form. */
struct unmap_kind {
    size_t size;
    size_t status_at; /* offset of the status */
    int (*get)(guest_va_t at, struct gnttab_unmap *op);
};

static int unmap_get(guest_va_t at, struct gnttab_unmap *op)
{
    struct gnttab_unmap_grant_ref in;

    if (port_copy_from_guest(&in, at, sizeof(in))) {
        return -XEN_EFAULT;
    }
    *op = (struct gnttab_unmap){
        .host_addr = in.host_addr, .dev_bus_addr = in.dev_bus_addr, .handle = in.handle};
    return 0;
}

static int replace_get(guest_va_t at, struct gnttab_unmap *op)
{
    struct gnttab_unmap_and_replace in;

    if (port_copy_from_guest(&in, at, sizeof(in))) {
        return -XEN_EFAULT;
    }
    *op = (struct gnttab_unmap){.host_addr = in.host_addr, .new_addr = in.new_addr, .handle = in.handle};
    return 0;
}

static const struct unmap_kind kind_unmap = {sizeof(struct gnttab_unmap_grant_ref),
                                             offsetof(struct gnttab_unmap_grant_ref, status), unmap_get};
static const struct unmap_kind kind_replace = {
    sizeof(struct gnttab_unmap_and_replace), offsetof(struct gnttab_unmap_and_replace, status), replace_get};

struct unmap_batch {
    struct gnttab_unmap op[UNMAP_BATCH];
    unsigned int begun; /* ... and not ended */
};

static void batch_end(struct unmap_batch *batch)
{
    struct vcpu *v = port_current();

    if (batch->begun != 0) {
        gnttab_unmap_flush(v);
    }
    for (unsigned int i = 0; i < batch->begun; i++) {
        gnttab_unmap_end(v, &batch->op[i]);
    }
    batch->begun = 0;
}

static int batch_add(struct unmap_batch *batch, const struct unmap_kind *kind, guest_va_t at)
{
    struct gnttab_unmap *op = &batch->op[batch->begun];
    int16_t status;

    if (kind->get(at, op)) {
        return -XEN_EFAULT;
    }
    gnttab_unmap_begin(port_current(), op);
    if (op->status == GNTST_bad_handle && batch->begun != 0) {
        /* The other half of the same mapping may be in this batch. */
        struct gnttab_unmap again = *op;

        batch_end(batch);
        op = &batch->op[0];
        *op = again;
        gnttab_unmap_begin(port_current(), op);
    }
    status = op->status;
    batch->begun++;
    return port_copy_to_guest(guest_va(at.n + kind->status_at), &status, sizeof(status));
}

static int64_t unmap_run(struct hypercall_args *args, const struct unmap_kind *kind)
{
    uint32_t count = (uint32_t)args->arg[2];
    guest_va_t array = hypercall_pointer(args, 1);
    struct unmap_batch batch; /* filled as requests are added: clearing it costs more than an unmapping */
    int error = 0;

    batch.begun = 0;
    if (!guest_range_ok(array, count * kind->size)) {
        return -XEN_EFAULT;
    }
    for (uint32_t i = 0; i < count && !error; i++) {
        if (batch.begun == UNMAP_BATCH) {
            batch_end(&batch);
            if (port_preempt_pending()) {
                return array_continue(args, i, kind->size);
            }
        }
        error = batch_add(&batch, kind, guest_va(array.n + i * kind->size));
    }
    batch_end(&batch);
    return error;
}

/* How far the search for a grant came stands in the bits above the operation's number. */
static int64_t cache_flush(struct hypercall_args *args)
{
    grant_ref_t cursor = (uint32_t)args->arg[0] >> OPERATION_BITS;
    guest_va_t array = hypercall_pointer(args, 1);
    uint32_t count = (uint32_t)args->arg[2], i = 0;

    if (!guest_range_ok(array, 0)) {
        return -XEN_EFAULT;
    }
    while (i < count) {
        struct gnttab_cache_flush op;
        int ret = GUEST_ARRAY_GET(&op, array, i);

        ret = ret ? ret : gnttab_cache_flush(CURRENT_DOMAIN(), &op, &cursor);
        if (ret < 0) {
            return ret;
        }
        if (ret == 0) {
            cursor = 0;
            i++;
        }
        if (i < count && port_preempt_pending()) {
            args->arg[0] = GNTTABOP_cache_flush | cursor << OPERATION_BITS;
            return array_continue(args, i, sizeof(op));
        }
    }
    return 0;
}

int64_t hypercall_grant_table_op(struct hypercall_args *args)
{
    uint32_t operation = (uint32_t)args->arg[0] & OPERATION_MASK, count = (uint32_t)args->arg[2];
    guest_va_t at = hypercall_pointer(args, 1);

    if ((int32_t)count < 0 ||
        (operation != GNTTABOP_cache_flush && (uint32_t)args->arg[0] & ~OPERATION_MASK)) {
        return -XEN_EINVAL;
    }
    switch (operation) {
    case GNTTABOP_map_grant_ref:
        return array_run(args, &kind_map);
    case GNTTABOP_unmap_grant_ref:
        return unmap_run(args, &kind_unmap);
    case GNTTABOP_unmap_and_replace:
        return unmap_run(args, &kind_replace);
    case GNTTABOP_copy:
        return array_run(args, &kind_copy);
    case GNTTABOP_transfer:
        return array_run(args, &kind_transfer);
    case GNTTABOP_swap_grant_ref:
        return array_run(args, &kind_swap);
    case GNTTABOP_setup_table:
        return grant_setup(at, count);
    case GNTTABOP_query_size:
        return grant_query_size(at, count);
    case GNTTABOP_get_status_frames:
        return grant_status_frames(at, count);
    case GNTTABOP_set_version:
        return grant_set_version(at);
    case GNTTABOP_get_version:
        return grant_get_version(at);
    case GNTTABOP_cache_flush:
        return cache_flush(args);
    default:
        return -XEN_ENOSYS;
    }
}
