/* SPDX-License-Identifier: MIT */
/* The record of a domain's refused hypercalls. */
#include "core/refusal.h"

#include "core/call_names.h"
#include "core/domain.h"
#include "lib/log.h"
#include "port/atomic.h"
#include "port/time.h"
#include "pvabi/parvis.h"

#define KIND_SHIFT     16
#define KIND_ERROR     0xffffu
#define LOG_LEAST      10000u /* refusals before a line is worth it: Linux counts its vCPUs by asking for 8190 others */
#define LOG_PERIOD     (10 * TIMER_NS_PER_SECOND)

static void log_sometimes(struct domain *d, uint64_t number, uint32_t error)
{
    const char *name = call_name(number);
    uint64_t now, last;

    if (port_add_u64(&d->refusals.unlogged, 1) + 1 < LOG_LEAST) {
        return;
    }
    now = port_time_now();
    last = port_read_u64(&d->refusals.logged_at);
    if ((last && now - last < LOG_PERIOD) || !port_cas_u64(&d->refusals.logged_at, &last, now)) {
        return;
    }
    log_warning("d%u: %llu hypercalls refused, the last one %s with error %u", d->id,
                (unsigned long long)port_swap_u64(&d->refusals.unlogged, 0), name ? name : "an unknown one", error);
}

/* The place of a kind, a new one if need be; NULL when there is none left. */
static uint64_t *place_of(struct refusals *r, uint32_t kind)
{
    for (unsigned int i = 0; i < REFUSAL_KINDS; i++) {
        uint32_t there = port_read_u32(&r->seen[i].kind);

        /* Of two CPUs that want a free place one gets it; the other looks at what it holds then. */
        if (there == kind || (there == 0 && port_cas_u32(&r->seen[i].kind, &there, kind)) || there == kind) {
            return &r->seen[i].count;
        }
    }
    return NULL;
}

void refusal_note(struct domain *d, uint64_t number, uint32_t error)
{
    uint64_t *count = NULL;

    /* Unknown numbers would let a guest fill the record. */
    if (call_name(number)) {
        count = place_of(&d->refusals, (uint32_t)number << KIND_SHIFT | error);
    }

    port_add_u64(count ? count : &d->refusals.others, 1);
    log_sometimes(d, number, error);
}

bool refusal_get(const struct domain *d, uint32_t index, struct parvis_refusal *refusal)
{
    const struct refusals *r = &d->refusals;
    uint32_t used = 0, kind;

    while (used < REFUSAL_KINDS && port_read_u32(&r->seen[used].kind) != 0) {
        used++;
    }
    if (index < used) {
        kind = port_read_u32(&r->seen[index].kind);
        *refusal = (struct parvis_refusal){.hypercall = kind >> KIND_SHIFT,
                                           .error = kind & KIND_ERROR,
                                           .count = port_read_u64(&r->seen[index].count)};
        return true;
    }
    *refusal = (struct parvis_refusal){.hypercall = PARVIS_REFUSAL_OTHER, .count = port_read_u64(&r->others)};
    return index == used && refusal->count != 0;
}
