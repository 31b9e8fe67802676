/* SPDX-License-Identifier: MIT */
/* What the hypervisor takes from ACPI's tables: CPUs, interrupt controllers, the power registers. Facts:
 * ACPI 6.4, chapters 4 and 5. */
#ifndef X86_ACPI_H
#define X86_ACPI_H

#include "lib/types.h"

#define ACPI_CPUS_MAX      64u
#define ACPI_IOAPICS_MAX   8u
#define ACPI_OVERRIDES_MAX 24u
#define ACPI_WINDOWS_MAX   8u

struct acpi_ioapic {
    uint64_t physical;
    uint32_t gsi_base;
    uint8_t id;
};

struct acpi_override {
    uint8_t isa_irq;
    uint32_t gsi;
    uint16_t flags; /* polarity in bits 1:0, trigger in 3:2; 0 follows the bus */
};

struct acpi_cpu {
    uint32_t apic_id, acpi_id;
};

/* Memory through which PCI configuration space of these buses can be reached. */
struct acpi_window {
    uint64_t physical;
    uint16_t segment;
    uint8_t first_bus, last_bus;
};

struct acpi_info {
    bool present;
    uint64_t apic_physical;
    struct acpi_cpu cpus[ACPI_CPUS_MAX];
    unsigned int cpu_count;
    struct acpi_ioapic ioapics[ACPI_IOAPICS_MAX];
    unsigned int ioapic_count;
    struct acpi_override overrides[ACPI_OVERRIDES_MAX];
    unsigned int override_count;
    struct acpi_window windows[ACPI_WINDOWS_MAX];
    unsigned int window_count;
    uint16_t pm1a_control, pm1b_control, pm_timer, smi_command;
    uint16_t sci;
    bool s5_known;
    uint8_t s5_a, s5_b;  /* SLP_TYP values of S5 */
    uint16_t reset_port; /* 0: none */
    uint8_t reset_value;
};

extern struct acpi_info acpi_info;

/* Reads the tables that the loader pointed at, or else those that are found. acpi_info.present tells whether
 * there was anything. */
void x86_acpi_init(void);

#endif
