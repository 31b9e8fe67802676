/* SPDX-License-Identifier: MIT */
/* Vectors: the timer, other CPUs, the serial port, and devices of domains. */
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

static uint16_t gsi_of_vector[256]; /* GSI + 1; 0: none */
static uint8_t vector_of_gsi[PORT_IRQ_MAX];
static unsigned int next_vector = X86_VECTOR_DEVICE;
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

static int route(unsigned int gsi, bool level, bool low)
{
    if (vector_of_gsi[gsi] == 0) {
        if (next_vector == X86_VECTOR_DEVICE_END) {
            return -XEN_ENOSPC;
        }
        vector_of_gsi[gsi] = (uint8_t)next_vector++;
        if (next_vector == VECTOR_INT80) {
            next_vector++; /* guests may use that gate themselves */
        }
        gsi_of_vector[vector_of_gsi[gsi]] = (uint16_t)(gsi + 1);
    }
    return x86_ioapic_route(gsi, vector_of_gsi[gsi], x86_cpu_data(0)->apic_id, level, low);
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
    unsigned int gsi = gsi_of_vector[vector];

    if (gsi == 0) {
        log_error("interrupt %#x from nowhere", vector);
    } else if (gsi - 1 == serial_gsi) {
        x86_serial_interrupt();
    } else {
        pirq_interrupt(gsi - 1);
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
