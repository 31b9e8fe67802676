/* SPDX-License-Identifier: MIT */
/* domctl: a domain as a whole: its life, memory limit, time, rights. */
#include "core/domain.h"
#include "core/frame.h"
#include "core/hypercall_page.h"
#include "core/page_type.h"
#include "core/pirq.h"
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"
#include "port/time.h"

#define ADDRESS_SIZE 64u
#define IO_PORTS     65536u

#define MAPPING_FRAMES_MAX 64u
#define PADDR_BITS         52u
#define VCPU_BATCH         64u /* that are made between two looks for other work */

int64_t domctl_destroy(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)op;
    (void)copy_back;
    return domain_kill(d);
}

int64_t domctl_pause(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)op;
    (void)copy_back;
    return d == CURRENT_DOMAIN() ? -XEN_EINVAL : domain_toolstack_pause(d);
}

int64_t domctl_unpause(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)op;
    (void)copy_back;
    return domain_toolstack_unpause(d);
}

int64_t domctl_resume(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)op;
    (void)copy_back;
    if (d == CURRENT_DOMAIN()) {
        return -XEN_EINVAL;
    }
    domain_resume(d);
    return 0;
}

/* The next VCPU_BATCH vCPUs that there are not yet; -XEN_ERESTART: more are missing. */
static int64_t make_vcpus(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->lock);
    unsigned int made = 0;
    int64_t error = 0;

    for (uint32_t id = 0; id < d->vcpu_count && !error; id++) {
        if (!d->vcpus[id]) {
            error = d->life != DOMAIN_ALIVE ? -XEN_EINVAL : made++ == VCPU_BATCH ? -XEN_ERESTART : vcpu_create(d, id);
        }
    }
    lock_release(token);
    return error;
}

/* All vCPUs are made here, as many as the domain was created for. */
int64_t domctl_max_vcpus(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    int64_t error;

    (void)copy_back;
    if (op->u.max_vcpus.max != d->vcpu_count || d == CURRENT_DOMAIN()) {
        return -XEN_EINVAL;
    }
    do {
        domain_pause(d);
        error = make_vcpus(d);
        domain_unpause(d);
    } while (error == -XEN_ERESTART && !port_preempt_pending());
    return error == -XEN_ERESTART ? HYPERCALL_RESTART : error;
}

int64_t domctl_max_mem(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct lock_token token = lock_acquire(&d->mm.lock);

    (void)copy_back;
    d->mm.frame_max = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
    lock_release(token);
    return 0;
}

int64_t domctl_set_handle(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct lock_token token = lock_acquire(&d->lock);

    (void)copy_back;
    memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
    lock_release(token);
    return 0;
}

int64_t domctl_subscribe(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)copy_back;
    d->suspend_port = op->u.subscribe.port;
    return 0;
}

int64_t domctl_hypercall_init(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    mfn_t frame = mfn(op->u.hypercall_init.gmfn);
    void *page;
    int error = frame_get_with_type(frame, d, FRAME_WRITABLE);

    (void)copy_back;
    if (error) {
        return error;
    }
    page = port_map_frame(frame);
    hypercall_page_fill(page);
    port_unmap_frame(page);
    frame_put_with_type(frame);
    return 0;
}

int64_t domctl_address_size(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)d;
    if (op->cmd == XEN_DOMCTL_set_address_size) {
        return op->u.address_size.size == ADDRESS_SIZE ? 0 : -XEN_EINVAL;
    }
    op->u.address_size.size = ADDRESS_SIZE;
    *copy_back = true;
    return 0;
}

int64_t domctl_set_tsc_info(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)copy_back;
    const struct xen_domctl_tsc_info *info = &op->u.tsc_info;
    int result;

    if (d == CURRENT_DOMAIN()) {
        return -XEN_EINVAL;
    }
    domain_pause(d);
    result = tsc_domain_set(d, info->tsc_mode, info->elapsed_nsec, info->gtsc_khz, info->incarnation);
    domain_unpause(d);
    return result;
}

int64_t domctl_get_tsc_info(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    if (d == CURRENT_DOMAIN()) {
        return -XEN_EINVAL;
    }
    tsc_domain_get(d, &op->u.tsc_info);
    *copy_back = true;
    return 0;
}

int64_t domctl_set_time_offset(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)copy_back;
    d->time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
    domain_publish_wallclock(d);
    return 0;
}

/* Log-dirty and its relatives need tables that mirror the guest's: they are never on. */
int64_t domctl_shadow_op(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)copy_back;
    if (d == CURRENT_DOMAIN() || !domain_vcpu(d, 0)) {
        return -XEN_EINVAL;
    }
    switch (op->u.shadow_op.op) {
    case XEN_DOMCTL_SHADOW_OP_ENABLE_TEST:
    case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
    case XEN_DOMCTL_SHADOW_OP_ENABLE:
    case XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION:
    case XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION:
        return -XEN_EOPNOTSUPP;
    default:
        return -XEN_EINVAL;
    }
}

