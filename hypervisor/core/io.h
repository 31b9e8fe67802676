/* SPDX-License-Identifier: MIT */
/*
 * I/O ports of guests: which the machine's own hardware answers, and what is kept for each domain of devices
 * that are reached through an index and a data port (PCI configuration, the real-time clock).
 */
#ifndef CORE_IO_H
#define CORE_IO_H

#include "lib/rangeset.h"
#include "lib/types.h"

struct domain;

struct io_domain {
    uint32_t pci_address; /* what the domain wrote to port 0xcf8 */
    uint8_t clock_index;  /* ... to port 0x70 */
};

/*
 * An access of 1, 2 or 4 bytes by the running domain, whose instruction was allowed to make it. No right:
 * ones; nothing happens.
 */
uint32_t io_guest_read(struct domain *d, uint16_t port, unsigned int bytes);
void io_guest_write(struct domain *d, uint16_t port, unsigned int bytes, uint32_t value);

/*
 * PCI configuration space by the ports: address as port 0xcf8 takes it, offset 0 to 3 within the word. For
 * the machine's parts too.
 */
uint32_t io_pci_read(uint32_t address, unsigned int offset, unsigned int bytes);
void io_pci_write(uint32_t address, unsigned int offset, unsigned int bytes, uint32_t value);

#endif
