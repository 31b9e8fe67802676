/* SPDX-License-Identifier: MIT */
/*
 * Suspend and resume: the domain stands still so that its image can be saved, and goes on in another domain,
 * on another machine perhaps, or, if the saving was cancelled, where it was.
 *
 * What a domain loses when it goes on in another: event channels, grants, xenstore's watches, the machine
 * frames of its memory. The library gets its own of them again (console, xenstore, watches, grant table, the
 * FIFO format, the stopped ticks), stops the other vCPUs meanwhile, and leads every frontend through the
 * handshake with its next backend: a disk's requests that had no answer are asked again, a console's bytes
 * stay in its ring, a network's frames on their way are lost as on a wire.
 */
#ifndef GUEST_SUSPEND_H
#define GUEST_SUSPEND_H

#include <stdbool.h>

#define SUSPEND_RESTORED  0
#define SUSPEND_CANCELLED 1

/*
 * Suspends the domain; vCPU 0 calls this, the others go on afterwards where they were.
 *
 * SUSPEND_RESTORED when it goes on as another domain: ports and grants of the program's own are gone, and
 * timers are to be set again; frontends are the same records, which connect again (xenbus_await). Backends
 * have ended: their frontends know another domain. SUSPEND_CANCELLED when nothing has changed but the time,
 * for backends too. -XEN_EBUSY while another vCPU keeps its upcalls masked; -XEN_EINVAL on another vCPU than
 * 0; -XEN_EOPNOTSUPP in the first domain.
 */
int guest_suspend(void);

#endif
