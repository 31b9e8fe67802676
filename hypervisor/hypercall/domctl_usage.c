/* SPDX-License-Identifier: MIT */
/* domctl's command that is Parvis's own (pvabi/parvis.h): what a domain uses, and what it was refused. */
#include "core/domain.h"
#include "core/gnttab.h"
#include "core/refusal.h"
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "port/guest_copy.h"
#include "pvabi/parvis.h"

_Static_assert(sizeof(struct parvis_usage) <= sizeof(((struct xen_domctl *)0)->u), "it stands in the union");

/* Writes as much of the record as there is room for; *count becomes how much there is. */
static int put_refusals(const struct domain *d, guest_va_t list, uint32_t *count)
{
    struct parvis_refusal refusal;
    uint32_t n = 0;

    for (; refusal_get(d, n, &refusal); n++) {
        if (n < *count && GUEST_ARRAY_PUT(list, n, &refusal)) {
            return -XEN_EFAULT;
        }
    }
    *count = n;
    return 0;
}

int64_t domctl_usage(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct parvis_usage usage;
    struct gnttab_usage grants;
    int error;

    memcpy(&usage, &op->u, sizeof(usage));
    error = put_refusals(d, GUEST_HANDLE_VA(usage.refusals), &usage.refusal_count);
    if (error) {
        return error;
    }
    gnttab_usage(d, &grants);
    usage.event_ports = d->evtchn.active;
    usage.event_ports_max = d->evtchn.port_limit;
    usage.grant_frames = grants.frames;
    usage.grant_frames_max = grants.frames_max;
    usage.maptrack_frames = grants.maptrack_frames;
    usage.maptrack_frames_max = grants.maptrack_frames_max;
    usage.mappings = grants.mappings;
    memcpy(&op->u, &usage, sizeof(usage));
    *copy_back = true;
    return 0;
}
