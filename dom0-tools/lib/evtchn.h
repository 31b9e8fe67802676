/* SPDX-License-Identifier: MIT */
/* Event channels of this domain through Linux's /dev/xen/evtchn. */
#ifndef PV_LIB_EVTCHN_H
#define PV_LIB_EVTCHN_H

#include <stdint.h>

/* Opens the device, non-blocking and close-on-exec. Returns its descriptor (readable when a port is pending;
 * closing it closes every port bound through it) or a negative errno. */
int evtchn_open(void);

/* Binds to remote_port of domain remote_domid, which must be unbound for this domain. Returns the local port
 * or a negative errno. */
int evtchn_bind_interdomain(int fd, uint32_t remote_domid, uint32_t remote_port);

/* Binds a global VIRQ (VIRQ_DOM_EXC, VIRQ_CON_RING, ...). Returns the local port or a negative errno. */
int evtchn_bind_virq(int fd, uint32_t virq);

/* Closes a local port. Returns 0 or a negative errno. */
int evtchn_unbind(int fd, uint32_t port);

/* Notifies the other end of a local port. Returns 0 or a negative errno. */
int evtchn_notify(int fd, uint32_t port);

/* Takes one pending port; it stays masked until evtchn_unmask. Returns the port, 0 when none is pending, or a
 * negative errno. */
int evtchn_take_pending(int fd);

/* Lets a port that evtchn_take_pending returned fire again. Returns 0 or a negative errno. */
int evtchn_unmask(int fd, uint32_t port);

#endif
