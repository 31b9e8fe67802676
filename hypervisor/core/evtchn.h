/* SPDX-License-Identifier: MIT */
/*
 * Event channels: ports of a domain that are bound to another domain's port, a virtual interrupt, a vCPU (IPI) or a machine
 * interrupt. Two ABIs carry the pending bits: 2-level bitmaps in shared_info, and FIFO queues (core/evtchn_fifo.h).
 */
#ifndef CORE_EVTCHN_H
#define CORE_EVTCHN_H

#include "lib/types.h"
#include "port/lock.h"
#include "pvabi/event_channel.h"
#include "pvabi/xen.h"

struct domain;
struct vcpu;
struct evtchn;
struct evtchn_fifo;

struct evtchn_domain {
    struct spinlock lock;     /* LOCK_EVTCHN: all ports of the domain */
    struct evtchn **buckets;  /* ports by hundreds; grown on demand */
    uint32_t port_limit;      /* one more than the highest port that may be used */
    uint32_t valid_ports;     /* ports that exist now; multiples of a bucket */
    uint32_t active;          /* ports that are not free */
    struct evtchn_fifo *fifo; /* NULL: 2-level */
};

struct evtchn_vcpu {
    vcpu_info_t *info;        /* where the guest reads its pending flag; never NULL (a private page before registration for ids >= 32) */
    void *info_mapping;       /* what evtchn_vcpu_info_register mapped, NULL before */
    mfn_t info_frame;
    evtchn_port_t virq_port[NR_VIRQS]; /* 0: unbound */
    struct evtchn_fifo_vcpu *fifo;
    uint64_t poll_bits[1];    /* reserved for pollers of the 2-level ABI */
    bool polling;             /* sleeps in SCHEDOP_poll */
    evtchn_port_t poll_port;  /* the only polled port, or 0 for several */
};

int evtchn_domain_init(struct domain *d, uint32_t port_limit) MUST_CHECK;
/* Closes all ports of a dying domain; 0 or -XEN_ERESTART. evtchn_domain_free releases the memory at the end. */
int evtchn_domain_close(struct domain *d) MUST_CHECK;
void evtchn_domain_free(struct domain *d);
int evtchn_vcpu_init(struct vcpu *v) MUST_CHECK;
void evtchn_vcpu_free(struct vcpu *v);

/* The event_channel_op hypercall's commands, on behalf of the running domain; argument is the ABI's structure. */
int evtchn_op(unsigned int command, guest_va_t argument) MUST_CHECK;

/* An unbound port of d that remote may bind: for the toolstack and builders. 0 and *port, or an errno. */
int evtchn_alloc_unbound(struct domain *d, domid_t remote, evtchn_port_t *port) MUST_CHECK;

/* Raises a virtual interrupt: of one vCPU (VIRQ_TIMER, VIRQ_DEBUG, ...), or the global ones of the domain that handles them. */
void evtchn_send_virq(struct vcpu *v, unsigned int virq);
void evtchn_send_global_virq(unsigned int virq);

/* Sends on a port of d as if its owner did (the toolstack's suspend channel). */
void evtchn_send_local(struct domain *d, evtchn_port_t port);

/* Machine interrupts: bind/unbind happen in evtchn_op through core/pirq.h; this marks one pending. */
void evtchn_send_pirq(struct domain *d, uint32_t pirq);

/* Marks v's upcall pending and wakes or kicks it. */
void evtchn_mark_upcall(struct vcpu *v);

/* Whether an upcall is due: pending and not masked. Reads guest memory once. */
static inline bool evtchn_upcall_due(const struct evtchn_vcpu *e);

/* Whether any upcall is pending, masked or not (for SCHEDOP_block). */
static inline bool evtchn_upcall_pending(const struct evtchn_vcpu *e);

/* Whether a port is pending, for SCHEDOP_poll; -XEN_EINVAL for a port that does not exist. */
int evtchn_port_pending(struct domain *d, evtchn_port_t port) MUST_CHECK;

/* VCPUOP_register_vcpu_info. 0, -XEN_EINVAL (second time), -XEN_ENXIO (offset), ... */
int evtchn_vcpu_info_register(struct vcpu *v, mfn_t frame, uint32_t offset) MUST_CHECK;

static inline bool evtchn_upcall_due(const struct evtchn_vcpu *e)
{
    return __atomic_load_n(&e->info->evtchn_upcall_pending, __ATOMIC_RELAXED) != 0 &&
           __atomic_load_n(&e->info->evtchn_upcall_mask, __ATOMIC_RELAXED) == 0;
}

static inline bool evtchn_upcall_pending(const struct evtchn_vcpu *e)
{
    return __atomic_load_n(&e->info->evtchn_upcall_pending, __ATOMIC_RELAXED) != 0;
}

#endif
