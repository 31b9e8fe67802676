/* SPDX-License-Identifier: MIT */
/* What a domain uses of its limits, and which of its hypercalls were refused: only Parvis tells. */
#ifndef PVTOOLS_USAGE_H
#define PVTOOLS_USAGE_H

#include <stdbool.h>

#include "lib/hypercall.h"

#define PV_USAGE_REFUSALS 128

struct pv_refusal {
    char hypercall[32]; /* its name, or "other" */
    char error[32];     /* "EINVAL"; "" for several */
    uint64_t count;
};

struct pv_usage {
    bool known; /* false: this hypervisor does not tell, and nothing else here is set */
    unsigned int event_ports, event_ports_max;
    unsigned int grant_frames, grant_frames_max;
    unsigned int maptrack_frames, maptrack_frames_max, mappings;
    unsigned int refusal_count;
    struct pv_refusal refusals[PV_USAGE_REFUSALS];
};

/* 0, or -1 when the domain is gone or may not be looked at. */
int pv_usage_get(struct pv_ctx *ctx, uint16_t domid, struct pv_usage *usage, struct pv_error *error);

#endif
