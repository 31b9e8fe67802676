/* SPDX-License-Identifier: MIT */
/*
 * Asks the hypervisor for every sub-operation of domctl, sysctl and platform_op, with arguments of zeros and of
 * ones, about several domains, and prints a line "OPERATION ARGUMENT DOMAIN: RESULT" for each. The same program
 * on Xen prints what is right. What would stop the machine is left out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/error.h"
#include "lib/hypercall.h"
#include "pvabi/domctl.h"
#include "pvabi/platform.h"
#include "pvabi/sysctl.h"
#include "pvabi/xen.h"

#define NOBODY      0x7000 /* no domain has this number */
#define NAME(op)    {#op, XEN_DOMCTL_##op}
#define SYSNAME(op) {#op, XEN_SYSCTL_##op}
#define PFNAME(op)  {#op, XENPF_##op}

struct operation {
    const char *name;
    uint32_t number;
};

/* unpausedomain, destroydomain and createdomain are the frame of this program, not part of it. */
static const struct operation domctls[] = {
    {"unassigned-0", 0},
    {"unassigned-6", 6},
    {"unassigned-7", 7},
    {"unassigned-8", 8},
    {"unassigned-87", 87},
    {"unassigned-999", 999},
    NAME(getdomaininfo),
    NAME(setvcpuaffinity),
    NAME(shadow_op),
    NAME(max_mem),
    NAME(setvcpucontext),
    NAME(getvcpucontext),
    NAME(getvcpuinfo),
    NAME(max_vcpus),
    NAME(scheduler_op),
    NAME(setdomainhandle),
    NAME(setdebugging),
    NAME(irq_permission),
    NAME(iomem_permission),
    NAME(ioport_permission),
    NAME(hypercall_init),
    NAME(settimeoffset),
    NAME(getvcpuaffinity),
    NAME(real_mode_area),
    NAME(resumedomain),
    NAME(sendtrigger),
    NAME(subscribe),
    NAME(gethvmcontext),
    NAME(sethvmcontext),
    NAME(set_address_size),
    NAME(get_address_size),
    NAME(assign_device),
    NAME(bind_pt_irq),
    NAME(memory_mapping),
    NAME(ioport_mapping),
    NAME(set_ext_vcpucontext),
    NAME(get_ext_vcpucontext),
    NAME(set_opt_feature),
    NAME(test_assign_device),
    NAME(set_target),
    NAME(deassign_device),
    NAME(unbind_pt_irq),
    NAME(get_device_group),
    NAME(debug_op),
    NAME(gethvmcontext_partial),
    NAME(vm_event_op),
    NAME(mem_sharing_op),
    NAME(gettscinfo),
    NAME(settscinfo),
    NAME(getpageframeinfo3),
    NAME(setvcpuextstate),
    NAME(getvcpuextstate),
    NAME(set_access_required),
    NAME(audit_p2m),
    NAME(set_virq_handler),
    NAME(set_broken_page_p2m),
    NAME(setnodeaffinity),
    NAME(getnodeaffinity),
    NAME(cacheflush),
    NAME(get_vcpu_msrs),
    NAME(set_vcpu_msrs),
    NAME(setvnumainfo),
    NAME(psr_cmt_op),
    NAME(monitor_op),
    NAME(psr_alloc),
    NAME(soft_reset),
    NAME(vuart_op),
    NAME(get_cpu_policy),
    NAME(set_cpu_policy),
    NAME(vmtrace_op),
    NAME(get_paging_mempool_size),
    NAME(set_paging_mempool_size),
    NAME(gdbsx_guestmemio),
    NAME(gdbsx_pausevcpu),
    NAME(gdbsx_unpausevcpu),
    NAME(gdbsx_domstatus),
};

/* Not page_offline_op: its zeros take frame 0 away. */
static const struct operation sysctls[] = {
    {"unassigned-0", 0},
    {"unassigned-13", 13},
    {"unassigned-24", 24},
    {"unassigned-28", 28},
    {"unassigned-30", 30},
    SYSNAME(readconsole),
    SYSNAME(tbuf_op),
    SYSNAME(physinfo),
    SYSNAME(sched_id),
    SYSNAME(perfc_op),
    SYSNAME(getdomaininfolist),
    SYSNAME(debug_keys),
    SYSNAME(getcpuinfo),
    SYSNAME(availheap),
    SYSNAME(get_pmstat),
    SYSNAME(cpu_hotplug),
    SYSNAME(pm_op),
    SYSNAME(lockprof_op),
    SYSNAME(cputopoinfo),
    SYSNAME(numainfo),
    SYSNAME(cpupool_op),
    SYSNAME(scheduler_op),
    SYSNAME(coverage_op),
    SYSNAME(psr_cmt_op),
    SYSNAME(pcitopoinfo),
    SYSNAME(psr_alloc),
    SYSNAME(get_cpu_levelling_caps),
    SYSNAME(get_cpu_featureset),
    SYSNAME(livepatch_op),
    SYSNAME(get_cpu_policy),
};

