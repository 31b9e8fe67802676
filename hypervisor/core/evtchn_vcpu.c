/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's side of event channels: its vcpu_info, telling it of an upcall, and waiting for ports
 * (SCHEDOP_poll).
 */
#include "core/evtchn_port.h"

#include "core/frame.h"
#include "core/heap.h"
#include "core/page_type.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/map.h"
#include "pvabi/errno.h"

int evtchn_vcpu_init(struct vcpu *v)
{
    struct domain *d = v->domain;

    if (d->shared_info && v->id < XEN_LEGACY_MAX_VCPUS) {
        v->evtchn.info = &d->shared_info->vcpu_info[v->id];
    } else {
        v->evtchn.own_info = heap_zalloc(sizeof(*v->evtchn.own_info));
        if (!v->evtchn.own_info) {
            return -XEN_ENOMEM;
        }
        v->evtchn.info = v->evtchn.own_info;
    }
    /* A kernel starts with its upcalls masked, as a CPU starts with interrupts off. */
    v->evtchn.info->evtchn_upcall_mask = 1;
    v->evtchn.page = (struct evtchn_page){NULL, MFN_INVALID};
    return 0;
}

void evtchn_vcpu_free(struct vcpu *v)
{
    evtchn_vcpu_info_drop(v);
    heap_free(v->evtchn.own_info);
    v->evtchn.own_info = NULL;
}

int evtchn_page_map(struct domain *d, mfn_t frame, struct evtchn_page *page)
{
    int ret = frame_get_with_type(frame, d, FRAME_WRITABLE);

    if (ret) {
        return ret;
    }
    page->address = port_map_frame(frame);
    page->frame = frame;
    return 0;
}

void evtchn_page_unmap(struct evtchn_page *page)
{
    if (page->address) {
        port_unmap_frame(page->address);
        frame_put_with_type(page->frame);
        *page = (struct evtchn_page){NULL, MFN_INVALID};
    }
}

/* What a new place of the vcpu_info starts with. */
static void evtchn_vcpu_info_move(struct vcpu *v, vcpu_info_t *to)
{
    if (v->evtchn.info == v->evtchn.own_info) {
        memset(to, 0, sizeof(*to));
        to->evtchn_upcall_mask = 1;
    } else {
        /* The new place may be on the shared info's page, and overlap the old one. */
        memmove(to, v->evtchn.info, sizeof(*to));
    }
    v->evtchn.info = to;
    port_barrier();
    /*
     * What was raised into the old place while this ran must not be lost: the guest looks at everything once.
     */
    port_or_u64(&to->evtchn_pending_sel, ~0ull);
    port_write_u8(&to->evtchn_upcall_pending, 1);
}

int evtchn_vcpu_info_register(struct vcpu *v, mfn_t frame, uint32_t offset)
{
    int ret;

    if (offset > PAGE_SIZE - sizeof(vcpu_info_t) || offset % _Alignof(vcpu_info_t)) {
        return -XEN_ENXIO;
    }
    if (v->evtchn.page.address) {
        return -XEN_EINVAL;
    }
    if (v != port_current() && !(port_read_u32(&v->sched.pause_flags) & SCHED_PAUSE_DOWN)) {
        return -XEN_EINVAL;
    }
    ret = evtchn_page_map(v->domain, frame, &v->evtchn.page);
    if (ret) {
        return ret;
    }
    evtchn_vcpu_info_move(v, (vcpu_info_t *)((char *)v->evtchn.page.address + offset));
    if (v == port_current()) {
        sched_publish_time(v);
    }
    return 0;
}

/* What a dying domain's vCPUs write to once their own places are gone; nobody reads it. */
static vcpu_info_t evtchn_nowhere;

void evtchn_vcpu_info_drop(struct vcpu *v)
{
    if (v->evtchn.page.address) {
        v->evtchn.info = v->evtchn.own_info ? v->evtchn.own_info : &evtchn_nowhere;
        evtchn_page_unmap(&v->evtchn.page);
    }
}

void evtchn_mark_upcall(struct vcpu *v)
{
    /* A full barrier: pairs with the one in sched_block_current between becoming blocked and looking here. */
    if (port_swap_u8(&v->evtchn.info->evtchn_upcall_pending, 1) == 0) {
        sched_wake(v);
        sched_kick(v);
    }
}

void evtchn_poll_begin(struct vcpu *v)
{
    /* Counted first: whoever ends the poll counts it off. One that nobody ended is counted already. */
    port_add_u32(&v->domain->evtchn.pollers, 1);
    if (port_swap_u32(&v->evtchn.poll, EVTCHN_POLL_ANY) != EVTCHN_POLL_NONE) {
        port_add_u32(&v->domain->evtchn.pollers, (uint32_t)-1);
    }
}

void evtchn_poll_narrow(struct vcpu *v, evtchn_port_t port)
{
    uint32_t any = EVTCHN_POLL_ANY;

    port_cas_u32(&v->evtchn.poll, &any, port);
}

bool evtchn_poll_end(struct vcpu *v)
{
    if (port_read_u32(&v->evtchn.poll) == EVTCHN_POLL_NONE ||
        port_swap_u32(&v->evtchn.poll, EVTCHN_POLL_NONE) == EVTCHN_POLL_NONE) {
        return false;
    }
    port_add_u32(&v->domain->evtchn.pollers, (uint32_t)-1);
    return true;
}

void evtchn_wake_pollers(struct domain *d, evtchn_port_t port)
{
    struct vcpu *v;

    /* Setting the pending bit was a full barrier: pairs with the one in evtchn_poll_begin. */
    if (port_read_u32(&d->evtchn.pollers) == 0) {
        return;
    }
    DOMAIN_FOR_EACH_VCPU(d, v) {
        uint32_t wanted = port_read_u32(&v->evtchn.poll);

        if (wanted == EVTCHN_POLL_ANY || wanted == port) {
            sched_wake(v);
        }
    }
}
