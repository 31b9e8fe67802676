/* SPDX-License-Identifier: MIT */
/* Operations of the toolstack: domctl, sysctl, platform_op; guests try them, too, and are refused. */
#include "operations.h"

#include <string.h>

#include "lib/e820.h"
#include "port/time.h"
#include "pvabi/platform.h"
#include "pvabi/sysctl.h"

#define NEW_DOMAINS 3u
#define NEW_VCPUS   3u
#define HANDLE(va)  ((void *)(uintptr_t)(va).n)

/* A domain that is there from the beginning, or one that dom0 makes. */
static domid_t target(void)
{
    return fuzz_one_in(16) ? fuzz_domid() : (domid_t)(1 + fuzz_below(FUZZ_DOMAINS - 1 + NEW_DOMAINS));
}

static void domctl(struct xen_domctl *op, uint32_t command, domid_t id)
{
    op->cmd = command;
    op->interface_version = fuzz_one_in(64) ? fuzz_u32() : XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    fuzz_call(__HYPERVISOR_domctl, fuzz_put(op, sizeof(*op)).n, 0, 0, 0);
}

static guest_va_t bitmap_bits(void)
{
    uint64_t bits = fuzz_one_in(4) ? ~0ull : fuzz_u8();

    return fuzz_put(&bits, sizeof(bits));
}

/* A new domain, with its vCPUs and some memory. */
void op_control_create(void)
{
    struct xen_domctl op;
    domid_t id = (domid_t)(FUZZ_DOMAINS + fuzz_below(NEW_DOMAINS));

    memset(&op, 0, sizeof(op));
    op.u.createdomain.max_vcpus = fuzz_one_in(32) ? (uint32_t)fuzz_number() : 1 + fuzz_below(NEW_VCPUS);
    op.u.createdomain.max_evtchn_port = fuzz_one_in(4) ? (uint32_t)fuzz_number() : 1023;
    op.u.createdomain.max_grant_frames = fuzz_one_in(16) ? (int32_t)fuzz_number() : 2;
    op.u.createdomain.max_maptrack_frames = fuzz_one_in(16) ? (int32_t)fuzz_number() : 2;
    op.u.createdomain.grant_opts = fuzz_one_in(8) ? fuzz_u8() : fuzz_below(3);
    op.u.createdomain.flags = fuzz_one_in(16) ? fuzz_u32() : 0;
    if (op.u.createdomain.max_vcpus > 24 && op.u.createdomain.max_vcpus < DOMAIN_VCPUS_MAX) {
        op.u.createdomain.max_vcpus = 24; /* as many as there are rooms for: world.c */
    }
    domctl(&op, XEN_DOMCTL_createdomain, id);
}

/* What comes between creation and the first run. */
void op_control_build(void)
{
    struct xen_domctl op;
    domid_t id = target();
    xen_pfn_t frames[4] = {0, 1, 2, 3};
    struct xen_memory_reservation r = {.nr_extents = 4, .domid = id};

    memset(&op, 0, sizeof(op));
    switch (fuzz_below(7)) {
    case 0:
        op.u.max_vcpus.max = fuzz_one_in(16) ? (uint32_t)fuzz_number() : 1 + fuzz_below(NEW_VCPUS);
        domctl(&op, XEN_DOMCTL_max_vcpus, id);
        break;
    case 1:
        op.u.max_mem.max_memkb = fuzz_one_in(8) ? fuzz_number() : 4ull * (8 + fuzz_below(24));
        domctl(&op, XEN_DOMCTL_max_mem, id);
        break;
    case 2:
    case 3:
        r.extent_start.p = HANDLE(fuzz_put(frames, sizeof(frames)));
        fuzz_call(__HYPERVISOR_memory_op, XENMEM_populate_physmap, fuzz_put(&r, sizeof(r)).n, 0, 0);
        break;
    case 4:
        op.u.hypercall_init.gmfn = fuzz_frame().n;
        domctl(&op, XEN_DOMCTL_hypercall_init, id);
        break;
    default:
        op.u.vcpucontext.vcpu = fuzz_below(NEW_VCPUS);
        op.u.vcpucontext.ctxt.p = HANDLE(fuzz_context_of(id));
        domctl(&op, XEN_DOMCTL_setvcpucontext, id);
    }
}

/* Pausing, resuming, killing. */
void op_control_life(void)
{
    static const uint8_t commands[] = {XEN_DOMCTL_pausedomain, XEN_DOMCTL_unpausedomain,
                                       XEN_DOMCTL_unpausedomain, XEN_DOMCTL_resumedomain,
                                       XEN_DOMCTL_destroydomain};
    struct xen_domctl op;
    uint32_t command;

    memset(&op, 0, sizeof(op));
    command = FUZZ_PICK(commands);
    domctl(&op, command, target());
}

