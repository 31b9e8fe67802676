/* SPDX-License-Identifier: MIT */
/* Reads ACPI's tables. They are the firmware's: lengths are checked, checksums too. */
#include "x86/acpi.h"
#include "lib/log.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "x86/loader.h"
#include "x86/page_table.h"

struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

struct acpi_rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
} __attribute__((packed));

#define RSDP_OLD_SIZE    20u
#define TABLE_LENGTH_MAX (4u << 20)

enum {
    MADT_CPU = 0,
    MADT_IOAPIC = 1,
    MADT_OVERRIDE = 2,
    MADT_APIC_ADDRESS = 5,
    MADT_FIRST_ENTRY = 44,
};

enum {
    MCFG_FIRST_ENTRY = 44,
    MCFG_ENTRY_SIZE = 16,
};

enum {
    FADT_DSDT = 40,
    FADT_SCI = 46,
    FADT_SMI_COMMAND = 48,
    FADT_PM1A_CONTROL = 64,
    FADT_PM1B_CONTROL = 68,
    FADT_PM_TIMER = 76,
    FADT_FLAGS = 112,
    FADT_RESET_REGISTER = 116,
    FADT_RESET_VALUE = 128,
    FADT_X_DSDT = 140,
    FADT_X_DSDT_END = 148,
};

#define FADT_HAS_RESET   (1u << 10)
#define ADDRESS_SPACE_IO 1

struct acpi_info acpi_info;

static bool sum_is_zero(const uint8_t *bytes, uint32_t length)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < length; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    return sum == 0;
}

static uint64_t read_field(const uint8_t *table, uint32_t offset, uint32_t bytes)
{
    uint64_t value = 0;

    memcpy(&value, table + offset, bytes);
    return value;
}

static uint64_t search_rsdp(uint64_t from, uint64_t to)
{
    for (uint64_t at = from & ~15ull; at + 20 <= to; at += 16) {
        const uint8_t *p = x86_map_firmware(at, 36);

        if (memcmp(p, "RSD PTR ", 8) == 0 && sum_is_zero(p, 20)) {
            return at;
        }
    }
    return 0;
}

static uint64_t find_rsdp(void)
{
    uint64_t ebda = *(const uint16_t *)x86_map_firmware(0x40e, 2) * 16ull, found = 0;

    if (ebda >= 0x80000 && ebda < 0xa0000) {
        found = search_rsdp(ebda, ebda + 1024);
    }
    return found ? found : search_rsdp(0xe0000, 0x100000);
}

/* A whole table; NULL if its length or sum is wrong. */
static const uint8_t *map_table(uint64_t physical)
{
    const struct acpi_header *header = x86_map_firmware(physical, sizeof(*header));
    uint32_t length = header->length;

    if (physical == 0 || length < sizeof(*header) || length > TABLE_LENGTH_MAX) {
        return NULL;
    }
    x86_map_firmware(physical, length);
    return sum_is_zero((const uint8_t *)header, length) ? (const uint8_t *)header : NULL;
}

static void madt_entry(const uint8_t *e, uint8_t length)
{
    struct acpi_info *a = &acpi_info;

    if (e[0] == MADT_CPU && length >= 8 && read_field(e, 4, 4) & 1) {
        if (a->cpu_count < ACPI_CPUS_MAX) {
            a->cpus[a->cpu_count++] = (struct acpi_cpu){.apic_id = e[3], .acpi_id = e[2]};
        }
    } else if (e[0] == MADT_IOAPIC && length >= 12 && a->ioapic_count < ACPI_IOAPICS_MAX) {
        a->ioapics[a->ioapic_count++] =
            (struct acpi_ioapic){read_field(e, 4, 4), (uint32_t)read_field(e, 8, 4), e[2]};
    } else if (e[0] == MADT_OVERRIDE && length >= 10 && a->override_count < ACPI_OVERRIDES_MAX) {
        a->overrides[a->override_count++] =
            (struct acpi_override){e[3], (uint32_t)read_field(e, 4, 4), (uint16_t)read_field(e, 8, 2)};
    } else if (e[0] == MADT_APIC_ADDRESS && length >= 12) {
        a->apic_physical = read_field(e, 4, 8);
    }
}

static void read_madt(const uint8_t *table, uint32_t length)
{
    if (length < MADT_FIRST_ENTRY) {
        return;
    }
    acpi_info.apic_physical = read_field(table, 36, 4);
    for (uint32_t at = MADT_FIRST_ENTRY;
         at + 2 <= length && table[at + 1] >= 2 && at + table[at + 1] <= length; at += table[at + 1]) {
        madt_entry(table + at, table[at + 1]);
    }
}

