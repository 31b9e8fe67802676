/* SPDX-License-Identifier: MIT */
/* The end of a sequence: see world_end.h. */
#include "world_end.h"

#include <stdlib.h>
#include <string.h>

#include "core/domain.h"
#include "core/frame.h"
#include "core/gnttab_table.h"
#include "core/heap.h"
#include "core/trace.h"
#include "port/cpu.h"
#include "port/map.h"
#include "pvabi/errno.h"
#include "world.h"

#define KILL_STEPS_MAX  10000u
#define IDS_NEAR        64u /* domains are looked for by these ids */
#define IDS_FAR_MAX     128u
#define HANDLES_A_FRAME (PAGE_SIZE / sizeof(struct gnttab_mapping))

static uint64_t free_before, heap_before;

/* Ids beyond the near ones that domains were made with. */
static domid_t ids_far[IDS_FAR_MAX];
static unsigned int ids_far_count;

/* vCPUs that were made. */
static unsigned int vcpus_made;

int __real_domain_create(domid_t id, const struct domain_config *config, struct domain **made);
int __wrap_domain_create(domid_t id, const struct domain_config *config, struct domain **made);

int __wrap_domain_create(domid_t id, const struct domain_config *config, struct domain **made)
{
    unsigned int i = 0;

    while (i < ids_far_count && ids_far[i] != id) {
        i++;
    }
    if (id >= IDS_NEAR && i == ids_far_count) {
        if (i == IDS_FAR_MAX) {
            return -XEN_ENOMEM;
        }
        ids_far[ids_far_count++] = id;
    }
    return __real_domain_create(id, config, made);
}

int __real_vcpu_create(struct domain *d, uint32_t id);
int __wrap_vcpu_create(struct domain *d, uint32_t id);

int __wrap_vcpu_create(struct domain *d, uint32_t id)
{
    vcpus_made++;
    return __real_vcpu_create(d, id);
}

/* Ids that a domain may have: for i below ids_count(). */
static domid_t id_of(unsigned int i)
{
    return i < IDS_NEAR ? (domid_t)i : ids_far[i - IDS_NEAR];
}

static unsigned int ids_count(void)
{
    return IDS_NEAR + ids_far_count;
}

void fuzz_end_reset(void)
{
    ids_far_count = 0;
    vcpus_made = FUZZ_DOMAINS * FUZZ_VCPUS;
}

void fuzz_end_note(void)
{
    free_before = frame_free_count();
    heap_before = heap_frame_count();
}

/* ---- what the hypervisor itself holds of a domain's frames ---- */

static void hold_mappings(const struct domain *d)
{
    const struct gnttab *t = d->gnttab;

    for (uint32_t handle = 0; t && handle < t->maptrack.frames * HANDLES_A_FRAME; handle++) {
        const struct gnttab_mapping *m =
            &t->maptrack.pages[handle / HANDLES_A_FRAME][handle % HANDLES_A_FRAME];

        if (m->state == GNTTAB_MAPPING_BUSY) {
            fake_fail("handle %u of domain %u is busy", handle, d->id);
        }
        if (m->state == GNTTAB_MAPPING_LIVE && m->flags & GNTMAP_device_map) {
            fake_oracle_hold(mfn(m->frame), 1, m->flags & GNTMAP_readonly ? 0 : 1);
        }
    }
}

static void hold_grants(const struct domain *d)
{
    const struct gnttab *t = d->gnttab;

    for (grant_ref_t ref = 0; t && ref < gnttab_entry_count(t); ref++) {
        const struct gnttab_active *a = gnttab_active(t, ref);

        if (gnttab_in_use(a) && !a->passes_on) {
            fake_oracle_hold(a->frame, 1, 0);
        }
    }
}

/* How core/evtchn_fifo.c begins its structures. */
struct evtchn_fifo {
    uint32_t word_count;
    struct evtchn_page pages[];
};

struct evtchn_fifo_vcpu {
    struct evtchn_page page;
};

static void hold_page(const struct evtchn_page *page)
{
    if (page->address) {
        fake_oracle_hold(page->frame, 1, 1);
    }
}

