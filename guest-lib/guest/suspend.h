/* SPDX-License-Identifier: MIT */
/*
 * Suspend and resume: the domain stands still so that its image can be saved, and goes on in another domain, on
 * another machine perhaps, or, if the saving was cancelled, where it was.
 *
 * What a domain loses when it goes on in another: event channels, grants, xenstore's watches, the machine frames
 * of its memory. The library gets its own of them again (console, xenstore, watches, grant table, the FIFO
 * format, the stopped tick) and starts the handshake of every frontend anew.
 */
#ifndef GUEST_SUSPEND_H
#define GUEST_SUSPEND_H

#include <stdbool.h>

#define SUSPEND_RESTORED  0
#define SUSPEND_CANCELLED 1

/*
 * Suspends the domain. Frontends first get the answers that they wait for.
 *
 * SUSPEND_RESTORED when it goes on as another domain: ports and grants of the program's own are gone,
 * xenbus_first's devices are new records that connect again (xenbus_await). SUSPEND_CANCELLED when nothing has
 * changed but the time. -XEN_EBUSY while another vCPU is up or one of this domain's backends is in use, for what
 * is mapped of others cannot be saved; -XEN_EOPNOTSUPP in the first domain.
 */
int guest_suspend(void);

#endif
