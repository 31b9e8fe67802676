/* SPDX-License-Identifier: MIT */
/* Domains' time-stamp counters. */
#include "core/tsc.h"

#include "core/domain.h"
#include "port/machine.h"
#include "pvabi/domctl.h"
#include "pvabi/errno.h"

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS     1000000ull
#define HZ_PER_KHZ    1000ull

/* As large a multiplier as 32 bits hold. */
static void set_scale(struct tsc_domain *t)
{
    uint64_t ticks = t->khz * HZ_PER_KHZ;

    t->shift = 0;
    while (ticks > NS_PER_SECOND * 2) {
        ticks >>= 1;
        t->shift--;
    }
    while (ticks <= NS_PER_SECOND) {
        ticks <<= 1;
        t->shift++;
    }
    t->mul = (uint32_t)((NS_PER_SECOND << 32) / ticks);
}

int tsc_domain_set(struct domain *d, uint32_t mode, uint64_t elapsed_ns, uint32_t khz, uint32_t incarnation)
{
    struct tsc_domain *t = &d->tsc;
    uint32_t machine_khz = port_time_tsc_khz();

    if (mode > TSC_MODE_NEVER_EMULATE) {
        return -XEN_EINVAL;
    }
    t->mode = mode;
    t->incarnation = incarnation;
    t->khz = khz ? khz : machine_khz;
    t->offset = port_time_now() - elapsed_ns;
    set_scale(t);
    t->emulated = !d->privileged &&
                  (mode == TSC_MODE_ALWAYS_EMULATE ||
                   (mode == TSC_MODE_DEFAULT && !(port_time_clock().stable && t->khz == machine_khz)));
    return 0;
}

void tsc_domain_get(const struct domain *d, struct xen_domctl_tsc_info *info)
{
    const struct tsc_domain *t = &d->tsc;
    uint64_t elapsed = port_time_now() - (t->emulated ? t->offset : 0);

    *info = (struct xen_domctl_tsc_info){
        .tsc_mode = t->mode,
        .gtsc_khz = t->emulated ? t->khz : port_time_tsc_khz(),
        .incarnation = t->incarnation,
        .elapsed_nsec = (int64_t)elapsed < 0 ? 0 : elapsed,
    };
}

/* The emulated counter at a system time. */
static uint64_t ticks_at(const struct tsc_domain *t, uint64_t now)
{
    uint64_t ns = now - t->offset;

    return ns / NS_PER_MS * t->khz + ns % NS_PER_MS * t->khz / NS_PER_MS;
}

uint64_t tsc_read(const struct domain *d)
{
    return d->tsc.emulated ? ticks_at(&d->tsc, port_time_now()) : port_rdtsc();
}

struct port_clock tsc_clock(const struct domain *d)
{
    struct port_clock clock = port_time_clock();

    if (d->tsc.emulated) {
        clock.tsc_stamp = ticks_at(&d->tsc, clock.system_time);
        clock.mul = d->tsc.mul;
        clock.shift = d->tsc.shift;
        clock.stable = true;
    }
    return clock;
}
