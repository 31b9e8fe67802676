/* SPDX-License-Identifier: MIT */
/*
 * Machine interrupts that a domain handles (pirqs). A line's number is its GSI; those of messages (core/msi.h) follow,
 * and are given from the highest down. Level-triggered ones stay masked in the controller from their arrival until the
 * domain's EOI.
 */
#ifndef CORE_PIRQ_H
#define CORE_PIRQ_H

#include "lib/types.h"
#include "port/lock.h"

struct domain;

/* One more than the highest pirq, of lines and messages. */
unsigned int pirq_count(void);

/* Sets trigger and polarity (PHYSDEVOP_setup_gsi): 0, -XEN_EEXIST if they are so already or in use,
 * -XEN_EINVAL. */
int pirq_setup(uint32_t pirq, bool level, bool low) MUST_CHECK;

/*
 * The first domain takes a pirq for itself (PHYSDEVOP_map_pirq), or leaves it: 0, -XEN_EINVAL for no such
 * pirq or, for the latter, one that was not taken. A pirq that is still bound when it is left is masked.
 * Binding takes it by itself.
 */
int pirq_map(struct domain *d, uint32_t pirq) MUST_CHECK;
int pirq_unmap(struct domain *d, uint32_t pirq) MUST_CHECK;

/* The first domain takes a device's message: *pirq. The errors of msi_setup; left by pirq_unmap. */
struct msi_request;
int pirq_map_message(struct domain *d, const struct msi_request *request, uint32_t *pirq) MUST_CHECK;

/* A PCI function is gone: its messages are left. -XEN_ENODEV: it was not known. */
struct pci_function;
int pirq_remove_function(const struct pci_function *f) MUST_CHECK;

/* A PCI function has lost its messages, by a reset: they are written again. -XEN_ENODEV: it is not known. */
int pirq_restore_function(const struct pci_function *f) MUST_CHECK;

/* msi_prepare_table and msi_release_table. */
int pirq_protect_table(const struct pci_function *f, bool protect) MUST_CHECK;

/* Gives a pirq to a domain's event channel; share allows others beside it (refused: -XEN_EBUSY when taken).
 * 0, -XEN_EINVAL, -XEN_EPERM. */
int pirq_bind(struct domain *d, uint32_t pirq, bool share) MUST_CHECK;

/* Takes it back: masked from then on. */
void pirq_unbind(struct domain *d, uint32_t pirq);

/* A pirq that the domain has bound goes to this CPU from now on. */
void pirq_target(struct domain *d, uint32_t pirq, unsigned int cpu);

/* The domain is done with an interrupt (PHYSDEVOP_eoi, EVTCHNOP_unmask): a level-triggered one may come
 * again. */
void pirq_unmask(struct domain *d, uint32_t pirq);

/* Whether a pirq needs the domain's EOI, and whether it is shared: for PHYSDEVOP_irq_status_query.
 * -XEN_EINVAL. */
int pirq_status(uint32_t pirq, bool *needs_eoi) MUST_CHECK;

/* An interrupt came in. */
void pirq_interrupt(uint32_t pirq);

#endif
