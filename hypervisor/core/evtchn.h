/* SPDX-License-Identifier: MIT */
/*
 * Event channels: ports of a domain that are bound to another domain's port, a virtual interrupt, a vCPU
 * (IPI) or a machine interrupt. Two ABIs carry the pending bits: 2-level bitmaps in shared_info, and FIFO
 * queues (core/evtchn_fifo.h).
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
struct evtchn_fifo_vcpu;
struct evtchn_pirqs;

struct evtchn_domain {
    struct spinlock lock;       /* LOCK_EVTCHN: which ports exist and are free, the change of ABI */
    struct evtchn **buckets;    /* ports by EVTCHN_BUCKET; grown on demand, freed with the domain */
    uint32_t port_limit;        /* one more than the highest port that the toolstack allows */
    uint32_t valid_ports;       /* atomic: ports that exist now, a multiple of EVTCHN_BUCKET */
    uint32_t first_free;        /* no port below is free */
    uint32_t search;            /* a search goes on here: what is free below is still in a queue */
    uint32_t active;            /* ports that are not free, without port 0 */
    uint32_t cursor;            /* where a preempted reset or close goes on, 0: none is going on */
    uint32_t pollers;           /* atomic: vCPUs that are in SCHEDOP_poll */
    uint32_t fifo_active;       /* atomic: 1 when the FIFO ABI carries the events */
    bool told;                  /* the log has heard that no port was free; under the lock */
    struct evtchn_fifo *fifo;   /* NULL: 2-level */
    struct evtchn_pirqs *pirqs; /* ports by machine interrupt; NULL: none was ever bound */
};

/* A frame of a guest that is mapped for good, with a reference and the writable type. */
struct evtchn_page {
    void *address; /* NULL: none */
    mfn_t frame;
};

#define EVTCHN_POLL_NONE 0u
#define EVTCHN_POLL_ANY  UINT32_MAX

struct evtchn_vcpu {
    vcpu_info_t *info;                 /* where the guest reads its pending flag; never NULL */
    struct evtchn_page page;           /* of a registered vcpu_info */
    vcpu_info_t *own_info;             /* stands in for one, for vCPUs that have no place in shared_info */
    evtchn_port_t virq_port[NR_VIRQS]; /* atomic; 0: unbound. Global ones are vCPU 0's */
    struct evtchn_fifo_vcpu *fifo;
    uint32_t poll; /* atomic: the port that SCHEDOP_poll waits for, or EVTCHN_POLL_* */
};

/*
 * port_max is the highest port that the domain may use; UINT32_MAX: as many as the ABI has. 0 or -XEN_ENOMEM.
 */
int evtchn_domain_init(struct domain *d, uint32_t port_max) MUST_CHECK;
/*
 * Closes all ports of a dying domain; 0 or -XEN_ERESTART. evtchn_domain_free releases the memory at the end.
 */
int evtchn_domain_close(struct domain *d) MUST_CHECK;
void evtchn_domain_free(struct domain *d);
int evtchn_vcpu_init(struct vcpu *v) MUST_CHECK;
void evtchn_vcpu_free(struct vcpu *v);

/*
 * An unbound port of d that remote may bind: for the toolstack and builders. 0 and *port, or an errno, -XEN_ERESTART
 * (call again) only of a domain that runs.
 */
int evtchn_alloc_unbound(struct domain *d, domid_t remote, evtchn_port_t *port) MUST_CHECK;

/*
 * The commands of event_channel_op on a domain's own ports. All return 0 or the errno that the ABI gives; those that
 * take a new port may return -XEN_ERESTART, with nothing changed: call again.
 */
int evtchn_bind_interdomain(struct domain *d, struct domain *remote, evtchn_port_t remote_port,
                            evtchn_port_t *port) MUST_CHECK;
