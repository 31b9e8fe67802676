/* SPDX-License-Identifier: MIT */
/*
 * What Parvis tells its own toolstack beyond Xen's ABI. The numbers lie outside of Xen's, which answers them -ENOSYS: a
 * tool that asks goes on without.
 */
#ifndef PVABI_PARVIS_H
#define PVABI_PARVIS_H

#include "xen.h"

/* domctl: what a domain uses of its limits, and which of its hypercalls were refused; parvis_usage is in op.u. */
#define PARVIS_DOMCTL_get_usage 0x50560001u

/* Hypercalls of one number that got one error. */
struct parvis_refusal {
    uint32_t hypercall; /* its number, PARVIS_REFUSAL_OTHER: unknown ones, and what the list had no room for */
#define PARVIS_REFUSAL_OTHER 0xffffffffu
    uint32_t error;     /* the errno as a positive number, 0: several */
    uint64_aligned_t count;
};
typedef struct parvis_refusal parvis_refusal_t;
DEFINE_XEN_GUEST_HANDLE(parvis_refusal_t);

struct parvis_usage {
    XEN_GUEST_HANDLE_64(parvis_refusal_t) refusals; /* in: where the list goes */
    uint32_t refusal_count;     /* in: room for so many; out: how many there are */
    uint32_t event_ports;       /* out, as the rest: in use */
    uint32_t event_ports_max;   /* that the domain may have, by its configuration */
    uint32_t grant_frames, grant_frames_max;       /* of its grant table */
    uint32_t maptrack_frames, maptrack_frames_max; /* of what it maps of others */
    uint32_t mappings;                             /* ... and how many mappings there are */
};

#endif
