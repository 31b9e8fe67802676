/* SPDX-License-Identifier: MIT */
/* PCI functions of the machine, as the domain that drives them has told of them. Facts: PCI Local Bus 3.0,
 * chapter 6. */
#ifndef CORE_PCI_H
#define CORE_PCI_H

#include "lib/types.h"

/* A function in segment 0, the only one that configuration space by the ports reaches. */
struct pci_function {
    uint8_t bus, devfn;
};

#define PCI_COMMAND           0x04u
#define PCI_COMMAND_MEMORY    0x0002u
#define PCI_CAPABILITY_MSI    0x05u
#define PCI_CAPABILITY_MSIX   0x11u
#define PCI_CONFIG_SPACE_SIZE 256u

static inline bool pci_same(struct pci_function a, struct pci_function b)
{
    return a.bus == b.bus && a.devfn == b.devfn;
}

/* Configuration space: 1, 2 or 4 bytes at a register that is so aligned. */
uint32_t pci_read(struct pci_function f, unsigned int reg, unsigned int bytes);
void pci_write(struct pci_function f, unsigned int reg, unsigned int bytes, uint32_t value);

/* The register where a capability begins; 0: the function has none of that id. */
unsigned int pci_find_capability(struct pci_function f, uint8_t id);

/* The machine address of a memory BAR (0 to 5); 0: it is none, or has no address. */
uint64_t pci_bar(struct pci_function f, unsigned int bar);

/* The domain that drives the machine tells of a function, and that it is gone. Known ones may have MSIs. */
void pci_add(struct pci_function f);
/* -XEN_ENODEV: it was not known. */
int pci_remove(struct pci_function f) MUST_CHECK;
bool pci_known(struct pci_function f);

#endif