int evtchn_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu, evtchn_port_t *port) MUST_CHECK;
int evtchn_bind_ipi(struct domain *d, uint32_t vcpu, evtchn_port_t *port) MUST_CHECK;
int evtchn_bind_pirq(struct domain *d, uint32_t pirq, bool share, evtchn_port_t *port) MUST_CHECK;
int evtchn_bind_vcpu(struct domain *d, evtchn_port_t port, uint32_t vcpu) MUST_CHECK;
int evtchn_close(struct domain *d, evtchn_port_t port) MUST_CHECK;
int evtchn_send(struct domain *d, evtchn_port_t port) MUST_CHECK;
int evtchn_unmask(struct domain *d, evtchn_port_t port) MUST_CHECK;
int evtchn_set_priority(struct domain *d, evtchn_port_t port, uint32_t priority) MUST_CHECK;

/* Fills status but for its dom and port. */
int evtchn_get_status(struct domain *d, evtchn_port_t port, struct evtchn_status *status) MUST_CHECK;

/*
 * Closes all ports and goes back to 2-level. -XEN_ERESTART: call again, resuming. -XEN_EBUSY: a reset is
 * going on, or none is that could be resumed; -XEN_EAGAIN: ports were bound meanwhile.
 */
int evtchn_reset(struct domain *d, bool resuming) MUST_CHECK;

/* The FIFO ABI: a control block for a vCPU, and another page of event words. */
int evtchn_fifo_init_control(struct domain *d, uint32_t vcpu, mfn_t frame, uint32_t offset) MUST_CHECK;
int evtchn_fifo_expand_array(struct domain *d, mfn_t frame) MUST_CHECK;

/* Whether a virtual interrupt has one receiver in the system. */
bool evtchn_virq_is_global(unsigned int virq);

/*
 * Raises a virtual interrupt: of one vCPU (VIRQ_TIMER, VIRQ_DEBUG, ...), or the global ones of the domain
 * that handles them.
 */
void evtchn_send_virq(struct vcpu *v, unsigned int virq);
void evtchn_send_global_virq(unsigned int virq);

/*
 * Lets another domain than the first one have a global VIRQ from now on; -XEN_EINVAL for one that is not
 * global. The domain's death (evtchn_drop_global_virq_handler) gives them back.
 */
int evtchn_set_global_virq_handler(struct domain *d, unsigned int virq) MUST_CHECK;
void evtchn_drop_global_virq_handler(const struct domain *d);

/* Sends on a port of d as if its owner did (the toolstack's suspend channel). */
void evtchn_send_local(struct domain *d, evtchn_port_t port);

/*
 * Machine interrupts are bound and unbound here through core/pirq.h; this marks one pending. LOCK_PIRQ may be
 * held.
 */
void evtchn_send_pirq(struct domain *d, uint32_t pirq);

/* Marks v's upcall pending and wakes or kicks it. */
void evtchn_mark_upcall(struct vcpu *v);

/* Whether an upcall is due: pending and not masked. Reads guest memory once. */
static inline bool evtchn_upcall_due(const struct evtchn_vcpu *e);

/* Whether any upcall is pending, masked or not (for SCHEDOP_block). */
static inline bool evtchn_upcall_pending(const struct evtchn_vcpu *e);

/* Whether a port is pending, for SCHEDOP_poll; -XEN_EINVAL for a port that does not exist or is free, port 0 too. */
int evtchn_port_pending(struct domain *d, evtchn_port_t port) MUST_CHECK;

/*
 * v enters SCHEDOP_poll for any port, and is blocked already, since whoever ends the poll unblocks it; narrow:
 * only for this one, if nothing ended it yet; poll_end ends it and says whether v was in it.
 */
void evtchn_poll_begin(struct vcpu *v);
void evtchn_poll_narrow(struct vcpu *v, evtchn_port_t port);
bool evtchn_poll_end(struct vcpu *v);

/* VCPUOP_register_vcpu_info. Needs d->lock. 0, -XEN_EINVAL (second time), -XEN_ENXIO (offset), ... */
int evtchn_vcpu_info_register(struct vcpu *v, mfn_t frame, uint32_t offset) MUST_CHECK;

/* Takes a registered vcpu_info's page back, before the frames of a dying domain are. */
void evtchn_vcpu_info_drop(struct vcpu *v);

/* Prints the ports in use, for a debug key. */
void evtchn_print(const struct domain *d);

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
