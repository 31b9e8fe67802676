/* SPDX-License-Identifier: MIT */
/*
 * The trace: a ring of records for each CPU, which a privileged domain maps and reads (Xen's trace buffers,
 * pvabi/trace.h).
 *
 * A CPU writes only its own ring, with interrupts off: there is no lock. The reader moves `cons`; a ring that
 * is full loses records, counts them, and says how many before the next that fits. Off, it costs one
 * predictable branch. What assembly settles without C (x86/entry.S) comes to C while it is on, for each CPU then has
 * work.
 *
 * Beyond Xen's own, the records of PVABI_TRC_CLASS say whose they are; see docs/tracing.md.
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include "lib/types.h"
#include "port/atomic.h"
#include "pvabi/trace.h"

struct domain;
struct vcpu;

#define TRC_CLASS_BITS    0x0fff0000u
#define TRC_SUBCLASS_BITS 0x0000f000u

/* Classes and subclasses of events that are wanted now; 0 while the trace is off. */
extern uint32_t trace_wanted_mask;

/* Whether an event's class and subclass are wanted. */
static inline bool trace_wants(uint32_t event)
{
    uint32_t mask = port_read_u32(&trace_wanted_mask);

    return UNLIKELY(mask != 0) && (mask & event & TRC_CLASS_BITS) && (mask & event & TRC_SUBCLASS_BITS);
}

/* Writes a record of `count` (at most TRACE_EXTRA_MAX) words with the time, if it is wanted. */
void trace_put(uint32_t event, const uint32_t *words, unsigned int count);

/* A hypercall of v's begins: number and arguments; and ends. result is as the guest gets it. */
void trace_hypercall(const struct vcpu *v, uint64_t number, const uint64_t *args);
void trace_hypercall_end(const struct vcpu *v, uint64_t number, int64_t result);
/* An exception of v's that the hypervisor handled in C: vector, error code, rip, and the address of a page
 * fault. */
void trace_exception(const struct vcpu *v, unsigned int vector, uint32_t error, uint64_t rip,
                     uint64_t address);
/* A system call of v's user mode, which the guest kernel gets: what was in rax, and rip behind it. */
void trace_syscall(const struct vcpu *v, uint64_t number, uint64_t rip);
/* A port of d's became pending, for its vCPU. */
void trace_event(const struct domain *d, uint32_t vcpu, uint32_t port);

/* Allocates rings of so many pages a CPU, once. 0; -XEN_EBUSY when there are rings of another size,
 * -XEN_EINVAL for a size that cannot be, -XEN_ENOMEM. */
int trace_set_size(uint32_t pages) MUST_CHECK;
/* On and off. -XEN_EINVAL without rings. */
int trace_enable(bool on) MUST_CHECK;
void trace_set_mask(uint32_t mask);
/* What XEN_SYSCTL_TBUFOP_get_info tells: mask, the frame of struct t_info (0 without rings), its bytes. */
uint32_t trace_mask(void);
mfn_t trace_info_frame(void);
uint32_t trace_info_size(void);

#endif
