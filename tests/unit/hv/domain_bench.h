/* SPDX-License-Identifier: MIT */
/*
 * The bench of the tests of domains, their toolstack, console and interrupts: the hypervisor's own domains,
 * scheduler and timers on the tests' machine with four CPUs. dom0's vCPU runs on CPU 0, which is this thread.
 */
#ifndef DOMAIN_BENCH_H
#define DOMAIN_BENCH_H

#include <check.h>

#include "core/domain.h"
#include "fake.h"
#include "hypercall/hypercall.h"
#include "pvabi/sysctl.h"

#define DBENCH_CPUS 4u

/* Starts the machine and dom0 (dbench_first), and checks at the end that nothing is held or mapped. */
void dbench_start(void);

/* As dbench_start, without the tests' variables as guest memory: the test gives what there is to be. */
void dbench_start_bare(void);
void dbench_end(void);

extern struct domain *dbench_first;

/* A domain as the toolstack makes it: paused, with so many vCPUs, which have no context and are down; no
 * reference is left. */
struct domain *dbench_domain(domid_t id, uint32_t vcpus);

/* Lets its vCPUs run, with contexts of empty roots. */
void dbench_boot(struct domain *d);

/* Kills it to the end, and checks that it has left the table. */
void dbench_kill(struct domain *d);

/* Some time passes, and timers that are due and schedulers that were asked for run on all CPUs. */
void dbench_settle(void);

/* This thread's CPU runs this vCPU (which the scheduler does not know); NULL: dom0's again. */
void dbench_become(struct vcpu *v);

/* A hypercall of the running vCPU, with its restarts. */
int64_t dbench_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
#define DBENCH_POINTER(p) ((uint64_t)(uintptr_t)(p))

/* The toolstack's calls; the interface version is filled in. */
int64_t dbench_domctl(domid_t id, uint32_t command, struct xen_domctl *op);
int64_t dbench_sysctl(uint32_t command, struct xen_sysctl *op);

/* A port of dom0 that is bound to VIRQ_DOM_EXC, and whether it (or any) is pending; asking clears. */
evtchn_port_t dbench_bind_virq(uint32_t virq);
bool dbench_pending(const struct domain *d, evtchn_port_t port);

/* Frames that are free, but for those that the hypervisor's heap has. */
uint64_t dbench_free_frames(void);

#endif
