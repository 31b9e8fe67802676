/* SPDX-License-Identifier: MIT */
/* domctl: the toolstack's control of domains. One table of commands; creation and the list stand here. */
#include "hypercall/domctl.h"
#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "lib/nospec.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "pvabi/parvis.h"

#define GRANT_FRAMES_DEFAULT    64u
#define MAPTRACK_FRAMES_DEFAULT 1024u
#define GRANT_FRAMES_MAX        16384u

static domctl_handler *const handlers[] = {
    [XEN_DOMCTL_destroydomain] = domctl_destroy,
    [XEN_DOMCTL_pausedomain] = domctl_pause,
    [XEN_DOMCTL_unpausedomain] = domctl_unpause,
    [XEN_DOMCTL_shadow_op] = domctl_shadow_op,
    [XEN_DOMCTL_max_mem] = domctl_max_mem,
    [XEN_DOMCTL_setvcpucontext] = domctl_setvcpucontext,
    [XEN_DOMCTL_getvcpucontext] = domctl_getvcpucontext,
    [XEN_DOMCTL_getvcpuinfo] = domctl_getvcpuinfo,
    [XEN_DOMCTL_max_vcpus] = domctl_max_vcpus,
    [XEN_DOMCTL_scheduler_op] = domctl_scheduler_op,
    [XEN_DOMCTL_setdomainhandle] = domctl_set_handle,
    [XEN_DOMCTL_irq_permission] = domctl_irq,
    [XEN_DOMCTL_iomem_permission] = domctl_io_frames,
    [XEN_DOMCTL_ioport_permission] = domctl_io_ports,
    [XEN_DOMCTL_hypercall_init] = domctl_hypercall_init,
    [XEN_DOMCTL_settimeoffset] = domctl_set_time_offset,
    [XEN_DOMCTL_getvcpuaffinity] = domctl_getvcpuaffinity,
    [XEN_DOMCTL_setvcpuaffinity] = domctl_setvcpuaffinity,
    [XEN_DOMCTL_resumedomain] = domctl_resume,
    [XEN_DOMCTL_subscribe] = domctl_subscribe,
    [XEN_DOMCTL_set_address_size] = domctl_address_size,
    [XEN_DOMCTL_get_address_size] = domctl_address_size,
    [XEN_DOMCTL_gettscinfo] = domctl_get_tsc_info,
    [XEN_DOMCTL_settscinfo] = domctl_set_tsc_info,
    [XEN_DOMCTL_setnodeaffinity] = domctl_setnodeaffinity,
    [XEN_DOMCTL_getnodeaffinity] = domctl_getnodeaffinity,
    [XEN_DOMCTL_get_cpu_policy] = domctl_get_cpu_policy,
    [XEN_DOMCTL_set_cpu_policy] = domctl_set_cpu_policy,
    [XEN_DOMCTL_get_ext_vcpucontext] = domctl_get_ext_vcpucontext,
    [XEN_DOMCTL_set_ext_vcpucontext] = domctl_set_ext_vcpucontext,
    [XEN_DOMCTL_get_vcpu_msrs] = domctl_get_vcpu_msrs,
    [XEN_DOMCTL_set_vcpu_msrs] = domctl_set_vcpu_msrs,
    [XEN_DOMCTL_getvcpuextstate] = domctl_getvcpuextstate,
    [XEN_DOMCTL_setvcpuextstate] = domctl_setvcpuextstate,
    [XEN_DOMCTL_getpageframeinfo3] = domctl_getpageframeinfo3,
    [XEN_DOMCTL_sendtrigger] = domctl_sendtrigger,
    [XEN_DOMCTL_set_virq_handler] = domctl_set_virq_handler,
    [XEN_DOMCTL_memory_mapping] = domctl_memory_mapping,
    [XEN_DOMCTL_set_target] = domctl_set_target,
    [XEN_DOMCTL_vm_event_op] = domctl_vm_event,
};

/*
 * What Xen refuses a PV domain, or any where the machine has not got what it takes, with its errors. Commands
 * that are in neither table are -ENOSYS.
 */
