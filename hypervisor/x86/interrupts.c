/* SPDX-License-Identifier: MIT */
/* Vectors: the timer, other CPUs, the serial port, and devices of domains. */
#include "core/msi.h"
#include "core/pirq.h"
#include "lib/log.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/irq.h"
#include "pvabi/errno.h"
#include "x86/apic.h"
#include "x86/exit.h"
#include "x86/interrupts.h"
#include "x86/ioapic.h"
#include "x86/serial.h"

#define VECTOR_INT80 0x80u

#define MESSAGE_ADDRESS 0xfee00000u /* with the local APIC's number in bits 19:12: SDM volume 3, 11.11 */
#define MESSAGE_APIC_SHIFT 12

static uint16_t irq_of_vector[256]; /* interrupt + 1; 0: none */
static uint8_t vector_of_irq[MSI_END];
static unsigned int serial_gsi = UINT32_MAX;

unsigned int port_irq_count(void)
{
    return x86_gsi_count();
}

void port_irq_default(unsigned int gsi, bool *level, bool *low)
{
    /* PCI's interrupts are level-triggered, active low. */
    *level = *low = gsi >= 16;
    for (unsigned int irq = 0; irq < 16; irq++) {
        bool irq_level, irq_low;

        if (x86_isa_to_gsi(irq, &irq_level, &irq_low) == gsi) {
            *level = irq_level;
            *low = irq_low;
        }
    }
}

/* Gives an interrupt a vector, unless it has one. */
static int take_vector(unsigned int irq)
{
    for (unsigned int v = X86_VECTOR_DEVICE; vector_of_irq[irq] == 0 && v < X86_VECTOR_DEVICE_END; v++) {
        /* Guests may use the gate of INT 0x80 themselves. */
        if (v != VECTOR_INT80 && irq_of_vector[v] == 0) {
            vector_of_irq[irq] = (uint8_t)v;
            irq_of_vector[v] = (uint16_t)(irq + 1);
        }
    }
    return vector_of_irq[irq] ? 0 : -XEN_ENOSPC;
}

static int route(unsigned int gsi, bool level, bool low)
{
    int error = take_vector(gsi);

    return error ? error : x86_ioapic_route(gsi, vector_of_irq[gsi], x86_cpu_data(0)->apic_id, level, low);
}

uint64_t port_irq_message_address(unsigned int cpu)
{
    return MESSAGE_ADDRESS | x86_cpu_data(cpu)->apic_id << MESSAGE_APIC_SHIFT;
}

int port_irq_message(unsigned int irq, struct port_irq_message *message)
{
    int error = take_vector(irq);

    message->address = port_irq_message_address(0);
    message->data = vector_of_irq[irq];
    return error;
}

/* A message that is still under way finds the vector empty, or another's: a spurious interrupt, as lines have too. */
void port_irq_message_end(unsigned int irq)
{
    irq_of_vector[vector_of_irq[irq]] = 0;
    vector_of_irq[irq] = 0;
}

int port_irq_route(unsigned int gsi, bool level, bool low)
{
    return gsi >= port_irq_count() || gsi == serial_gsi ? -XEN_EINVAL : route(gsi, level, low);
}

void port_irq_mask(unsigned int gsi, bool masked)
{
    if (gsi != serial_gsi) {
        x86_ioapic_mask(gsi, masked);
    }
}

/* Vectors mean the same on every CPU, so nothing else changes. */
void port_irq_target(unsigned int gsi, unsigned int cpu)
{
    if (gsi != serial_gsi) {
        x86_ioapic_target(gsi, x86_cpu_data(cpu)->apic_id);
    }
}

int port_irq_controller_read(uint64_t address, uint32_t reg, uint32_t *value)
{
    return x86_ioapic_read(address, reg, value);
}

void x86_interrupts_take_serial(void)
{
    bool level, low;
    unsigned int gsi = x86_isa_to_gsi(x86_serial_irq(), &level, &low);

    if (x86_serial_port() == 0 || gsi >= port_irq_count() || route(gsi, level, low) != 0) {
        log_info("console: no input, for its UART has no interrupt");
        return;
    }
    serial_gsi = gsi;
    x86_serial_enable_input();
    x86_ioapic_mask(gsi, false);
}

static void device(unsigned int vector)
{
    unsigned int irq = irq_of_vector[vector];

    if (irq == 0) {
        log_info("interrupt %#x from nowhere", vector);
    } else if (irq - 1 == serial_gsi) {
        x86_serial_interrupt();
    } else {
        pirq_interrupt(irq - 1);
    }
}

void x86_interrupt(unsigned int vector)
{
    struct x86_cpu *cpu = x86_this_cpu();

    switch (vector) {
    case X86_VECTOR_SPURIOUS:
        return;
    case X86_VECTOR_TIMER:
        port_or_u32(&cpu->work, X86_WORK_TIMER);
        break;
    case X86_VECTOR_FLUSH:
        x86_flush_answer(cpu);
        break;
    case X86_VECTOR_KICK:
        break; /* the work bits say what for; the exit path looks */
    default:
        device(vector); /* before the EOI: a level-triggered pin is masked first, or it would come again at
                           once */
        break;
    }
    x86_apic_eoi();
}
