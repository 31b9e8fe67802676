/* SPDX-License-Identifier: MIT */
/* One domain's ring and event channel: mapped, bound, and the bytes moved between it and the connection. */
#ifndef XENSTORED_DOMAIN_RING_H
#define XENSTORED_DOMAIN_RING_H

#include "xenstored/domain.h"

/* Maps the ring and binds the port. Returns 0 or a negative errno; then nothing is left. */
int domain_ring_open(struct domains *domains, struct domain *domain);
void domain_ring_close(struct domains *domains, struct domain *domain);

/* Binds another port of the domain and empties the ring and the connection. Returns 0 or a negative errno. */
int domain_ring_rebind(struct domains *domains, struct domain *domain, uint32_t port);

/* Takes over a ring that nobody has used. */
void domain_ring_begin(struct domain *domain);

/* Goes on with a ring after a restart: its indices say what of the recorded output has arrived. */
void domain_ring_continue(struct domain *domain);

/* Takes bytes until the incoming message is complete or the ring is empty. Says whether it is complete. */
bool domain_ring_take(struct domain *domain);

/* Tells the domain what was taken, gives it what fits of the output, and notifies it. What it wrote meanwhile, perhaps
 * without an event, makes it awake. */
void domain_ring_tell(struct domains *domains, struct domain *domain);

#endif