int64_t domctl_set_virq_handler(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct lock_token token = lock_acquire(&d->lock);
    int64_t error = -XEN_EINVAL;

    (void)copy_back;
    /* Death gives back what it finds; nothing may come after it. */
    if (d->life == DOMAIN_ALIVE) {
        error = evtchn_set_global_virq_handler(d, op->u.set_virq_handler.virq);
    }
    lock_release(token);
    return error;
}

/* A PV domain has no device model. */
int64_t domctl_set_target(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct domain *target = domain_get(op->u.set_target.target);

    (void)copy_back;
    if (!target) {
        return -XEN_ESRCH;
    }
    domain_put(target);
    return target == d ? -XEN_EINVAL : -XEN_EOPNOTSUPP;
}

int64_t domctl_vm_event(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    (void)op;
    (void)copy_back;
    return domain_vcpu(d, 0) ? -XEN_ENOSYS : -XEN_EINVAL;
}

/* The caller can give only what it has itself. Needs the locks of both. */
static int64_t change_right(struct rangeset *callers, struct rangeset *theirs, uint64_t first, uint64_t last,
                            bool allow)
{
    if (!callers || !rangeset_contains(callers, first, last)) {
        return -XEN_EPERM;
    }
    return allow ? rangeset_add(theirs, first, last) : rangeset_remove(theirs, first, last);
}

int64_t domctl_io_ports(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;
    struct lock_pair locks;
    int64_t error;

    (void)copy_back;
    if (p->nr_ports == 0 || p->first_port >= IO_PORTS || p->nr_ports > IO_PORTS - p->first_port) {
        return -XEN_EINVAL;
    }
    locks = lock_acquire_both(&CURRENT_DOMAIN()->lock, &d->lock);
    error = change_right(CURRENT_DOMAIN()->io_ports, d->io_ports, p->first_port,
                         p->first_port + p->nr_ports - 1, p->allow_access);
    lock_release_both(locks);
    return error;
}

int64_t domctl_io_frames(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    const struct xen_domctl_iomem_permission *p = &op->u.iomem_permission;
    struct lock_pair locks;
    int64_t error;

    (void)copy_back;
    if (p->first_mfn + p->nr_mfns - 1 < p->first_mfn) {
        return -XEN_EINVAL;
    }
    locks = lock_acquire_both(&CURRENT_DOMAIN()->lock, &d->lock);
    error = change_right(CURRENT_DOMAIN()->io_frames, d->io_frames, p->first_mfn,
                         p->first_mfn + p->nr_mfns - 1, p->allow_access);
    lock_release_both(locks);
    return error;
}

/*
 * A PV guest maps what it has a right to by itself, so there is nothing to do; but toolstacks ask it for every
 * kind of guest.
 */
int64_t domctl_memory_mapping(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    const struct xen_domctl_memory_mapping *m = &op->u.memory_mapping;
    uint64_t last = m->first_mfn + m->nr_mfns - 1;
    struct lock_pair locks;
    bool both;

    (void)copy_back;
    if (last < m->first_mfn || last >> (PADDR_BITS - PAGE_SHIFT) || m->first_gfn + m->nr_mfns - 1 < m->first_gfn) {
        return -XEN_EINVAL;
    }
    if (m->nr_mfns > MAPPING_FRAMES_MAX) {
        return -XEN_E2BIG;
    }
    locks = lock_acquire_both(&CURRENT_DOMAIN()->lock, &d->lock);
    both = CURRENT_DOMAIN()->io_frames && rangeset_contains(CURRENT_DOMAIN()->io_frames, m->first_mfn, last) &&
           d->io_frames && rangeset_contains(d->io_frames, m->first_mfn, last);
    lock_release_both(locks);
    return both ? 0 : -XEN_EPERM;
}

int64_t domctl_irq(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    const struct xen_domctl_irq_permission *p = &op->u.irq_permission;
    struct lock_pair locks;
    int64_t error;

    (void)copy_back;
    if (p->pirq >= pirq_count()) {
        return -XEN_EINVAL;
    }
    locks = lock_acquire_both(&CURRENT_DOMAIN()->lock, &d->lock);
    error = change_right(CURRENT_DOMAIN()->irqs, d->irqs, p->pirq, p->pirq, p->allow_access);
    lock_release_both(locks);
    return error;
}

/* Whether a bitmap of the caller has any byte; a count of bits near its type's end has none, as on Xen. */
static bool has_bytes(const struct xenctl_bitmap *map)
{
    return (map->nr_bits + 7) / 8 != 0;
}

int64_t domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    uint8_t nodes = 0;

    /* There is one node; a set without it leaves nowhere to run. */
    (void)d;
    (void)copy_back;
    if (has_bytes(&op->u.nodeaffinity.nodemap) &&
        port_copy_from_guest(&nodes, GUEST_HANDLE_VA(op->u.nodeaffinity.nodemap.bitmap), 1)) {
        return -XEN_EFAULT;
    }
    return nodes & 1 ? 0 : -XEN_EINVAL;
}

int64_t domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    uint8_t nodes = 1;

    (void)d;
    (void)copy_back;
    if (!has_bytes(&op->u.nodeaffinity.nodemap)) {
        return 0;
    }
    return port_copy_to_guest(GUEST_HANDLE_VA(op->u.nodeaffinity.nodemap.bitmap), &nodes, 1);
}