/* Not enter_acpi_sleep, the clock, cpu_offline, mem_hotadd: they would be obeyed. */
static const struct operation platform_ops[] = {
    {"unassigned-1", 1},
    {"unassigned-64", 64},
    PFNAME(add_memtype),
    PFNAME(del_memtype),
    PFNAME(read_memtype),
    PFNAME(microcode_update),
    PFNAME(platform_quirk),
    PFNAME(get_cpu_version),
    PFNAME(firmware_info),
    PFNAME(change_freq),
    PFNAME(getidletime),
    PFNAME(set_processor_pminfo),
    PFNAME(get_cpuinfo),
    PFNAME(cpu_online),
    PFNAME(cpu_hotadd),
    PFNAME(core_parking),
    PFNAME(resource_op),
    PFNAME(get_symbol),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct pv_ctx *ctx;

static long domctl(domid_t domain, uint32_t number, struct xen_domctl *op)
{
    op->cmd = number;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domain;
    return pv_hypercall1(ctx, __HYPERVISOR_domctl, op);
}

static void try_domctls(const char *target, domid_t domain, uint8_t fill)
{
    struct xen_domctl *op = pv_ctx_take(ctx, sizeof(*op));

    for (size_t i = 0; i < COUNT(domctls); i++) {
        memset(&op->u, fill, sizeof(op->u));
        memset(op->_pad, 0, sizeof(op->_pad));
        printf("domctl-%s-%s-%s: %ld\n", domctls[i].name, fill ? "ones" : "zeros", target,
               domctl(domain, domctls[i].number, op));
    }
}

static void try_sysctls(uint8_t fill)
{
    struct xen_sysctl *op = pv_ctx_take(ctx, sizeof(*op));

    for (size_t i = 0; i < COUNT(sysctls); i++) {
        memset(&op->u, fill, sizeof(op->u));
        op->cmd = sysctls[i].number;
        op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
        printf("sysctl-%s-%s: %ld\n", sysctls[i].name, fill ? "ones" : "zeros",
               pv_hypercall1(ctx, __HYPERVISOR_sysctl, op));
    }
}

static void try_platform_ops(uint8_t fill)
{
    struct xen_platform_op *op = pv_ctx_take(ctx, sizeof(*op));

    for (size_t i = 0; i < COUNT(platform_ops); i++) {
        memset(&op->u, fill, sizeof(op->u));
        op->cmd = platform_ops[i].number;
        op->interface_version = XENPF_INTERFACE_VERSION;
        printf("platform_op-%s-%s: %ld\n", platform_ops[i].name, fill ? "ones" : "zeros",
               pv_hypercall1(ctx, __HYPERVISOR_platform_op, op));
    }
}

/* What createdomain says to one change of a good argument. */
static void try_create(const char *name, struct xen_domctl_createdomain create)
{
    struct xen_domctl *op = pv_ctx_take(ctx, sizeof(*op));
    long result;

    op->u.createdomain = create;
    result = domctl(0, XEN_DOMCTL_createdomain, op);
    printf("create-%s: %ld\n", name, result);
    if (result == 0) {
        domctl(op->domain, XEN_DOMCTL_destroydomain, op);
    }
}

static const struct xen_domctl_createdomain good = {
    .max_vcpus = 1, .max_evtchn_port = 1023, .max_grant_frames = 4, .max_maptrack_frames = 4, .grant_opts = 1};

static void try_creations(void)
{
    struct xen_domctl_createdomain c = good;

    try_create("good", c);
#define TRY(name, change)    \
    do {                     \
        c = good;            \
        change;              \
        try_create(name, c); \
    } while (0)
    TRY("no-vcpus", c.max_vcpus = 0);
    TRY("many-vcpus", c.max_vcpus = 8193);
    TRY("all-vcpus", c.max_vcpus = UINT32_MAX);
    TRY("hap", c.flags = XEN_DOMCTL_CDF_hap);
    TRY("s3", c.flags = XEN_DOMCTL_CDF_s3_integrity);
    TRY("oos-off", c.flags = XEN_DOMCTL_CDF_oos_off);
    TRY("nested", c.flags = XEN_DOMCTL_CDF_nested_virt);
    TRY("iommu", c.flags = XEN_DOMCTL_CDF_iommu);
    TRY("flag-31", c.flags = 1U << 31);
    TRY("iommu-opts", c.iommu_opts = 1);
    TRY("grants-3", c.grant_opts = 3);
    TRY("grants-bits", c.grant_opts = 0x11);
    TRY("grants-0", c.grant_opts = 0);
    TRY("pool-7", c.cpupool_id = 7);
    TRY("vmtrace", c.vmtrace_size = 4096);
    TRY("emulation", c.arch.emulation_flags = 1);
    TRY("msr-relaxed", c.arch.misc_flags = XEN_X86_MSR_RELAXED);
    TRY("misc-bits", c.arch.misc_flags = 1U << 31);
    TRY("default-grants", (c.max_grant_frames = -1, c.max_maptrack_frames = -1));
    TRY("no-ports", c.max_evtchn_port = 0);
}

int main(void)
{
    struct pv_error error = {0};
    struct xen_domctl *op;
    domid_t bare, made;

    ctx = pv_ctx_open(&error);
    if (!ctx) {
        fprintf(stderr, "toolstack-ops: no hypervisor\n");
        return 1;
    }
    op = pv_ctx_take(ctx, sizeof(*op));
    op->u.createdomain = good;
    if (domctl(0, XEN_DOMCTL_createdomain, op) != 0) {
        return 1;
    }
    bare = op->domain;
    op->u.createdomain = good;
    if (domctl(0, XEN_DOMCTL_createdomain, op) != 0) {
        return 1;
    }
    made = op->domain;
    op->u.max_vcpus.max = 1;
    if (domctl(made, XEN_DOMCTL_max_vcpus, op) != 0) {
        return 1;
    }
    for (int fill = 0; fill <= 0xff; fill += 0xff) {
        try_domctls("nobody", NOBODY, (uint8_t)fill);
        try_domctls("bare", bare, (uint8_t)fill);
        try_domctls("made", made, (uint8_t)fill);
        try_sysctls((uint8_t)fill);
        try_platform_ops((uint8_t)fill);
    }
    try_creations();
    memset(&op->u, 0, sizeof(op->u));
    domctl(bare, XEN_DOMCTL_destroydomain, op);
    domctl(made, XEN_DOMCTL_destroydomain, op);
    pv_ctx_close(ctx);
    return 0;
}
