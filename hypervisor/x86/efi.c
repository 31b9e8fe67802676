/* SPDX-License-Identifier: MIT */
/*
 * EFI: the loader has ended its boot services, and its runtime services are never called. What is left are
 * tables that dom0 needs to find ACPI's and the machine's names. Layout: UEFI specification 2.10, chapter 4.
 */
#include "x86/efi.h"
#include "lib/log.h"
#include "lib/string.h"
#include "port/machine.h"
#include "x86/loader.h"
#include "x86/page_table.h"

#define SIGNATURE   0x5453595320494249ull /* "IBI SYST" */
#define VENDOR_MAX  100u
#define TABLES_MAX  1024u
#define VENDOR_SIZE (VENDOR_MAX * sizeof(uint16_t))

struct efi_system_table {
    uint64_t signature;
    uint32_t revision, header_size, crc, reserved;
    uint64_t vendor;
    uint32_t vendor_revision, padding;
    uint64_t console[6];
    uint64_t runtime_services, boot_services;
    uint64_t table_count, tables;
};

static uint16_t vendor[VENDOR_MAX];
static struct port_efi efi = {.vendor = vendor};

static void read_vendor(uint64_t address)
{
    if (address) {
        memcpy(vendor, x86_map_firmware(address, VENDOR_SIZE), VENDOR_SIZE - sizeof(vendor[0]));
        vendor[VENDOR_MAX - 1] = 0;
    }
}

void x86_efi_init(void)
{
    const struct efi_system_table *table;

    if (boot_info.efi.system_table == 0) {
        return;
    }
    table = x86_map_firmware(boot_info.efi.system_table, sizeof(*table));
    if (table->signature != SIGNATURE || table->table_count > TABLES_MAX) {
        log_warning("EFI's system table is damaged; the first domain is not told of EFI");
        return;
    }
    efi.revision = table->revision;
    efi.vendor_revision = table->vendor_revision;
    efi.tables = table->tables;
    efi.table_count = (uint32_t)table->table_count;
    read_vendor(table->vendor);
    efi.present = true;
    log_info("EFI %u.%u; its runtime services are not used", efi.revision >> 16,
             (efi.revision & 0xffff) / 10);
}

const struct port_efi *port_efi(void)
{
    return efi.present ? &efi : NULL;
}

bool port_efi_memory(unsigned int index, struct port_efi_memory *memory)
{
    if (index >= boot_info.efi.memory_count) {
        return false;
    }
    *memory = (struct port_efi_memory){
        .start = boot_info.efi.memory[index].start,
        .length = boot_info.efi.memory[index].pages << PAGE_SHIFT,
        .attributes = boot_info.efi.memory[index].attributes,
        .type = boot_info.efi.memory[index].type,
    };
    return true;
}
