/* SPDX-License-Identifier: MIT */
/* What the machine offers to the emulation of privileged instructions, the console and the power switch. */
#ifndef PORT_MACHINE_H
#define PORT_MACHINE_H

#include "lib/types.h"

struct e820entry;

struct port_cpuid {
    uint32_t a, b, c, d;
};

/* CPUID of the machine as the hypervisor sees it, with the running vCPU's XCR0 where leaf 0xd depends on it.
 */
struct port_cpuid port_cpuid(uint32_t leaf, uint32_t subleaf);

/* Reads an MSR; false if the CPU raised #GP. Writes one; false likewise. */
bool port_rdmsr(uint32_t msr, uint64_t *value);
bool port_wrmsr(uint32_t msr, uint64_t value);

uint64_t port_rdtsc(void);
uint64_t port_read_cr0(void);
uint64_t port_read_cr4(void);

/* An I/O port access of 1, 2 or 4 bytes. */
uint32_t port_io_read(uint16_t port, unsigned int bytes);
void port_io_write(uint16_t port, unsigned int bytes, uint32_t value);

/* Tells on the console what is done against speculation, and what guests' roots map of the hypervisor. */
void port_mitigations_print(void);

/* Writes raw bytes to the machine's console (the serial port). Called with the console's lock held. */
void port_console_write(const char *text, size_t length);

/* The machine goes off, or starts again. */
void port_power_off(void) NORETURN;
void port_reset(void) NORETURN;

/* Puts the machine into ACPI sleep state S5 by PM1 control values; -XEN_ENODEV without ACPI. Returns only on
 * failure. */
int port_acpi_sleep(uint16_t pm1a, uint16_t pm1b);

/* A window of memory that ACPI (its MCFG) names for PCI configuration space. */
struct port_pci_window {
    uint64_t address;
    uint16_t segment;
    uint8_t first_bus, last_bus;
};

/* The window with this index; false at the end. */
bool port_pci_window(unsigned int index, struct port_pci_window *window);

/* The function of the hypervisor's with this index, in ascending order of addresses; false at the end. */
bool port_symbol(uint32_t index, uint64_t *address, const char **name);

/* The entry with this index of the memory map that the firmware gave, in ascending order; false at the end.
 */
bool port_machine_e820(unsigned int index, struct e820entry *entry);

/* What EFI told, for the first domain. */
struct port_efi {
    bool present;
    uint32_t revision, vendor_revision;
    const uint16_t *vendor; /* ends with 0 */
    uint64_t tables;        /* physical address of its configuration table */
    uint32_t table_count;
};

struct port_efi_memory {
    uint64_t start, length, attributes;
    uint32_t type;
};

/* NULL where the machine did not start by EFI. */
const struct port_efi *port_efi(void);

/* The descriptor with this index of EFI's memory map; false at the end. */
bool port_efi_memory(unsigned int index, struct port_efi_memory *memory);

/*
 * The first frame of a run of 2 MiB that holds the given 2 MiB of the machine-to-physical table (the table's
 * entries from chunk * 2^18 on); MFN_INVALID when that part of the table has no memory of its own.
 */
mfn_t port_m2p_chunk(uint64_t chunk);

#endif