/* The windows of PCI configuration space: PCI Firmware 3.0, chapter 4. */
static void read_mcfg(const uint8_t *table, uint32_t length)
{
    struct acpi_info *a = &acpi_info;

    for (uint32_t at = MCFG_FIRST_ENTRY; at + MCFG_ENTRY_SIZE <= length && a->window_count < ACPI_WINDOWS_MAX;
         at += MCFG_ENTRY_SIZE) {
        a->windows[a->window_count++] = (struct acpi_window){
            read_field(table, at, 8), (uint16_t)read_field(table, at + 8, 2), table[at + 10], table[at + 11]};
    }
}

/* An integer in AML: a byte with its prefix, or the constants 0 and 1. Returns what follows. */
static const uint8_t *aml_small(const uint8_t *at, uint8_t *value)
{
    if (*at == 0x0a) {
        *value = at[1];
        return at + 2;
    }
    *value = *at <= 1 ? *at : 0;
    return at + 1;
}

/* The package _S5_ in the DSDT holds the values that mean "off"; it is a plain constant in all known
 * firmware. */
static void find_s5(const uint8_t *dsdt, uint32_t length)
{
    for (uint32_t at = sizeof(struct acpi_header); at + 16 < length; at++) {
        const uint8_t *p = dsdt + at;

        if (memcmp(p, "_S5_", 4) == 0 && p[4] == 0x12) {
            p += 5;
            p += 1 + (*p >> 6); /* package length */
            p += 1;             /* number of elements */
            p = aml_small(p, &acpi_info.s5_a);
            aml_small(p, &acpi_info.s5_b);
            acpi_info.s5_known = true;
            return;
        }
    }
}

static void read_fadt(const uint8_t *table, uint32_t length)
{
    struct acpi_info *a = &acpi_info;
    const uint8_t *dsdt;
    uint64_t dsdt_at;

    if (length < FADT_RESET_REGISTER) {
        return;
    }
    a->sci = (uint16_t)read_field(table, FADT_SCI, 2);
    a->smi_command = (uint16_t)read_field(table, FADT_SMI_COMMAND, 4);
    a->pm1a_control = (uint16_t)read_field(table, FADT_PM1A_CONTROL, 4);
    a->pm1b_control = (uint16_t)read_field(table, FADT_PM1B_CONTROL, 4);
    a->pm_timer = (uint16_t)read_field(table, FADT_PM_TIMER, 4);
    if (length > FADT_RESET_VALUE && read_field(table, FADT_FLAGS, 4) & FADT_HAS_RESET &&
        table[FADT_RESET_REGISTER] == ADDRESS_SPACE_IO) {
        a->reset_port = (uint16_t)read_field(table, FADT_RESET_REGISTER + 4, 8);
        a->reset_value = table[FADT_RESET_VALUE];
    }
    dsdt_at = length >= FADT_X_DSDT_END ? read_field(table, FADT_X_DSDT, 8) : 0;
    dsdt = map_table(dsdt_at ? dsdt_at : read_field(table, FADT_DSDT, 4));
    if (dsdt) {
        find_s5(dsdt, (uint32_t)read_field(dsdt, 4, 4));
    }
}

static void read_table(uint64_t physical)
{
    const uint8_t *table = map_table(physical);
    uint32_t length;

    if (!table) {
        return;
    }
    length = (uint32_t)read_field(table, 4, 4);
    if (memcmp(table, "APIC", 4) == 0) {
        read_madt(table, length);
    } else if (memcmp(table, "FACP", 4) == 0) {
        read_fadt(table, length);
    } else if (memcmp(table, "MCFG", 4) == 0) {
        read_mcfg(table, length);
    }
}

/* The root pointer: what the loader copied, or what it pointed at, or what is found. False if there is none.
 */
static bool read_root(struct acpi_rsdp *root)
{
    uint64_t at = boot_info.rsdp;

    *root = (struct acpi_rsdp){0};
    if (boot_info.rsdp_size >= RSDP_OLD_SIZE) {
        memcpy(root, boot_info.rsdp_copy, MIN(boot_info.rsdp_size, sizeof(*root)));
        return true;
    }
    at = at ? at : find_rsdp();
    if (at) {
        memcpy(root, x86_map_firmware(at, sizeof(*root)), sizeof(*root));
    }
    return at != 0;
}

void x86_acpi_init(void)
{
    struct acpi_rsdp root;
    const uint8_t *list;
    uint32_t width;

    acpi_info.apic_physical = 0xfee00000;
    if (!read_root(&root)) {
        log_error("no ACPI tables: one CPU, no interrupt routing for the first domain");
        return;
    }
    width = root.revision >= 2 && root.xsdt != 0 ? 8 : 4;
    list = map_table(width == 8 ? root.xsdt : root.rsdt);
    if (!list) {
        log_error("ACPI's root table is damaged: one CPU, no interrupt routing for the first domain");
        return;
    }
    acpi_info.present = true;
    for (uint32_t at = sizeof(struct acpi_header); at + width <= read_field(list, 4, 4); at += width) {
        read_table(read_field(list, at, width));
    }
}
