/* SPDX-License-Identifier: MIT */
/* The IO-APICs: machine interrupts by their global number (GSI). Facts: Intel's 82093AA data sheet. */
#ifndef X86_IOAPIC_H
#define X86_IOAPIC_H

#include "lib/types.h"

#define X86_GSI_MAX 240u

/* Maps all IO-APICs, masks every pin, switches the old PICs off. */
void x86_ioapic_init(void);

/* One more than the highest GSI. */
unsigned int x86_gsi_count(void);

/* The GSI of an ISA interrupt, with its trigger and polarity by ACPI's overrides. */
unsigned int x86_isa_to_gsi(unsigned int irq, bool *level, bool *low);

/* Routes a GSI to a vector on a CPU, masked; mask and unmask; EOI is the local APIC's. -XEN_EINVAL: no such
 * pin. */
int x86_ioapic_route(unsigned int gsi, uint8_t vector, uint32_t apic_id, bool level, bool low) MUST_CHECK;
void x86_ioapic_mask(unsigned int gsi, bool masked);

/* A routed GSI goes to another CPU, masked or not. */
void x86_ioapic_target(unsigned int gsi, uint32_t apic_id);

/* Registers as a domain may read them (PHYSDEVOP_apic_read): 0 or -XEN_EINVAL for a base that is no
 * IO-APIC's. */
int x86_ioapic_read(uint64_t physical, uint32_t reg, uint32_t *value) MUST_CHECK;

#endif
