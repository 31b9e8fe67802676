/* SPDX-License-Identifier: MIT */
/* Records of the trace as a person reads them: calls with their results, faults, events, sums. */
#ifndef PARVIS_TRACE_SHOW_H
#define PARVIS_TRACE_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"
#include "lib/trace.h"

#define TRACE_SHOW_VCPUS   64
#define TRACE_SHOW_NUMBERS 256
/* Kinds beside hypercalls, in the filter. */
enum trace_show_kind {
    TRACE_SHOW_FAULTS = TRACE_SHOW_NUMBERS,
    TRACE_SHOW_EVENTS,
    TRACE_SHOW_SYSCALLS,
    TRACE_SHOW_KINDS
};

struct trace_show_call {
    bool open;
    uint8_t number;
    uint64_t start, args[5];
};

struct trace_show_sum {
    uint64_t count, errors, time;
};

struct trace_show {
    FILE *out;
    bool json, sums;
    int domain; /* -1: all */
    bool wanted[TRACE_SHOW_KINDS];
    struct trace_show_call calls[TRACE_SHOW_VCPUS];
    struct trace_show_sum totals[TRACE_SHOW_KINDS];
    uint64_t lost;
};

/* Everything is wanted. */
void trace_show_init(struct trace_show *show, FILE *out);
/* Only what the list has, such as "mmu_update,faults"; "hypercalls" means all of them. */
int trace_show_filter(struct trace_show *show, const char *list, struct pv_error *error);
void trace_show_record(struct trace_show *show, const struct pv_trace_record *record);
/* The sums, where they are wanted, and how many records were lost. */
void trace_show_end(struct trace_show *show);

#endif
