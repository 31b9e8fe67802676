/* SPDX-License-Identifier: MIT */
/* Machine interrupts: lines by their global number (GSI), messages by numbers that core gives them. */
#ifndef PORT_IRQ_H
#define PORT_IRQ_H

#include "lib/types.h"

#define PORT_IRQ_MAX 240u

/* One more than the highest GSI; at most PORT_IRQ_MAX. */
unsigned int port_irq_count(void);

/*
 * Routes a GSI to a CPU with this trigger and polarity; masked. 0, -XEN_EINVAL (no such pin, or the
 * hypervisor's own), -XEN_ENOSPC. From then on its interrupts call pirq_interrupt (core/pirq.h) with
 * interrupts off and no lock held.
 */
int port_irq_route(unsigned int gsi, bool level, bool low) MUST_CHECK;

void port_irq_mask(unsigned int gsi, bool masked);

/* A GSI that was routed goes to this CPU from now on. */
void port_irq_target(unsigned int gsi, unsigned int cpu);

/* Trigger and polarity that the machine has for a GSI before anybody sets them: ISA's, with the firmware's
 * overrides. */
void port_irq_default(unsigned int gsi, bool *level, bool *low);

struct port_irq_message {
    uint64_t address;
    uint32_t data;
};

/*
 * The message by which a device raises interrupt `irq`, PORT_IRQ_MAX or more, from now on as port_irq_route says for a
 * GSI; and its end. -XEN_ENOSPC.
 */
int port_irq_message(unsigned int irq, struct port_irq_message *message) MUST_CHECK;
void port_irq_message_end(unsigned int irq);

/* The address of a message for another CPU; its data is the same for all. */
uint64_t port_irq_message_address(unsigned int cpu);

/* A device's register of 4 bytes at a machine address that is not RAM. */
uint32_t port_device_read(uint64_t address);
void port_device_write(uint64_t address, uint32_t value);

/* A register of an interrupt controller at a machine address, as a domain may read it; -XEN_EINVAL: no
 * controller's. */
int port_irq_controller_read(uint64_t address, uint32_t reg, uint32_t *value) MUST_CHECK;

#endif
