/* SPDX-License-Identifier: MIT */
/*
 * The record of a domain's refused hypercalls: how many of which number got which error. A guest that looks for a way
 * out is refused a lot; this is where an administrator sees it.
 */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include "lib/types.h"

struct domain;
struct parvis_refusal;

#define REFUSAL_KINDS 64u

struct refusals {
    struct {
        uint32_t kind;  /* atomic: the number above, the errno below; 0: free. Once set it stays */
        uint64_t count; /* atomic */
    } seen[REFUSAL_KINDS];
    uint64_t others;    /* atomic: of unknown numbers, and of kinds that found no place */
    uint64_t unlogged;  /* atomic: since the last line in the log */
    uint64_t logged_at; /* atomic: system time of that line */
};

/*
 * Notes that a hypercall of this number ended with the errno -error (1 to 4095). Tells the log if there are many, at
 * most once in ten seconds for each domain. Any context, no lock needed.
 */
void refusal_note(struct domain *d, uint64_t number, uint32_t error);

/* The entry number index of the record: false at the end. */
bool refusal_get(const struct domain *d, uint32_t index, struct parvis_refusal *refusal);

#endif
