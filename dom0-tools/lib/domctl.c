/* SPDX-License-Identifier: MIT */
/* Control of one domain through domctl. */
#include "lib/domctl.h"

#include <errno.h>
#include <string.h>

#include "pvabi/domctl.h"
#include "pvabi/event_channel.h"
#include "pvabi/xen.h"

static long call(struct pv_ctx *ctx, struct xen_domctl *op, uint32_t command, uint16_t domid)
{
    op->cmd = command;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return pv_hypercall1(ctx, __HYPERVISOR_domctl, op);
}

static int refuse(struct pv_error *error, long result, uint16_t domid, const char *what)
{
    pv_error_errno(error, (int)-result, "domain %u: %s", domid, what);
    if (result == -ESRCH) {
        pv_error_set(error, PV_ERROR_NO_DOMAIN, "there is no domain %u", domid);
    } else if (result == -EPERM) {
        pv_error_class(error, PV_ERROR_NO_HOST);
    } else if (result == -EACCES) {
        pv_error_set(error, PV_ERROR_NO_HOST,
                     "the hypervisor speaks another version of the domctl interface than these tools (0x%x)",
                     XEN_DOMCTL_INTERFACE_VERSION);
    }
    return -1;
}

/* One domctl that needs no more than its own structure. */
static int simple(struct pv_ctx *ctx, uint32_t command, uint16_t domid, const struct xen_domctl *in,
                  const char *what, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_domctl *op = pv_ctx_take(ctx, sizeof(*op));
    long result;

    if (in) {
        *op = *in;
    }
    result = call(ctx, op, command, domid);
    pv_ctx_release(ctx, mark);
    return result < 0 ? refuse(error, result, domid, what) : 0;
}

int pv_domctl_create(struct pv_ctx *ctx, const struct pv_domain_limits *limits, uint16_t *domid,
                     struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_domctl *op = pv_ctx_take(ctx, sizeof(*op));
    struct xen_domctl_createdomain *create = &op->u.createdomain;
    long result;

    memcpy(create->handle, limits->uuid, sizeof(create->handle));
    create->max_vcpus = limits->max_vcpus;
    create->max_evtchn_port = (int32_t)limits->event_channels - 1;
    create->max_grant_frames = limits->grant_frames ? (int32_t)limits->grant_frames : -1;
    create->max_maptrack_frames = -1;
    create->grant_opts = XEN_DOMCTL_GRANT_version(limits->grant_version);
    result = call(ctx, op, XEN_DOMCTL_createdomain, 0);
    *domid = op->domain;
    pv_ctx_release(ctx, mark);
    if (result < 0) {
        pv_error_errno(error, (int)-result, "the hypervisor made no domain");
    }
    return result < 0 ? -1 : 0;
}

int pv_domctl_max_vcpus(struct pv_ctx *ctx, uint16_t domid, unsigned int count, struct pv_error *error)
{
    struct xen_domctl in = {.u.max_vcpus.max = count};

    return simple(ctx, XEN_DOMCTL_max_vcpus, domid, &in, "giving it vCPUs", error);
}

int pv_domctl_destroy(struct pv_ctx *ctx, uint16_t domid, struct pv_error *error)
{
    return simple(ctx, XEN_DOMCTL_destroydomain, domid, NULL, "destroying it", error);
}

int pv_domctl_pause(struct pv_ctx *ctx, uint16_t domid, struct pv_error *error)
{
    return simple(ctx, XEN_DOMCTL_pausedomain, domid, NULL, "pausing it", error);
}

int pv_domctl_unpause(struct pv_ctx *ctx, uint16_t domid, struct pv_error *error)
{
    return simple(ctx, XEN_DOMCTL_unpausedomain, domid, NULL, "unpausing it", error);
}

int pv_domctl_max_memory(struct pv_ctx *ctx, uint16_t domid, uint64_t kib, struct pv_error *error)
{
    struct xen_domctl in = {.u.max_mem.max_memkb = kib};

    return simple(ctx, XEN_DOMCTL_max_mem, domid, &in, "setting its memory limit", error);
}

