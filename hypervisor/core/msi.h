/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts. Their numbers follow those of the interrupt lines; the domain that drives a device
 * switches them on in its configuration space, the hypervisor alone writes the message. All under pirq.c's lock.
 * Facts: PCI Local Bus 3.0, section 6.8.
 */
#ifndef CORE_MSI_H
#define CORE_MSI_H

#include "core/pci.h"
#include "port/irq.h"

#define MSI_COUNT 256u
#define MSI_FIRST PORT_IRQ_MAX
#define MSI_END   (MSI_FIRST + MSI_COUNT)

struct msi_request {
    struct pci_function function;
    bool msix;
    uint16_t entry; /* of MSI-X */
};

/*
 * Gives a function's message a number, masked where it can be: *irq. -XEN_ENODEV: the function is not known, or has no
 * such capability; -XEN_EEXIST: it has a number; -XEN_EINVAL: no such entry, or a table in RAM; -XEN_ENXIO: its memory
 * is switched off; -XEN_ENOSPC.
 */
int msi_setup(const struct msi_request *request, unsigned int *irq) MUST_CHECK;

/* Takes it back: the device sends it no more. */
void msi_release(unsigned int irq);

/* Masks or unmasks; a message that cannot be masked is left alone. */
void msi_mask(unsigned int irq, bool masked);

/* From now on the message goes to this CPU. */
void msi_target(unsigned int irq, unsigned int cpu);

/* Whether a number is in use. */
bool msi_is_set_up(unsigned int irq);

/* The first number of a function at or after `from`; MSI_END: none. */
unsigned int msi_next(struct pci_function f, unsigned int from);

/* Writes the message again after the device has lost it. */
void msi_restore(unsigned int irq);

/*
 * Protects a function's MSI-X table before any of its entries is in use, and ends that: 0, -XEN_ENODEV for one that is
 * not known, -XEN_EBUSY while entries are in use, -XEN_ENXIO, -XEN_EINVAL, -XEN_ENOSPC. A function without MSI-X: 0.
 */
int msi_prepare_table(struct pci_function f) MUST_CHECK;
int msi_release_table(struct pci_function f) MUST_CHECK;

#endif
