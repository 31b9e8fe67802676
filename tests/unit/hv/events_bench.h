/* SPDX-License-Identifier: MIT */
/*
 * A small world for the tests of event channels, scheduler and timers: domains with vCPUs that own frames,
 * without memory management. What these modules need of the rest of core is here, with counters.
 */
#ifndef EVENTS_BENCH_H
#define EVENTS_BENCH_H

#include "core/domain.h"
#include "fake.h"
#include "hypercall/hypercall.h"

#define BENCH_CPUS 4u

/*
 * Starts the fake machine: CPUs up with their idle vCPUs, the named policy, time 1 s. Ends it: everything
 * must be given back.
 */
void bench_start(unsigned int cpus, const char *policy);
void bench_end(void);

/* A domain whose vCPUs are initialised but down, not paused. Freed by bench_end, or by bench_domain_free. */
struct domain *bench_domain(domid_t id, uint32_t vcpus);
void bench_domain_free(struct domain *d);

/* Makes all vCPUs run, each when its CPU's scheduler gets to it. */
void bench_domain_up(struct domain *d);

/* Stops the periodic timers of its vCPUs. */
void bench_quiet(struct domain *d);

/* The vCPU becomes the running one of the present CPU, without the scheduler. */
void bench_become(struct vcpu *v);

/* A frame that belongs to d, and its content. */
mfn_t bench_frame(struct domain *d);
void *bench_frame_content(mfn_t frame);

/* Time goes on, and timers and the scheduler run on all CPUs as they come due. */
void bench_run(uint64_t ns);

/* Runs what was asked of the CPUs (timers that are due, schedulers) without time going on. */
void bench_settle(void);

/* A hypercall of the running vCPU. */
int64_t bench_hypercall(hypercall_handler *handler, uint64_t a, const void *b, uint64_t c);

/* What happened. */
extern uint32_t bench_shutdown_reason;   /* of the last domain_shutdown; UINT32_MAX */
extern const struct domain *bench_shutdown_domain;
extern uint32_t bench_pirq_bound;        /* the last pirq bound, UINT32_MAX: none */
extern unsigned int bench_pirq_cpu;       /* the CPU that the last pirq was sent to */
extern int bench_pirq_answer;
extern char bench_log[200];               /* the last message */

#endif
