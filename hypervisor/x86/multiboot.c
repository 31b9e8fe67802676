/* SPDX-License-Identifier: MIT */
/* Multiboot 1 and 2: copies what the loader tells into boot_info. Facts from the Multiboot specifications
 * 0.6.96 and 2.0. */
#include "x86/boot_info.h"
#include "lib/string.h"
#include "port/map.h"

#define MULTIBOOT1_MAGIC 0x2badb002u
#define MULTIBOOT2_MAGIC 0x36d76289u

#define MULTIBOOT1_HAS_LINE    (1u << 2)
#define MULTIBOOT1_HAS_MODULES (1u << 3)
#define MULTIBOOT1_HAS_MAP     (1u << 6)

struct multiboot1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, line, module_count, modules, symbols[4], map_length,
        map;
};

struct multiboot1_module {
    uint32_t start, end, line, reserved;
};

struct multiboot1_map {
    uint32_t size;
    uint64_t start, length;
    uint32_t type;
} __attribute__((packed));

struct multiboot2_tag {
    uint32_t type, size;
};

enum {
    MULTIBOOT2_END = 0,
    MULTIBOOT2_LINE = 1,
    MULTIBOOT2_MODULE = 3,
    MULTIBOOT2_MAP = 6,
    MULTIBOOT2_ACPI_OLD = 14,
    MULTIBOOT2_ACPI_NEW = 15,
};

struct boot_info boot_info;

static const void *low(uint32_t address)
{
    return (const void *)(LAYOUT_DIRECT + address);
}

static void add_memory(uint64_t start, uint64_t length, uint32_t type)
{
    if (boot_info.memory_count < BOOT_MEMORY_MAX && length != 0 && start + length > start) {
        boot_info.memory[boot_info.memory_count++] = (struct boot_memory){start, length, type};
    }
}

static void add_module(uint64_t start, uint64_t end, const char *line)
{
    struct boot_module *module = &boot_info.modules[boot_info.module_count];

    if (boot_info.module_count < BOOT_MODULES_MAX && end >= start) {
        module->start = start;
        module->end = end;
        strlcpy(module->line, line, sizeof(module->line));
        boot_info.module_count++;
    }
}

/* A multiboot 1 loader puts the file's name in front of the line; the hypervisor's and the modules' lines
 * start after it. */
static const char *after_name(const char *line)
{
    while (*line == ' ') {
        line++;
    }
    while (*line != '\0' && *line != ' ') {
        line++;
    }
    while (*line == ' ') {
        line++;
    }
    return line;
}

static const char *read_multiboot1(uint32_t address)
{
    struct multiboot1_info info;

    memcpy(&info, low(address), sizeof(info));
    if (!(info.flags & MULTIBOOT1_HAS_MAP)) {
        return "the boot loader gave no memory map";
    }
    if (info.flags & MULTIBOOT1_HAS_LINE) {
        strlcpy(boot_info.line, after_name(low(info.line)), sizeof(boot_info.line));
    }
    for (uint64_t at = 0; at + sizeof(struct multiboot1_map) <= info.map_length;) {
        struct multiboot1_map entry;

        memcpy(&entry, low((uint32_t)(info.map + at)), sizeof(entry));
        add_memory(entry.start, entry.length, entry.type);
        at += entry.size + 4ull;
    }
    for (uint32_t i = 0; info.flags & MULTIBOOT1_HAS_MODULES && i < MIN(info.module_count, BOOT_MODULES_MAX);
         i++) {
        struct multiboot1_module module;

        memcpy(&module, low(info.modules + i * (uint32_t)sizeof(module)), sizeof(module));
        add_module(module.start, module.end, module.line ? after_name(low(module.line)) : "");
    }
    return NULL;
}

static void read_multiboot2_map(const uint8_t *tag, uint32_t size)
{
    uint32_t entry_size;

    memcpy(&entry_size, tag + 8, sizeof(entry_size));
    for (uint32_t at = 16; entry_size >= 20 && at < size && entry_size <= size - at; at += entry_size) {
        struct boot_memory entry;

        memcpy(&entry.start, tag + at, 8);
        memcpy(&entry.length, tag + at + 8, 8);
        memcpy(&entry.type, tag + at + 16, 4);
        add_memory(entry.start, entry.length, entry.type);
    }
}

static void read_multiboot2_tag(const uint8_t *tag, uint32_t type, uint32_t size)
{
    uint32_t range[2];

    switch (type) {
    case MULTIBOOT2_LINE:
        strlcpy(boot_info.line, (const char *)tag + 8, sizeof(boot_info.line));
        break;
    case MULTIBOOT2_MODULE:
        memcpy(range, tag + 8, sizeof(range));
        add_module(range[0], range[1], (const char *)tag + 16);
        break;
    case MULTIBOOT2_MAP:
        read_multiboot2_map(tag, size);
        break;
    case MULTIBOOT2_ACPI_OLD:
        if (boot_info.rsdp == 0) {
            boot_info.rsdp = (uintptr_t)tag + 8 - LAYOUT_DIRECT;
        }
        break;
    case MULTIBOOT2_ACPI_NEW:
        boot_info.rsdp = (uintptr_t)tag + 8 - LAYOUT_DIRECT;
        break;
    default:
        break;
    }
}

static const char *read_multiboot2(uint32_t address)
{
    const uint8_t *info = low(address);
    uint32_t total;

    memcpy(&total, info, sizeof(total));
    for (uint32_t at = 8; at + sizeof(struct multiboot2_tag) <= total;) {
        struct multiboot2_tag tag;

        memcpy(&tag, info + at, sizeof(tag));
        if (tag.type == MULTIBOOT2_END || tag.size < sizeof(tag) || tag.size > total - at) {
            break;
        }
        read_multiboot2_tag(info + at, tag.type, tag.size);
        at += (uint32_t)ROUND_UP(tag.size, 8u);
    }
    return boot_info.memory_count == 0 ? "the boot loader gave no memory map" : NULL;
}

const char *boot_info_read(uint32_t magic, uint32_t address)
{
    switch (magic) {
    case MULTIBOOT1_MAGIC:
        return read_multiboot1(address);
    case MULTIBOOT2_MAGIC:
        return read_multiboot2(address);
    default:
        return "this loader speaks neither Multiboot 1 nor Multiboot 2; boot with QEMU's -kernel or with "
               "GRUB";
    }
}