static void affinity(struct xen_domctl *op)
{
    op->u.vcpuaffinity.vcpu = fuzz_below(NEW_VCPUS);
    op->u.vcpuaffinity.flags = fuzz_below(8);
    op->u.vcpuaffinity.cpumap_hard.bitmap.p = HANDLE(bitmap_bits());
    op->u.vcpuaffinity.cpumap_soft.bitmap.p = HANDLE(bitmap_bits());
    op->u.vcpuaffinity.cpumap_hard.nr_bits = fuzz_one_in(8) ? (uint32_t)fuzz_number() : 64;
    op->u.vcpuaffinity.cpumap_soft.nr_bits = 64;
}

static void policy(struct xen_domctl *op)
{
    xen_cpuid_leaf_t leaves[3];
    xen_msr_entry_t entry = {.idx = fuzz_one_in(2) ? 0xceu : fuzz_u32(), .val = fuzz_u8()};

    memset(leaves, 0, sizeof(leaves));
    for (unsigned int i = 0; i < ARRAY_SIZE(leaves); i++) {
        leaves[i].leaf = fuzz_one_in(8) ? fuzz_u32() : fuzz_below(64) % 16 | (i & 1 ? 0x80000000u : 0);
        leaves[i].subleaf = fuzz_one_in(2) ? ~0u : fuzz_below(3);
        leaves[i].a = fuzz_u8();
        leaves[i].b = fuzz_u32();
    }
    op->u.cpu_policy.nr_leaves = fuzz_one_in(8) ? (uint32_t)fuzz_number() : fuzz_below(4);
    op->u.cpu_policy.nr_msrs = fuzz_below(2);
    op->u.cpu_policy.leaves.p = HANDLE(fuzz_put(leaves, sizeof(leaves)));
    op->u.cpu_policy.msrs.p = HANDLE(fuzz_put(&entry, sizeof(entry)));
}

static void rights(struct xen_domctl *op, domid_t id)
{
    bool allow = fuzz_one_in(2);

    switch (fuzz_below(3)) {
    case 0:
        op->u.ioport_permission.first_port = fuzz_one_in(4) ? (uint32_t)fuzz_number() : 0x60 + fuzz_below(16);
        op->u.ioport_permission.nr_ports = fuzz_one_in(4) ? (uint32_t)fuzz_number() : fuzz_below(8);
        op->u.ioport_permission.allow_access = allow;
        domctl(op, XEN_DOMCTL_ioport_permission, id);
        break;
    case 1:
        op->u.iomem_permission.first_mfn = fuzz_one_in(4) ? fuzz_number() : fuzz_u8();
        op->u.iomem_permission.nr_mfns = fuzz_one_in(4) ? fuzz_number() : fuzz_below(8);
        op->u.iomem_permission.allow_access = allow;
        domctl(op, XEN_DOMCTL_iomem_permission, id);
        break;
    default:
        op->u.irq_permission.pirq = fuzz_one_in(8) ? (uint8_t)fuzz_number() : fuzz_below(24);
        op->u.irq_permission.allow_access = allow;
        domctl(op, XEN_DOMCTL_irq_permission, id);
    }
}

/* What has numbers only, or asks. */
static void simple(struct xen_domctl *op, domid_t id)
{
    static const uint8_t commands[] = {
        XEN_DOMCTL_getvcpuinfo, XEN_DOMCTL_setdomainhandle,  XEN_DOMCTL_settimeoffset,
        XEN_DOMCTL_subscribe,   XEN_DOMCTL_set_address_size, XEN_DOMCTL_get_address_size,
        XEN_DOMCTL_gettscinfo,  XEN_DOMCTL_settscinfo,       XEN_DOMCTL_getdomaininfo,
        XEN_DOMCTL_shadow_op,   XEN_DOMCTL_scheduler_op};
    uint32_t command = fuzz_one_in(16) ? fuzz_u32() : fuzz_one_in(4) ? fuzz_u8() : FUZZ_PICK(commands);

    for (unsigned int i = 0; i < 24; i += 4) {
        op->u.pad[i] = fuzz_u8() % 32;
    }
    if (command == XEN_DOMCTL_scheduler_op) {
        op->u.scheduler_op.sched_id = fuzz_one_in(8) ? fuzz_u8() : sched_policy_id();
        op->u.scheduler_op.cmd = fuzz_below(4);
        op->u.scheduler_op.u.credit2.weight = fuzz_u16();
        op->u.scheduler_op.u.credit2.cap = fuzz_u8();
    }
    domctl(op, command, id);
}

