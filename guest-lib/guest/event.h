/* SPDX-License-Identifier: MIT */
/*
 * Event channels: ports with handlers, delivered by the upcall, in the 2-level or the FIFO format.
 *
 * A new port is masked until event_set_handler. Handlers run with upcalls masked.
 */
#ifndef GUEST_EVENT_H
#define GUEST_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "pvabi/event_channel.h"
#include "pvabi/xen.h"

#define EVENT_PORTS 4096

typedef void event_handler(evtchn_port_t port, void *data);

/* Masks every port (2-level). */
void event_init(void);
/* Changes to the FIFO format for good. Returns 0 or the hypervisor's error, and then nothing has changed. */
int event_use_fifo(void);
bool event_is_fifo(void);

/* What the upcall's entry calls: handles pending ports until none is left. */
void event_upcall(void);

/* This vCPU's upcalls: off and on (pending ones come at once), and as they were. */
void event_disable(void);
void event_enable(void);
bool event_disabled(void);

/* New ports, or a negative error. */
int event_bind_virq(unsigned int virq, unsigned int vcpu);
int event_bind_ipi(unsigned int vcpu);
int event_alloc_unbound(domid_t remote);
int event_bind_interdomain(domid_t remote, evtchn_port_t port);
/* The number of this domain, which no call tells directly but the status of a port bound to oneself does. */
domid_t event_own_domain(void);
/* 0 or a negative error. */
int event_send(evtchn_port_t port);
int event_close(evtchn_port_t port);

/* Handles a port from now on and unmasks it. NULL: masks it. */
void event_set_handler(evtchn_port_t port, event_handler *handler, void *data);
void event_mask(evtchn_port_t port);
/* By hypercall, so that what is pending is delivered. */
int event_unmask(evtchn_port_t port);
bool event_pending(evtchn_port_t port);
void event_clear(evtchn_port_t port);
bool event_masked(evtchn_port_t port);

/* Sleeps until an event comes: SCHEDOP_block. */
void event_block(void);
/* Sleeps until `port` is pending or the system time `until` (0: for ever); upcalls must be masked. */
int event_poll(evtchn_port_t port, uint64_t until);

/* After a resume as another domain: every port is gone, and until event_resume closing one does nothing. */
void event_forget(void);
/* Masks every port, and changes to the FIFO format again if that was in use. 0 or a negative error. */
int event_resume(void);

/* The FIFO format's own part, for event.c. */
int event_fifo_resume(void);
int event_fifo_init(void);
bool event_fifo_next(evtchn_port_t *port);
_Atomic uint32_t *event_fifo_word(evtchn_port_t port);
int event_fifo_grow(evtchn_port_t port);

#endif
