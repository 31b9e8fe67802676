/* SPDX-License-Identifier: MIT */
/* memory_op: frames of the hypervisor that the tools map, and the physical maps that translated guests have
 * and ours have not. */
#include "core/domain.h"
#include "core/frame.h"
#include "core/gnttab.h"
#include "hypercall/memory.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

/* Of the resources that the ABI knows a PV guest has its grant table only. 0: there is none such. */
static uint32_t resource_frames_max(const struct domain *d, const struct xen_mem_acquire_resource *in)
{
    if (in->type != XENMEM_resource_grant_table || in->id > XENMEM_resource_grant_table_id_status) {
        return 0;
    }
    return gnttab_frames_max(d, in->id == XENMEM_resource_grant_table_id_status);
}

/* Lists the frames from number i on; *done gets how far it came. */
static int resource_list(struct domain *d, const struct xen_mem_acquire_resource *in, uint64_t i,
                         uint64_t *done)
{
    bool status = in->id == XENMEM_resource_grant_table_id_status;
    int error = 0;

    for (; i < in->nr_frames && !error; i++) {
        xen_pfn_t frame;
        mfn_t m;

        if (i != *done && port_preempt_pending()) {
            error = -XEN_ERESTART;
            break;
        }
        error = gnttab_frame(d, (uint32_t)(in->frame + i), status, &m);
        if (!error) {
            frame = m.n;
            error = GUEST_ARRAY_PUT(GUEST_HANDLE_VA(in->frame_list), i, &frame);
        }
    }
    *done = i;
    return error;
}

static int resource_size(guest_va_t at, const struct xen_mem_acquire_resource *in, uint32_t max,
                         uint64_t start)
{
    if (in->nr_frames != 0 || start != 0) {
        return -XEN_EINVAL;
    }
    return port_copy_to_guest(guest_va(at.n + offsetof(struct xen_mem_acquire_resource, nr_frames)), &max,
                              sizeof(max));
}

static int resource_of(struct domain *d, guest_va_t at, const struct xen_mem_acquire_resource *in,
                       uint64_t *start)
{
    uint32_t max = resource_frames_max(d, in);

    if (max == 0) {
        return -XEN_EINVAL;
    }
    if (GUEST_HANDLE_VA(in->frame_list).n == 0) {
        return resource_size(at, in, max, *start);
    }
    if (in->nr_frames == 0 || *start > in->nr_frames) {
        return -XEN_EINVAL;
    }
    return resource_list(d, in, *start, start);
}

int64_t memory_resource(struct hypercall_args *args, uint64_t start)
{
    guest_va_t at = hypercall_pointer(args, 1);
    struct domain *caller = CURRENT_DOMAIN(), *d;
    struct xen_mem_acquire_resource in;
    int error = -XEN_EPERM;

    if (port_copy_from_guest(&in, at, sizeof(in))) {
        return -XEN_EFAULT;
    }
    if (in.pad != 0 || in.frame >> 32 || (in.frame + in.nr_frames) >> 32) {
        return -XEN_EINVAL;
    }
    d = domain_get(in.domid); /* the special number for oneself is nobody's here */
    if (!d) {
        return -XEN_ESRCH;
    }
    if (d != caller && caller->privileged) {
        error = resource_of(d, at, &in, &start);
    }
    domain_put(d);
    if (error == -XEN_ERESTART) {
        args->arg[0] = XENMEM_acquire_resource | start << MEMORY_OPERATION_BITS;
        return HYPERCALL_RESTART;
    }
    return error;
}

/* A PV guest's physical map is its own: whom the caller may not control is told so first. */
static int physmap_refuse(domid_t id)
{
    struct domain *d = domain_get_or_self(id);

    if (!d) {
        return -XEN_ESRCH;
    }
    domain_put(d);
    return -XEN_EACCES;
}

int64_t memory_physmap_add(guest_va_t at, uint64_t start)
{
    struct xen_add_to_physmap in;

    if (start > UINT16_MAX) {
        return -XEN_EDOM;
    }
    if (port_copy_from_guest(&in, at, sizeof(in))) {
        return -XEN_EFAULT;
    }
    return in.space == XENMAPSPACE_gmfn_foreign ? -XEN_ENOSYS : physmap_refuse(in.domid);
}

int64_t memory_physmap_add_batch(guest_va_t at, uint64_t start)
{
    struct xen_add_to_physmap_batch in;

    if (start > UINT16_MAX) {
        return -XEN_EDOM;
    }
    if (port_copy_from_guest(&in, at, sizeof(in))) {
        return -XEN_EFAULT;
    }
    return in.space == XENMAPSPACE_gmfn_range ? -XEN_EOPNOTSUPP : physmap_refuse(in.domid);
}

/* Its numbers are machine frames: taking one out of the map that it has not changes nothing, but must be one
 * of its own. */
int64_t memory_physmap_remove(guest_va_t at)
{
    struct xen_remove_from_physmap in;
    struct domain *d;
    int error;

    if (port_copy_from_guest(&in, at, sizeof(in))) {
        return -XEN_EFAULT;
    }
    error = memory_target(in.domid, &d);
    if (error) {
        return error;
    }
    if (frame_get(mfn(in.gpfn), d)) {
        frame_put(mfn(in.gpfn));
    } else {
        error = -XEN_ENOENT;
    }
    domain_put(d);
    return error;
}
