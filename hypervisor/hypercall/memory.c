/* SPDX-License-Identifier: MIT */
/* memory_op: from the operation's number to the file that does it, and those that only ask for a figure. */
#include "hypercall/memory.h"

#include "core/domain.h"
#include "core/frame_alloc.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"

#define NODES_MAX 64u

int memory_place_decode(const struct domain *caller, unsigned int mem_flags, struct memory_place *place)
{
    unsigned int node = XENMEMF_get_node(mem_flags), bits = XENMEMF_get_address_bits(mem_flags);
    bool any_node = node == XENMEMF_get_node(0u), exact = mem_flags & XENMEMF_exact_node_request;

    *place = (struct memory_place){bits, false};
    if (bits != 0 && bits <= PAGE_SHIFT) {
        return -XEN_EINVAL;
    }
    if (any_node || mem_flags & XENMEMF_vnode) {
        return 0;
    }
    if (!caller->privileged) {
        return exact ? -XEN_EINVAL : 0;
    }
    place->nowhere = exact && node != 0;
    return node < NODES_MAX ? 0 : -XEN_EINVAL;
}

int memory_target(domid_t id, struct domain **target)
{
    *target = domain_get_or_self(id);
    if (!*target) {
        return -XEN_ESRCH;
    }
    if (!domain_may_control(CURRENT_DOMAIN(), *target)) {
        domain_put(*target);
        return -XEN_EPERM;
    }
    return 0;
}

static int64_t figure_of(const struct domain *d, unsigned int operation)
{
    uint64_t pfn_count;

    switch (operation) {
    case XENMEM_current_reservation:
        return (int64_t)port_read_u64(&d->mm.frame_count);
    case XENMEM_maximum_reservation:
        return (int64_t)port_read_u64(&d->mm.frame_max);
    default:
        /* The guest's own word about its memory; one that has said nothing yet has no highest frame. */
        pfn_count = port_read_u64(&d->shared_info->arch.max_pfn);
        return (int64_t)((pfn_count ? pfn_count : 1) - 1);
    }
}

static int64_t memory_figure(guest_va_t at, unsigned int operation)
{
    struct domain *d;
    domid_t id;
    int64_t result;

    if (port_copy_from_guest(&id, at, sizeof(id))) {
        return -XEN_EFAULT;
    }
    result = memory_target(id, &d);
    if (result == 0) {
        result = figure_of(d, operation);
        domain_put(d);
    }
    return result;
}

int64_t memory_claim(guest_va_t at)
{
    struct xen_memory_reservation claim;
    struct domain *d;
    int64_t result = -XEN_EPERM;

    if (port_copy_from_guest(&claim, at, sizeof(claim))) {
        return -XEN_EFAULT;
    }
    if (GUEST_HANDLE_VA(claim.extent_start).n != 0 || claim.extent_order != 0 || claim.mem_flags != 0) {
        return -XEN_EINVAL;
    }
    d = domain_get(claim.domid);
    if (!d) {
        return -XEN_EINVAL;
    }
    if (CURRENT_DOMAIN()->privileged) {
        result = frame_claim(d, claim.nr_extents);
    }
    domain_put(d);
    return result;
}

static int64_t memory_vnuma(guest_va_t at)
{
    struct xen_vnuma_topology_info topology;
    struct domain *d;
    int64_t result;

    if (port_copy_from_guest(&topology, at, sizeof(topology))) {
        return -XEN_EFAULT;
    }
    if (topology.pad != 0) {
        return -XEN_EINVAL;
    }
    result = memory_target(topology.domid, &d);
    if (result == 0) {
        domain_put(d);
        result = -XEN_EOPNOTSUPP; /* no domain has virtual nodes */
    }
    return result;
}

/* Operations that are never interrupted and so start at 0. */
static int64_t memory_op_whole(guest_va_t at, unsigned int operation)
{
    switch (operation) {
    case XENMEM_maximum_ram_page:
        return (int64_t)port_frame_limit();
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return memory_figure(at, operation);
    case XENMEM_exchange:
        return memory_exchange(at);
    case XENMEM_claim_pages:
        return memory_claim(at);
    case XENMEM_remove_from_physmap:
        return memory_physmap_remove(at);
    case XENMEM_get_vnumainfo:
        return memory_vnuma(at);
    default:
        return -XEN_ENOSYS;
    }
}

int64_t hypercall_memory_op(struct hypercall_args *args)
{
    unsigned int operation = (unsigned int)(args->arg[0] & MEMORY_OPERATION_MASK);
    uint64_t start = args->arg[0] >> MEMORY_OPERATION_BITS;
    guest_va_t at = hypercall_pointer(args, 1);

    switch (operation) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return memory_reserve(args, operation, start);
    case XENMEM_machphys_mfn_list:
        return memory_m2p_frames(at);
    case XENMEM_machphys_mapping:
        return memory_m2p_place(at);
    case XENMEM_machphys_compat_mfn_list:
        return -XEN_EOPNOTSUPP; /* for 32-bit guests */
    case XENMEM_memory_map:
        return memory_map_own(at);
    case XENMEM_machine_memory_map:
        return memory_map_machine(at);
    case XENMEM_set_memory_map:
        return memory_map_set(at);
    case XENMEM_reserved_device_memory_map:
        return memory_reserved_devices(at);
    case XENMEM_acquire_resource:
        return memory_resource(args, start);
    case XENMEM_add_to_physmap:
        return memory_physmap_add(at, start);
    case XENMEM_add_to_physmap_batch:
        return memory_physmap_add_batch(at, start);
    case XENMEM_get_sharing_freed_pages:
    case XENMEM_get_sharing_shared_pages:
        return 0; /* no frame is ever shared between domains behind their backs */
    default:
        return start ? -XEN_EINVAL : memory_op_whole(at, operation);
    }
}
