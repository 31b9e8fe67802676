/* SPDX-License-Identifier: MIT */
/* Asks for a domain's use and refusals by Parvis's own domctl. */
#include "lib/usage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pvabi/domctl.h"
#include "pvabi/parvis.h"
#include "pvabi/xen.h"

#define PVABI_HYPERCALL(number, name, count, who, preempt) [number] = #name,
static const char *const names[] = {
#include "pvabi/hypercall-list.h"
};
#undef PVABI_HYPERCALL

static void take_refusal(struct pv_refusal *to, const struct parvis_refusal *from)
{
    const char *name = from->hypercall < sizeof(names) / sizeof(names[0]) ? names[from->hypercall] : NULL;
    const char *error = from->error ? strerrorname_np((int)from->error) : NULL;

    snprintf(to->hypercall, sizeof(to->hypercall), "%s", name ? name : "other");
    if (from->error && !error) {
        snprintf(to->error, sizeof(to->error), "%u", from->error);
    } else {
        snprintf(to->error, sizeof(to->error), "%s", error ? error : "");
    }
    to->count = from->count;
}

static void take(struct pv_usage *to, const struct parvis_usage *from, const struct parvis_refusal *list)
{
    *to = (struct pv_usage){
        .known = true,
        .event_ports = from->event_ports,
        .event_ports_max = from->event_ports_max,
        .grant_frames = from->grant_frames,
        .grant_frames_max = from->grant_frames_max,
        .maptrack_frames = from->maptrack_frames,
        .maptrack_frames_max = from->maptrack_frames_max,
        .mappings = from->mappings,
    };
    while (to->refusal_count < from->refusal_count && to->refusal_count < PV_USAGE_REFUSALS) {
        take_refusal(&to->refusals[to->refusal_count], &list[to->refusal_count]);
        to->refusal_count++;
    }
}

int pv_usage_get(struct pv_ctx *ctx, uint16_t domid, struct pv_usage *usage, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_domctl *op = pv_ctx_take(ctx, sizeof(*op));
    struct parvis_refusal *list = pv_ctx_take(ctx, PV_USAGE_REFUSALS * sizeof(*list));
    struct parvis_usage request = {.refusal_count = PV_USAGE_REFUSALS};
    long result;

    set_xen_guest_handle(request.refusals, list);
    op->cmd = PARVIS_DOMCTL_get_usage;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    memcpy(&op->u, &request, sizeof(request));
    result = pv_hypercall1(ctx, __HYPERVISOR_domctl, op);
    usage->known = false;
    if (result == 0) {
        memcpy(&request, &op->u, sizeof(request));
        take(usage, &request, list);
    }
    pv_ctx_release(ctx, mark);
    if (result < 0 && result != -ENOSYS) {
        return pv_error_errno(error, (int)-result, "domain %u: asking what it uses", domid);
    }
    return 0;
}