static void hold_event_pages(const struct domain *d)
{
    const struct evtchn_fifo *fifo = d->evtchn.fifo;
    struct vcpu *v;

    for (unsigned int i = 0; fifo && i < fifo->word_count / (PAGE_SIZE / sizeof(event_word_t)); i++) {
        hold_page(&fifo->pages[i]);
    }
    DOMAIN_FOR_EACH_VCPU(d, v)
    {
        hold_page(&v->evtchn.page);
        if (v->evtchn.fifo) {
            hold_page(&v->evtchn.fifo->page);
        }
        for (unsigned int i = 0; i < 16; i++) {
            if (v->cpu.ldt_mapped >> i & 1) {
                v->machine.ldt[i] = v->cpu.ldt_frames[i];
            }
        }
    }
}

static void check_counts(void)
{
    struct domain *all[IDS_NEAR + IDS_FAR_MAX] = {NULL};
    unsigned int count = 0;

    for (unsigned int i = 0; i < ids_count(); i++) {
        struct domain *d = domain_get(id_of(i));

        if (!d) {
            continue;
        }
        hold_mappings(d);
        hold_grants(d);
        hold_event_pages(d);
        all[count++] = d;
    }
    fake_oracle(all, count);
    while (count) {
        domain_put(all[--count]);
    }
}

/* ---- death ---- */

/* The last CPU is the one that kills: whoever was moved to it stays paused. */
static void free_last_cpu(void)
{
    fake_become_cpu(FUZZ_CPUS - 1);
    fuzz_cpus_work();
    while (!port_current()->is_idle) {
        domain_pause_nosync(port_current()->domain);
        fuzz_cpus_work();
    }
}

static void kill_domain(struct domain *d)
{
    unsigned int steps = 0;
    int error;

    do {
        free_last_cpu();
        error = domain_kill(d);
        fuzz_cpus_work();
        if (++steps > KILL_STEPS_MAX) {
            fake_fail("domain %u does not die", d->id);
        }
    } while (error == -XEN_ERESTART);
    if (error) {
        fake_fail("domain %u cannot be killed: %d", d->id, error);
    }
}

static void kill_all(void)
{
    domain_first = NULL;
    for (unsigned int i = 0; i < ids_count(); i++) {
        struct domain *d = domain_get(id_of(i));

        if (d) {
            kill_domain(d);
            domain_put(d);
            fuzz_cpus_work();
        }
    }
    for (unsigned int i = 0; i < ids_count(); i++) {
        const struct domain *d = domain_by_id(id_of(i));

        if (d) {
            fake_fail("domain %u is dead, but %u references keep it", d->id, d->refs);
        }
    }
}

static uint64_t block_frames(uint64_t frames)
{
    uint64_t block = 1;

    while (block < frames) {
        block *= 2;
    }
    return block;
}

/* What the rings of the trace take; they stay once they were asked for. */
static uint64_t trace_frames(void)
{
    mfn_t frame = trace_info_frame();
    const struct t_info *info;
    uint64_t frames;

    if (frame.n == 0) {
        return 0;
    }
    info = port_hv_address(frame);
    frames = block_frames((trace_info_size() + PAGE_SIZE - 1) / PAGE_SIZE);
    for (unsigned int cpu = 0; cpu < FUZZ_CPUS; cpu++) {
        frames += info->mfn_offset[cpu] ? block_frames(info->tbuf_size) : 0;
    }
    return frames;
}

/* The heap is as it was, but that rooms grow with the vCPUs that there ever were. */
void fuzz_end(void)
{
    uint64_t traced = trace_frames(), heap, grown;

    free_last_cpu();
    check_counts();
    kill_all();
    fake_check_idle();
    heap = heap_frame_count();
    if (heap < heap_before || (heap > heap_before && vcpus_made <= FUZZ_ROOMS_VCPUS)) {
        fake_fail("the heap has %lu frames, but had %lu", heap, heap_before);
    }
    grown = heap - heap_before;
    if (frame_free_count() + traced + grown != free_before) {
        fake_fail("%lu frames are free, but were %lu, the trace took %lu and rooms %lu", frame_free_count(),
                  free_before, traced, grown);
    }
}
