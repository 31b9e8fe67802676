/* SPDX-License-Identifier: MIT */
/* How much grant tables are used, for the toolstack and on the hypervisor's console. */
#include "core/domain.h"
#include "core/gnttab.h"
#include "core/gnttab_table.h"
#include "lib/log.h"
#include "port/atomic.h"

#define ENTRIES_SHOWN 64u

static void entry_print(grant_ref_t ref, const struct gnttab_active *a)
{
    log_info("  ref %u: frame %#llx to d%u%s, CPUs read %u write %u, devices read %u write %u", ref,
             (unsigned long long)(a->passes_on ? 0 : a->frame.n), a->user, a->passes_on ? " (passes on)" : "",
             a->uses[GNTTAB_HOST_READ], a->uses[GNTTAB_HOST_WRITE], a->uses[GNTTAB_DEVICE_READ],
             a->uses[GNTTAB_DEVICE_WRITE]);
}

void gnttab_usage(const struct domain *d, struct gnttab_usage *usage)
{
    const struct gnttab *t = d->gnttab;

    *usage = (struct gnttab_usage){0};
    if (t) {
        *usage = (struct gnttab_usage){port_read_u32(&t->frames), t->frames_max,
                                       port_read_u32(&t->maptrack.frames), t->maptrack.frames_max,
                                       port_read_u32(&t->maptrack.used)};
    }
}

void gnttab_print(const struct domain *d)
{
    const struct gnttab *t = d->gnttab;
    uint32_t in_use = 0;

    if (!t) {
        return;
    }
    for (grant_ref_t ref = 0; ref < gnttab_entry_count(t); ref++) {
        const struct gnttab_active *a = gnttab_active(t, ref);

        if (gnttab_in_use(a) && in_use++ < ENTRIES_SHOWN) {
            entry_print(ref, a);
        }
    }
    log_info("d%u: grant table version %u, %u of %u frames, %u of %u entries in use", d->id, t->version,
             t->frames, t->frames_max, in_use, gnttab_entry_count(t));
    log_info("d%u: %u mappings of others' frames, in %u of %u frames", d->id, t->maptrack.used,
             t->maptrack.frames, t->maptrack.frames_max);
}
