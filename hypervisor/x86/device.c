/* SPDX-License-Identifier: MIT */
/* Registers of devices at any machine address, reached through one page of address space a CPU. */
#include "x86/device.h"

#include "lib/cpumask.h"
#include "port/cpu.h"
#include "port/irq.h"
#include "x86/cpu.h"
#include "x86/page_table.h"

struct device_window {
    volatile uint8_t *page;
    volatile uint64_t *entry;
};

static struct device_window windows[CPU_MAX];

void x86_device_init(uint64_t physical)
{
    for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
        windows[cpu].page = x86_map_device(physical);
        windows[cpu].entry = (volatile uint64_t *)(uintptr_t)x86_find_entry((uintptr_t)windows[cpu].page);
    }
}

/* Only this CPU uses its window, with interrupts off, so that nobody else has to forget the old translation. */
static volatile uint32_t *window(uint64_t address)
{
    struct device_window *w = &windows[port_cpu_id()];
    uint64_t entry = (address & PAGE_MASK) | X86_PTE_DEVICE;

    if (*w->entry != entry) {
        *w->entry = entry;
        __asm__ volatile("invlpg (%0)" : : "r"(w->page) : "memory");
    }
    return (volatile uint32_t *)(w->page + (address & (PAGE_SIZE - 1)));
}

uint32_t port_device_read(uint64_t address)
{
    return *window(address);
}

void port_device_write(uint64_t address, uint32_t value)
{
    *window(address) = value;
}