static const struct refusal {
    uint32_t command;
    int32_t error;
} refusals[] = {
    {XEN_DOMCTL_gethvmcontext, XEN_EINVAL},
    {XEN_DOMCTL_gethvmcontext_partial, XEN_EINVAL},
    {XEN_DOMCTL_sethvmcontext, XEN_EINVAL},
    {XEN_DOMCTL_bind_pt_irq, XEN_EINVAL},
    {XEN_DOMCTL_unbind_pt_irq, XEN_EINVAL},
    {XEN_DOMCTL_debug_op, XEN_EINVAL},
    {XEN_DOMCTL_set_broken_page_p2m, XEN_EINVAL},
    {XEN_DOMCTL_soft_reset, XEN_EINVAL},
    {XEN_DOMCTL_vmtrace_op, XEN_EINVAL},
    {XEN_DOMCTL_assign_device, XEN_EOPNOTSUPP},
    {XEN_DOMCTL_deassign_device, XEN_EOPNOTSUPP},
    {XEN_DOMCTL_test_assign_device, XEN_EOPNOTSUPP},
    {XEN_DOMCTL_get_device_group, XEN_EOPNOTSUPP},
    {XEN_DOMCTL_ioport_mapping, XEN_EOPNOTSUPP},
    {XEN_DOMCTL_monitor_op, XEN_EOPNOTSUPP},
    {XEN_DOMCTL_get_paging_mempool_size, XEN_EOPNOTSUPP},
    {XEN_DOMCTL_set_paging_mempool_size, XEN_EOPNOTSUPP},
    {XEN_DOMCTL_psr_cmt_op, XEN_ENODEV},
};

static int64_t refuse(const struct xen_domctl *op)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(refusals); i++) {
        if (refusals[i].command == op->cmd) {
            return -refusals[i].error;
        }
    }
    if (op->cmd == XEN_DOMCTL_psr_alloc) {
        return op->u.psr_alloc.cmd > XEN_DOMCTL_PSR_GET_MBA_THRTL ? -XEN_EOPNOTSUPP : -XEN_ENODEV;
    }
    return -XEN_ENOSYS;
}

/* Negative limits ask for the defaults. */
static int64_t grant_limit(int32_t asked, uint32_t standard, uint32_t *limit)
{
    *limit = asked < 0 ? standard : (uint32_t)asked;
    return *limit > GRANT_FRAMES_MAX ? -XEN_EINVAL : 0;
}

/*
 * Flags are for kinds of guests that Parvis does not run; xs_domain only marks, and oos_off is about tables that
 * a PV guest does not have.
 */
static int64_t kind_of_guest(const struct xen_domctl_createdomain *c)
{
    const uint32_t known = XEN_DOMCTL_CDF_xs_domain | XEN_DOMCTL_CDF_oos_off;

    if (c->flags & ~known || c->iommu_opts != 0 || c->vmtrace_size != 0 ||
        c->grant_opts & ~(uint32_t)XEN_DOMCTL_GRANT_version_mask || c->grant_opts > 2 ||
        c->arch.misc_flags & ~(uint32_t)XEN_X86_MSR_RELAXED) {
        return -XEN_EINVAL;
    }
    if (c->arch.emulation_flags != 0) {
        return -XEN_EOPNOTSUPP;
    }
    return c->cpupool_id != 0 ? -XEN_ESRCH : 0;
}

static int64_t create(struct xen_domctl *op)
{
    const struct xen_domctl_createdomain *c = &op->u.createdomain;
    struct domain_config config = {
        .vcpu_count = c->max_vcpus,
        .event_port_max = c->max_evtchn_port,
        .grant_version_max = c->grant_opts & XEN_DOMCTL_GRANT_version_mask,
    };
    struct domain *d;
    int64_t error;

    error = kind_of_guest(c);
    if (error) {
        return error;
    }
    error = grant_limit(c->max_grant_frames, GRANT_FRAMES_DEFAULT, &config.grant_frames_max);
    error = error ? error
                  : grant_limit(c->max_maptrack_frames, MAPTRACK_FRAMES_DEFAULT, &config.maptrack_frames_max);
    if (error) {
        return error;
    }
    memcpy(config.handle, c->handle, sizeof(config.handle));
    error = domain_create(op->domain == 0 || op->domain >= DOMID_FIRST_RESERVED ? DOMID_INVALID : op->domain,
                          &config, &d);
    if (error) {
        return error;
    }
    op->domain = d->id;
    domain_put(d);
    return 0;
}

