/* SPDX-License-Identifier: MIT */
/* Event channels: ports through which domains, vCPUs, virtual and physical interrupts wake each other. */
#ifndef PVABI_EVENT_CHANNEL_H
#define PVABI_EVENT_CHANNEL_H

#include "xen.h"

/* event_channel_op(operation, argument). */
#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq 1
#define EVTCHNOP_bind_pirq 2
#define EVTCHNOP_close 3
#define EVTCHNOP_send 4
#define EVTCHNOP_status 5
#define EVTCHNOP_alloc_unbound 6
#define EVTCHNOP_bind_ipi 7
#define EVTCHNOP_bind_vcpu 8
#define EVTCHNOP_unmask 9
#define EVTCHNOP_reset 10
#define EVTCHNOP_init_control 11
#define EVTCHNOP_expand_array 12
#define EVTCHNOP_set_priority 13

#ifndef __ASSEMBLY__

typedef uint32_t evtchn_port_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_port_t);

/* A new port in dom that remote_dom may bind to. Only a privileged domain names another than DOMID_SELF as dom. */
struct evtchn_alloc_unbound {
    domid_t dom, remote_dom;        /* in */
    evtchn_port_t port;             /* out */
};
typedef struct evtchn_alloc_unbound evtchn_alloc_unbound_t;

/* Connects a new local port to a port that waits for the caller, or to one of its own; a new event is pending. */
struct evtchn_bind_interdomain {
    domid_t remote_dom;             /* in */
    evtchn_port_t remote_port;      /* in */
    evtchn_port_t local_port;       /* out */
};
typedef struct evtchn_bind_interdomain evtchn_bind_interdomain_t;

/* A port for a virtual interrupt; each is bound once for a vCPU. Global ones want vCPU 0. */
struct evtchn_bind_virq {
    uint32_t virq;                  /* in: VIRQ_* */
    uint32_t vcpu;                  /* in */
    evtchn_port_t port;             /* out */
};
typedef struct evtchn_bind_virq evtchn_bind_virq_t;

/* A port for a physical interrupt. */
struct evtchn_bind_pirq {
    uint32_t pirq;                  /* in */
#define BIND_PIRQ__WILL_SHARE 1
    uint32_t flags;                 /* in */
    evtchn_port_t port;             /* out */
};
typedef struct evtchn_bind_pirq evtchn_bind_pirq_t;

/* A port by which the domain's vCPUs signal one of them. */
struct evtchn_bind_ipi {
    uint32_t vcpu;                  /* in */
    evtchn_port_t port;             /* out */
};
typedef struct evtchn_bind_ipi evtchn_bind_ipi_t;

/* Frees a port; an interdomain peer becomes unbound again. */
struct evtchn_close {
    evtchn_port_t port;             /* in */
};
typedef struct evtchn_close evtchn_close_t;

/* Signals the other end of a port (interdomain or IPI). */
struct evtchn_send {
    evtchn_port_t port;             /* in */
};
typedef struct evtchn_send evtchn_send_t;

/* What a port is. */
struct evtchn_status {
    domid_t dom;                    /* in */
    evtchn_port_t port;             /* in */
#define EVTCHNSTAT_closed 0
#define EVTCHNSTAT_unbound 1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq 3
#define EVTCHNSTAT_virq 4
#define EVTCHNSTAT_ipi 5
    uint32_t status;                /* out: EVTCHNSTAT_* */
    uint32_t vcpu;                  /* out: who is told */
    union {                         /* out, by status */
        struct {
            domid_t dom;
        } unbound;
        struct {
            domid_t dom;
            evtchn_port_t port;
        } interdomain;
        uint32_t pirq;
        uint32_t virq;
    } u;
};
typedef struct evtchn_status evtchn_status_t;

/* Chooses the vCPU that a port tells; not for IPIs nor for virtual interrupts of each vCPU. */
struct evtchn_bind_vcpu {
    evtchn_port_t port;             /* in */
    uint32_t vcpu;                  /* in */
};
typedef struct evtchn_bind_vcpu evtchn_bind_vcpu_t;

/* Takes a port's mask off and delivers what came meanwhile. */
struct evtchn_unmask {
    evtchn_port_t port;             /* in */
};
typedef struct evtchn_unmask evtchn_unmask_t;

/* Closes all ports of a domain and goes back to two levels. */
struct evtchn_reset {
    domid_t dom;                    /* in */
};
typedef struct evtchn_reset evtchn_reset_t;

/* FIFO: tells a vCPU's control block; the first of a domain switches it from two levels to FIFO. */
struct evtchn_init_control {
    uint64_t control_gfn;           /* in */
    uint32_t offset;                /* in: of the block in the frame */
    uint32_t vcpu;                  /* in */
    uint8_t link_bits;              /* out */
    uint8_t _pad[7];
};
typedef struct evtchn_init_control evtchn_init_control_t;

/* FIFO: one more page of event words. */
struct evtchn_expand_array {
    uint64_t array_gfn;             /* in */
};
typedef struct evtchn_expand_array evtchn_expand_array_t;

/* FIFO: the queue in which a port's events stand. */
struct evtchn_set_priority {
    evtchn_port_t port;             /* in */
    uint32_t priority;              /* in: EVTCHN_FIFO_PRIORITY_MAX to _MIN */
};
typedef struct evtchn_set_priority evtchn_set_priority_t;

/* event_channel_op_compat(argument): the operation is in the structure. */
struct evtchn_op {
    uint32_t cmd;
    union {
        evtchn_alloc_unbound_t alloc_unbound;
        evtchn_bind_interdomain_t bind_interdomain;
        evtchn_bind_virq_t bind_virq;
        evtchn_bind_pirq_t bind_pirq;
        evtchn_bind_ipi_t bind_ipi;
        evtchn_close_t close;
        evtchn_send_t send;
        evtchn_status_t status;
        evtchn_bind_vcpu_t bind_vcpu;
        evtchn_unmask_t unmask;
    } u;
};
typedef struct evtchn_op evtchn_op_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_op_t);

/* How many ports the arrays of shared_info have. */
#define EVTCHN_2L_NR_CHANNELS (sizeof(xen_ulong_t) * sizeof(xen_ulong_t) * 64)

/* FIFO: queue 0 goes first. */
#define EVTCHN_FIFO_PRIORITY_MAX 0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN 15
#define EVTCHN_FIFO_MAX_QUEUES (EVTCHN_FIFO_PRIORITY_MIN + 1)

/* FIFO: one word a port: three flags, one lock bit, and the next port of the queue. */
typedef uint32_t event_word_t;
#define EVTCHN_FIFO_PENDING 31
#define EVTCHN_FIFO_MASKED 30
#define EVTCHN_FIFO_LINKED 29
#define EVTCHN_FIFO_BUSY 28
#define EVTCHN_FIFO_LINK_BITS 17
#define EVTCHN_FIFO_LINK_MASK ((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS (1 << EVTCHN_FIFO_LINK_BITS)

/* FIFO: a vCPU's queues; bit q of ready is set if head[q] begins a queue. */
struct evtchn_fifo_control_block {
    uint32_t ready;
    uint32_t _rsvd;
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
};
typedef struct evtchn_fifo_control_block evtchn_fifo_control_block_t;

#endif /* __ASSEMBLY__ */

#endif /* PVABI_EVENT_CHANNEL_H */
