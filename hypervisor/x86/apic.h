/* SPDX-License-Identifier: MIT */
/* The local APIC (xAPIC, memory-mapped): interrupts between CPUs and the timer. Facts: SDM volume 3,
 * chapter 11. */
#ifndef X86_APIC_H
#define X86_APIC_H

#include "lib/types.h"

/* Vectors: devices from 0x30 on, in the order in which they are routed. */
#define X86_VECTOR_DEVICE     0x30u
#define X86_VECTOR_DEVICE_END 0xf0u
#define X86_VECTOR_TIMER      0xf8u
#define X86_VECTOR_FLUSH      0xf9u
#define X86_VECTOR_KICK       0xfau
#define X86_VECTOR_SPURIOUS   0xffu

/* Maps the registers; once, then x86_apic_cpu_init on every CPU. */
void x86_apic_init(uint64_t physical);
void x86_apic_cpu_init(void);

uint32_t x86_apic_id(void);
void x86_apic_eoi(void);

/* Sends a fixed interrupt to the CPU with this APIC id; an INIT; a start-up for code at page << 12. */
void x86_apic_send(uint32_t apic_id, uint8_t vector);
void x86_apic_send_init(uint32_t apic_id);
void x86_apic_send_startup(uint32_t apic_id, uint8_t page);

/* An NMI to all other CPUs: they stop and show where they are (panic). */
void x86_apic_nmi_others(void);

/* The timer counts down from count at the bus rate and interrupts once; 0 stops it. And what it stands at. */
void x86_apic_timer_start(uint32_t count);
uint32_t x86_apic_timer_now(void);

#endif
