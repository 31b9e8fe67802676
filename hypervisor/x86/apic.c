/* SPDX-License-Identifier: MIT */
/* The local APIC. */
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/page_table.h"

enum {
    APIC_ID = 0x20,
    APIC_TPR = 0x80,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_ESR = 0x280,
    APIC_ICR_LOW = 0x300,
    APIC_ICR_HIGH = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_LINT1 = 0x360,
    APIC_LVT_ERROR = 0x370,
    APIC_TIMER_INITIAL = 0x380,
    APIC_TIMER_CURRENT = 0x390,
    APIC_TIMER_DIVIDE = 0x3e0,
};

#define APIC_ENABLE      0x100u
#define APIC_MASKED      0x10000u
#define APIC_LVT_NMI     0x400u
#define APIC_DIVIDE_BY_1 0xbu
#define ICR_PENDING      (1u << 12)
#define ICR_ASSERT       (1u << 14)
#define ICR_INIT         0x500u
#define ICR_STARTUP      0x600u
#define ICR_NMI          0x400u
#define ICR_OTHERS       0xc0000u

static volatile uint8_t *registers;

static uint32_t apic_read(uint32_t offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

static void apic_write(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(registers + offset) = value;
}

void x86_apic_init(uint64_t physical)
{
    registers = x86_map_device(physical);
}

void x86_apic_cpu_init(void)
{
    apic_write(APIC_TPR, 0);
    apic_write(APIC_LVT_LINT0, APIC_MASKED);
    apic_write(APIC_LVT_LINT1, APIC_LVT_NMI);
    apic_write(APIC_LVT_ERROR, APIC_MASKED);
    apic_write(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, X86_VECTOR_TIMER);
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_write(APIC_SPURIOUS, APIC_ENABLE | X86_VECTOR_SPURIOUS);
}

uint32_t x86_apic_id(void)
{
    return apic_read(APIC_ID) >> 24;
}

void x86_apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

static void send(uint32_t apic_id, uint32_t command)
{
    while (apic_read(APIC_ICR_LOW) & ICR_PENDING) {
        __asm__ volatile("pause");
    }
    apic_write(APIC_ICR_HIGH, apic_id << 24);
    apic_write(APIC_ICR_LOW, command);
}

void x86_apic_send(uint32_t apic_id, uint8_t vector)
{
    send(apic_id, ICR_ASSERT | vector);
}

void x86_apic_send_init(uint32_t apic_id)
{
    send(apic_id, ICR_ASSERT | ICR_INIT);
}

void x86_apic_send_startup(uint32_t apic_id, uint8_t page)
{
    send(apic_id, ICR_ASSERT | ICR_STARTUP | page);
}

void x86_apic_nmi_others(void)
{
    if (registers) {
        send(0, ICR_ASSERT | ICR_NMI | ICR_OTHERS);
    }
}

void x86_apic_timer_start(uint32_t count)
{
    apic_write(APIC_TIMER_INITIAL, count);
}

uint32_t x86_apic_timer_now(void)
{
    return apic_read(APIC_TIMER_CURRENT);
}
