/* SPDX-License-Identifier: MIT */
/*
 * The time-stamp counter as a domain sees it: the machine's own, or one that is emulated (RDTSC faults by CR4.TSD)
 * at a frequency and from a start of the toolstack's choice.
 */
#ifndef CORE_TSC_H
#define CORE_TSC_H

#include "lib/types.h"
#include "port/time.h"

struct domain;
struct xen_domctl_tsc_info;

/* By the toolstack: the machine's counter if that is sound and as fast, never the machine's, or always. */
enum tsc_mode { TSC_MODE_DEFAULT, TSC_MODE_ALWAYS_EMULATE, TSC_MODE_NEVER_EMULATE };

struct tsc_domain {
    uint32_t mode; /* enum tsc_mode */
    uint32_t incarnation;
    uint32_t khz;    /* of the emulated counter */
    bool emulated;   /* decided by mode, the machine's counter and khz */
    int8_t shift;    /* nanoseconds = (ticks << shift) * mul >> 32 */
    uint32_t mul;
    uint64_t offset; /* system time at which the emulated counter was 0; may be negative */
};

/*
 * Chooses a domain's counter: mode TSC_MODE_*, nanoseconds that its counter has run, its frequency (0: the machine's).
 * The domain is paused or new. The first domain always has the machine's. 0, or -XEN_EINVAL for another mode.
 */
int tsc_domain_set(struct domain *d, uint32_t mode, uint64_t elapsed_ns, uint32_t khz,
                   uint32_t incarnation) MUST_CHECK;

/* What tsc_domain_set would have to be given to go on from now, for DOMCTL_gettscinfo. */
void tsc_domain_get(const struct domain *d, struct xen_domctl_tsc_info *info);

/* The counter now; and the clock that goes with it, to publish. */
uint64_t tsc_read(const struct domain *d);
struct port_clock tsc_clock(const struct domain *d);

#endif