void domctl_fill_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    uint32_t running = 0, blocked = 0;
    struct vcpu *v;

    memset(info, 0, sizeof(*info));
    info->domain = d->id;
    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        struct vcpu_runstate_info runstate;

        sched_runstate_get(v, &runstate);
        info->cpu_time += runstate.time[RUNSTATE_running];
        info->max_vcpu_id = v->id;
        if (!(v->sched.pause_flags & SCHED_PAUSE_DOWN)) {
            info->nr_online_vcpus++;
            blocked += v->sched.pause_flags & SCHED_PAUSE_BLOCKED ? 1 : 0;
            running += v->sched.running ? 1 : 0;
        }
    }
    info->flags = (d->life == DOMAIN_DEAD || d->life == DOMAIN_DYING ? XEN_DOMINF_dying : 0) |
                  (d->shut_down ? XEN_DOMINF_shutdown : 0) | (d->toolstack_pauses ? XEN_DOMINF_paused : 0) |
                  (blocked && blocked == info->nr_online_vcpus ? XEN_DOMINF_blocked : 0) |
                  (running ? XEN_DOMINF_running : 0) |
                  (d->shutdown_code & XEN_DOMINF_shutdownmask) << XEN_DOMINF_shutdownshift;
    info->tot_pages = d->mm.frame_count;
    info->max_pages = d->mm.frame_max;
    info->outstanding_pages = d->mm.claimed;
    info->shared_info_frame = d->shared_info_frame.n;
    memcpy(info->handle, d->handle, sizeof(info->handle));
}

/* Finds the first domain at or after the one asked for, as the toolstack's loops expect. */
static int64_t get_info(struct xen_domctl *op)
{
    struct domain *d = domain_get_next(op->domain);

    if (!d) {
        return op->domain >= DOMID_FIRST_RESERVED ? -XEN_EINVAL : -XEN_ESRCH;
    }
    domctl_fill_info(d, &op->u.getdomaininfo);
    op->domain = d->id;
    domain_put(d);
    return 0;
}

static int64_t run_command(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    domctl_handler *handler;

    if (op->cmd == PARVIS_DOMCTL_get_usage) {
        return domctl_usage(d, op, copy_back);
    }
    handler = op->cmd < ARRAY_SIZE(handlers) ? handlers[index_nospec(op->cmd, ARRAY_SIZE(handlers))] : NULL;
    return handler ? handler(d, op, copy_back) : refuse(op);
}

static int64_t run_on_domain(struct xen_domctl *op, bool *copy_back)
{
    struct domain *d;
    int64_t result;

    /* The domain is looked up first: without one it is not said whether there is such a command. */
    d = domain_get(op->domain);
    if (!d) {
        return -XEN_ESRCH;
    }
    result = run_command(d, op, copy_back);
    domain_put(d);
    return result;
}

int64_t hypercall_domctl(struct hypercall_args *args)
{
    guest_va_t argument = hypercall_pointer(args, 0);
    struct xen_domctl op;
    bool copy_back = false;
    int64_t result;

    if (port_copy_from_guest(&op, argument, sizeof(op))) {
        return -XEN_EFAULT;
    }
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION) {
        return -XEN_EACCES;
    }
    switch (op.cmd) {
    case XEN_DOMCTL_createdomain:
        result = create(&op);
        copy_back = true;
        break;
    case XEN_DOMCTL_getdomaininfo:
        result = get_info(&op);
        copy_back = true;
        break;
    default:
        result = run_on_domain(&op, &copy_back);
        break;
    }
    if (result == 0 && copy_back && port_copy_to_guest(argument, &op, sizeof(op))) {
        return -XEN_EFAULT;
    }
    return result;
}
