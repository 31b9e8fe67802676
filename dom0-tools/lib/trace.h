/* SPDX-License-Identifier: MIT */
/* The hypervisor's trace (XEN_SYSCTL_tbuf_op, pvabi/trace.h): its rings, mapped, and what is in them. */
#ifndef PVTOOLS_TRACE_H
#define PVTOOLS_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/hypercall.h"

#define PV_TRACE_WORDS 7

struct pv_trace_record {
    uint64_t time; /* nanoseconds of system time; 0 where the record has none */
    uint32_t event;
    uint16_t cpu, count; /* words that are there */
    uint32_t words[PV_TRACE_WORDS];
    uint32_t order; /* among those that were read together */
};

struct pv_trace;

/* Makes the rings, of so many pages a CPU where there are none yet, switches the trace on, and forgets what
 * was there. */
struct pv_trace *pv_trace_open(struct pv_ctx *ctx, unsigned int pages, struct pv_error *error);
/* Takes what has come since, in the order of time: *records is for free(). Their number, or -1. */
long pv_trace_read(struct pv_trace *trace, struct pv_trace_record **records, struct pv_error *error);
/* Switches the trace off. */
void pv_trace_close(struct pv_trace *trace);

/*
 * The record at the start of `size` bytes of a ring: its length in bytes, or 0 where it makes no sense. What
 * the ring says is believed only as far as the bytes go.
 */
size_t pv_trace_parse(const void *bytes, size_t size, struct pv_trace_record *record);

#endif