void op_control_rest(void)
{
    struct xen_domctl op;
    domid_t id = target();

    memset(&op, 0, sizeof(op));
    switch (fuzz_below(9)) {
    case 0:
        affinity(&op);
        domctl(&op, fuzz_one_in(3) ? XEN_DOMCTL_getvcpuaffinity : XEN_DOMCTL_setvcpuaffinity, id);
        break;
    case 1:
        policy(&op);
        domctl(&op, fuzz_one_in(3) ? XEN_DOMCTL_get_cpu_policy : XEN_DOMCTL_set_cpu_policy, id);
        break;
    case 2:
    case 3:
        rights(&op, id);
        break;
    case 4:
        op.u.vcpucontext.vcpu = fuzz_below(NEW_VCPUS);
        op.u.vcpucontext.ctxt.p = HANDLE(fuzz_context_of(id));
        domctl(&op, XEN_DOMCTL_getvcpucontext, id);
        break;
    case 5:
        op.u.nodeaffinity.nodemap.nr_bits = fuzz_below(65);
        op.u.nodeaffinity.nodemap.bitmap.p = HANDLE(bitmap_bits());
        domctl(&op, fuzz_one_in(2) ? XEN_DOMCTL_setnodeaffinity : XEN_DOMCTL_getnodeaffinity, id);
        break;
    default:
        simple(&op, id);
    }
}

/* A claim, a memory map: memory_op of the toolstack. */
void op_control_memory(void)
{
    struct {
        domid_t domain;
        struct xen_memory_map map;
    } set;
    struct e820entry entries[3] = {
        {0, 0x100000, 1}, {fuzz_number() << PAGE_SHIFT, 0x1000, 1}, {~0ull, 16, 2}};
    struct xen_memory_reservation claim = {.nr_extents = fuzz_one_in(4) ? fuzz_number() : fuzz_u8(),
                                           .domid = target()};

    memset(&set, 0, sizeof(set));
    switch (fuzz_below(3)) {
    case 0:
        fuzz_call(__HYPERVISOR_memory_op, XENMEM_claim_pages, fuzz_put(&claim, sizeof(claim)).n, 0, 0);
        break;
    case 1:
        set.domain = fuzz_one_in(4) ? DOMID_SELF : target();
        set.map.nr_entries = fuzz_one_in(8) ? (unsigned int)fuzz_number() : fuzz_below(4);
        set.map.buffer.p = HANDLE(fuzz_put(entries, sizeof(entries)));
        fuzz_call(__HYPERVISOR_memory_op, XENMEM_set_memory_map, fuzz_put(&set, sizeof(set)).n, 0, 0);
        break;
    default:
        set.map.nr_entries = fuzz_below(4);
        set.map.buffer.p = HANDLE(fuzz_put(entries, sizeof(entries)));
        fuzz_call(__HYPERVISOR_memory_op, fuzz_one_in(2) ? XENMEM_memory_map : XENMEM_machine_memory_map,
                  fuzz_put(&set.map, sizeof(set.map)).n, 0, 0);
    }
}

void op_control_system(void)
{
    struct xen_sysctl op;
    uint64_t room[64] = {0};
    guest_va_t list = fuzz_put(room, sizeof(room));

    memset(&op, 0, sizeof(op));
    op.cmd = fuzz_one_in(32) ? fuzz_u32() : fuzz_below(32);
    op.interface_version = fuzz_one_in(64) ? fuzz_u32() : XEN_SYSCTL_INTERFACE_VERSION;
    for (unsigned int i = 0; i < 24; i += 4) {
        op.u.pad[i] = fuzz_u8() % 32;
    }
    /* The handle of most stands behind one or two words; of the others it is nonsense now. */
    memcpy(op.u.pad + 8 * fuzz_below(4), &list, sizeof(list));
    if (op.cmd == XEN_SYSCTL_debug_keys) {
        op.u.debug_keys.keys.p = HANDLE(fuzz_put("hdegmqrtu0", 10));
        op.u.debug_keys.nr_keys = fuzz_below(11);
    }
    if (op.cmd == XEN_SYSCTL_get_cpu_policy) {
        op.u.cpu_policy.leaves.p = HANDLE(list);
        op.u.cpu_policy.msrs.p = HANDLE(list);
    }
    fuzz_call(__HYPERVISOR_sysctl, fuzz_put(&op, sizeof(op)).n, 0, 0, 0);
}

void op_control_platform(void)
{
    static const uint8_t commands[] = {XENPF_settime32, XENPF_settime64, XENPF_get_cpuinfo,
                                       XENPF_firmware_info};
    struct xen_platform_op op;

    memset(&op, 0, sizeof(op));
    op.cmd = fuzz_one_in(8) ? fuzz_below(80) : FUZZ_PICK(commands);
    op.interface_version = fuzz_one_in(32) ? fuzz_u32() : XENPF_INTERFACE_VERSION;
    for (unsigned int i = 0; i < 24; i += 4) {
        op.u.pad[i] = fuzz_u8();
    }
    fuzz_call(__HYPERVISOR_platform_op, fuzz_put(&op, sizeof(op)).n, 0, 0, 0);
}