void pv_domain_info_read(struct pv_domain_info *info, const struct xen_domctl_getdomaininfo *raw)
{
    *info = (struct pv_domain_info){
        .domid = raw->domain,
        .dying = raw->flags & XEN_DOMINF_dying,
        .shutdown = raw->flags & XEN_DOMINF_shutdown,
        .paused = raw->flags & XEN_DOMINF_paused,
        .blocked = raw->flags & XEN_DOMINF_blocked,
        .running = raw->flags & XEN_DOMINF_running,
        .shutdown_code = (raw->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask,
        .pages = raw->tot_pages,
        .max_pages = raw->max_pages,
        .shared_info_frame = raw->shared_info_frame,
        .cpu_time = raw->cpu_time,
        .vcpus_online = raw->nr_online_vcpus,
        .max_vcpu_id = raw->max_vcpu_id,
        .pool = raw->cpupool,
    };
    memcpy(info->uuid, raw->handle, sizeof(info->uuid));
}

int pv_domctl_info(struct pv_ctx *ctx, uint16_t domid, struct pv_domain_info *info, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_domctl *op = pv_ctx_take(ctx, sizeof(*op));
    long result = call(ctx, op, XEN_DOMCTL_getdomaininfo, domid);

    /* The hypervisor answers with the next domain where the asked one does not exist. */
    if (result >= 0 && op->domain != domid) {
        result = -ESRCH;
    }
    if (result >= 0) {
        pv_domain_info_read(info, &op->u.getdomaininfo);
    }
    pv_ctx_release(ctx, mark);
    return result < 0 ? refuse(error, result, domid, "asking about it") : 0;
}

int pv_domctl_set_credit(struct pv_ctx *ctx, uint16_t domid, unsigned int weight, unsigned int cap,
                         struct pv_error *error)
{
    struct xen_domctl in = {
        .u.scheduler_op = {.sched_id = XEN_SCHEDULER_CREDIT2,
                           .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
                           .u.credit2 = {.weight = (uint16_t)weight, .cap = (uint16_t)cap}}};

    return simple(ctx, XEN_DOMCTL_scheduler_op, domid, &in, "setting cpu_weight and cpu_cap", error);
}

int pv_domctl_set_vcpu(struct pv_ctx *ctx, uint16_t domid, unsigned int vcpu,
                       const struct vcpu_guest_context *context, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    vcpu_guest_context_t *copy = pv_ctx_take(ctx, sizeof(*copy));
    struct xen_domctl in = {.u.vcpucontext.vcpu = vcpu};
    int result;

    *copy = *context;
    set_xen_guest_handle(in.u.vcpucontext.ctxt, copy);
    result = simple(ctx, XEN_DOMCTL_setvcpucontext, domid, &in, "setting its first vCPU's state", error);
    pv_ctx_release(ctx, mark);
    return result;
}

/* Event channels are no domctl, but allocating one for another domain is its controller's right only. */
int pv_domctl_alloc_port(struct pv_ctx *ctx, uint16_t domid, uint16_t remote, uint32_t *port,
                         struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct evtchn_alloc_unbound *alloc = pv_ctx_take(ctx, sizeof(*alloc));
    long result;

    alloc->dom = domid;
    alloc->remote_dom = remote;
    result = pv_hypercall2(ctx, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, alloc);
    *port = alloc->port;
    pv_ctx_release(ctx, mark);
    return result < 0 ? refuse(error, result, domid, "making an event channel") : 0;
}

int pv_domctl_hypercall_page(struct pv_ctx *ctx, uint16_t domid, uint64_t frame, struct pv_error *error)
{
    struct xen_domctl in = {.u.hypercall_init.gmfn = frame};

    return simple(ctx, XEN_DOMCTL_hypercall_init, domid, &in, "filling its hypercall page", error);
}
