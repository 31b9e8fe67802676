/* SPDX-License-Identifier: MIT */
/* The IO-APICs. Register accesses are two steps, so they are under a lock. */
#include "x86/ioapic.h"
#include "lib/log.h"
#include "port/lock.h"
#include "pvabi/errno.h"
#include "x86/acpi.h"
#include "x86/cpu.h"
#include "x86/page_table.h"

#define REGISTER_SELECT  0x00
#define REGISTER_WINDOW  0x10
#define REGISTER_VERSION 1
#define REGISTER_PIN0    0x10
#define PIN_LOW          (1u << 13)
#define PIN_LEVEL        (1u << 15)
#define PIN_MASKED       (1u << 16)
#define PIC1_DATA        0x21
#define PIC2_DATA        0xa1

struct ioapic {
    volatile uint8_t *registers;
    unsigned int gsi_base, pins;
};

static struct ioapic ioapics[ACPI_IOAPICS_MAX];
static unsigned int gsi_count;
static struct spinlock lock = SPINLOCK(LOCK_IRQ);

static uint32_t read_register(const struct ioapic *a, uint32_t reg)
{
    *(volatile uint32_t *)(a->registers + REGISTER_SELECT) = reg;
    return *(volatile uint32_t *)(a->registers + REGISTER_WINDOW);
}

static void write_register(const struct ioapic *a, uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(a->registers + REGISTER_SELECT) = reg;
    *(volatile uint32_t *)(a->registers + REGISTER_WINDOW) = value;
}

static const struct ioapic *find(unsigned int gsi)
{
    for (unsigned int i = 0; i < acpi_info.ioapic_count; i++) {
        if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].pins) {
            return &ioapics[i];
        }
    }
    return NULL;
}

void x86_ioapic_init(void)
{
    x86_out8(PIC1_DATA, 0xff);
    x86_out8(PIC2_DATA, 0xff);
    for (unsigned int i = 0; i < acpi_info.ioapic_count; i++) {
        struct ioapic *a = &ioapics[i];

        a->registers = x86_map_device(acpi_info.ioapics[i].physical);
        a->gsi_base = acpi_info.ioapics[i].gsi_base;
        a->pins = (read_register(a, REGISTER_VERSION) >> 16 & 0xff) + 1;
        for (unsigned int pin = 0; pin < a->pins; pin++) {
            write_register(a, REGISTER_PIN0 + pin * 2, PIN_MASKED);
        }
        gsi_count = MAX(gsi_count, MIN(a->gsi_base + a->pins, X86_GSI_MAX));
    }
}

unsigned int x86_gsi_count(void)
{
    return gsi_count;
}

unsigned int x86_isa_to_gsi(unsigned int irq, bool *level, bool *low)
{
    *level = *low = false;
    for (unsigned int i = 0; i < acpi_info.override_count; i++) {
        const struct acpi_override *o = &acpi_info.overrides[i];

        if (o->isa_irq == irq) {
            *low = (o->flags & 3) == 3;
            *level = (o->flags >> 2 & 3) == 3;
            return o->gsi;
        }
    }
    return irq;
}

int x86_ioapic_route(unsigned int gsi, uint8_t vector, uint32_t apic_id, bool level, bool low)
{
    const struct ioapic *a = find(gsi);
    struct lock_token token;

    if (!a) {
        return -XEN_EINVAL;
    }
    token = lock_acquire(&lock);
    write_register(a, REGISTER_PIN0 + (gsi - a->gsi_base) * 2 + 1, apic_id << 24);
    write_register(a, REGISTER_PIN0 + (gsi - a->gsi_base) * 2,
                   PIN_MASKED | vector | (level ? PIN_LEVEL : 0) | (low ? PIN_LOW : 0));
    lock_release(token);
    return 0;
}

void x86_ioapic_target(unsigned int gsi, uint32_t apic_id)
{
    const struct ioapic *a = find(gsi);
    struct lock_token token;

    if (!a) {
        return;
    }
    token = lock_acquire(&lock);
    write_register(a, REGISTER_PIN0 + (gsi - a->gsi_base) * 2 + 1, apic_id << 24);
    lock_release(token);
}

void x86_ioapic_mask(unsigned int gsi, bool masked)
{
    const struct ioapic *a = find(gsi);
    struct lock_token token;
    uint32_t pin;

    if (!a) {
        return;
    }
    token = lock_acquire(&lock);
    pin = read_register(a, REGISTER_PIN0 + (gsi - a->gsi_base) * 2);
    write_register(a, REGISTER_PIN0 + (gsi - a->gsi_base) * 2, masked ? pin | PIN_MASKED : pin & ~PIN_MASKED);
    lock_release(token);
}

int x86_ioapic_read(uint64_t physical, uint32_t reg, uint32_t *value)
{
    for (unsigned int i = 0; i < acpi_info.ioapic_count; i++) {
        if (acpi_info.ioapics[i].physical == physical && reg < REGISTER_PIN0 + ioapics[i].pins * 2) {
            struct lock_token token = lock_acquire(&lock);

            *value = read_register(&ioapics[i], reg);
            lock_release(token);
            return 0;
        }
    }
    return -XEN_EINVAL;
}
