/* SPDX-License-Identifier: MIT */
/* port/machine.h on the real machine. */
#include "port/machine.h"
#include "lib/e820.h"
#include "lib/log.h"
#include "port/cpu.h"
#include "pvabi/errno.h"
#include "x86/acpi.h"
#include "x86/cpu.h"
#include "x86/speculation.h"
#include "x86/xpti.h"
#include "x86/guest_copy.h"
#include "x86/loader.h"
#include "x86/symbols.h"

extern const char image_start[];

#define PM1_SLEEP_ENABLE     (1u << 13)
#define PM1_SLEEP_TYPE_SHIFT 10
#define RESET_CONTROL        0xcf9
#define KEYBOARD_CONTROLLER  0x64

struct port_cpuid port_cpuid(uint32_t leaf, uint32_t subleaf)
{
    uint32_t r[4];

    x86_cpuid(leaf, subleaf, r);
    return (struct port_cpuid){r[0], r[1], r[2], r[3]};
}

bool port_rdmsr(uint32_t msr, uint64_t *value)
{
    return x86_try_rdmsr(msr, value);
}

bool port_wrmsr(uint32_t msr, uint64_t value)
{
    return x86_try_wrmsr(msr, value);
}

uint64_t port_rdtsc(void)
{
    return x86_rdtsc();
}

uint64_t port_read_cr0(void)
{
    return x86_read_cr0();
}

uint64_t port_read_cr4(void)
{
    return x86_read_cr4();
}

uint32_t port_io_read(uint16_t port, unsigned int bytes)
{
    switch (bytes) {
    case 1:
        return x86_in8(port);
    case 2:
        return x86_in16(port);
    default:
        return x86_in32(port);
    }
}

void port_io_write(uint16_t port, unsigned int bytes, uint32_t value)
{
    switch (bytes) {
    case 1:
        x86_out8(port, (uint8_t)value);
        break;
    case 2:
        x86_out16(port, (uint16_t)value);
        break;
    default:
        x86_out32(port, value);
        break;
    }
}

bool port_pci_window(unsigned int index, struct port_pci_window *window)
{
    const struct acpi_window *w;

    if (index >= acpi_info.window_count) {
        return false;
    }
    w = &acpi_info.windows[index];
    *window = (struct port_pci_window){w->physical, w->segment, w->first_bus, w->last_bus};
    return true;
}

int port_acpi_sleep(uint16_t pm1a, uint16_t pm1b)
{
    if (acpi_info.pm1a_control == 0) {
        return -XEN_ENODEV;
    }
    x86_out16(acpi_info.pm1a_control, (uint16_t)(pm1a | PM1_SLEEP_ENABLE));
    if (acpi_info.pm1b_control) {
        x86_out16(acpi_info.pm1b_control, (uint16_t)(pm1b | PM1_SLEEP_ENABLE));
    }
    return 0;
}

static void NORETURN stop(void)
{
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void port_power_off(void)
{
    if (acpi_info.s5_known) {
        port_acpi_sleep((uint16_t)(acpi_info.s5_a << PM1_SLEEP_TYPE_SHIFT),
                        (uint16_t)(acpi_info.s5_b << PM1_SLEEP_TYPE_SHIFT));
    }
    log_info("the machine may be switched off now");
    stop();
}

void port_reset(void)
{
    if (acpi_info.reset_port) {
        x86_out8(acpi_info.reset_port, acpi_info.reset_value);
    }
    x86_out8(RESET_CONTROL, 0x02);
    x86_out8(RESET_CONTROL, 0x06);
    x86_out8(KEYBOARD_CONTROLLER, 0xfe);
    stop();
}

bool port_machine_e820(unsigned int index, struct e820entry *entry)
{
    if (index >= boot_info.memory_count) {
        return false;
    }
    *entry = (struct e820entry){
        .addr = boot_info.memory[index].start,
        .size = boot_info.memory[index].length,
        .type = boot_info.memory[index].type,
    };
    return true;
}

void port_mitigations_print(void)
{
    x86_speculation_print();
    x86_xpti_print();
}

bool port_symbol(uint32_t index, uint64_t *address, const char **name)
{
    if (index >= x86_symbol_count) {
        return false;
    }
    *address = (uint64_t)image_start + x86_symbols[index].offset;
    *name = &x86_symbol_names[x86_symbols[index].name];
    return true;
}
