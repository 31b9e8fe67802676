/* SPDX-License-Identifier: MIT */
/* Multiboot 1 and 2: copies what the loader tells into boot_info. */
#include "lib/boot_info.h"
#include "lib/string.h"

#define MULTIBOOT1_HAS_LINE    (1u << 2)
#define MULTIBOOT1_HAS_MODULES (1u << 3)
#define MULTIBOOT1_HAS_MAP     (1u << 6)

#define MULTIBOOT2_SIZE_MAX (16u << 20)

static const char *const no_map = "the boot loader gave no memory map";
static const char *const unreadable = "the boot loader's information lies outside of memory";

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

struct multiboot2_map {
    uint64_t start, length;
    uint32_t type;
} __attribute__((packed));

/* A descriptor of EFI's memory map; the map says how long one is. */
struct efi_descriptor {
    uint32_t type, padding;
    uint64_t start, virtual, pages, attributes;
};

enum {
    MULTIBOOT2_END = 0,
    MULTIBOOT2_LINE = 1,
    MULTIBOOT2_MODULE = 3,
    MULTIBOOT2_MAP = 6,
    MULTIBOOT2_EFI64 = 12,
    MULTIBOOT2_ACPI_OLD = 14,
    MULTIBOOT2_ACPI_NEW = 15,
    MULTIBOOT2_EFI_MAP = 17,
};

/* Copies length bytes; false if they cannot be read. */
static bool fetch(void *to, uint64_t address, uint64_t length, boot_view_fn view)
{
    const void *from = view(address, length);

    if (from) {
        memcpy(to, from, length);
    }
    return from != NULL;
}

/* A multiboot 1 loader puts the file's name in front of the line; the hypervisor's and the modules' lines
 * start after it. */
static void copy_after_name(char *to, uint32_t address, boot_view_fn view)
{
    char whole[BOOT_LINE_MAX];
    const char *line = whole;

    boot_info_copy_line(whole, address, view);
    while (*line == ' ') {
        line++;
    }
    while (*line != '\0' && *line != ' ') {
        line++;
    }
    while (*line == ' ') {
        line++;
    }
    strlcpy(to, line, BOOT_LINE_MAX);
}

static void read_modules1(struct boot_info *info, const struct multiboot1_info *from, boot_view_fn view)
{
    for (uint32_t i = 0; i < MIN(from->module_count, BOOT_MODULES_MAX); i++) {
        char line[BOOT_LINE_MAX] = "";
        struct multiboot1_module module;

        if (!fetch(&module, from->modules + i * sizeof(module), sizeof(module), view)) {
            return;
        }
        if (module.line) {
            copy_after_name(line, module.line, view);
        }
        boot_info_add_module(info, module.start, module.end, line);
    }
}

const char *multiboot1_read(struct boot_info *info, uint64_t address, boot_view_fn view)
{
    struct multiboot1_info from;

    if (!fetch(&from, address, sizeof(from), view)) {
        return unreadable;
    }
    if (!(from.flags & MULTIBOOT1_HAS_MAP)) {
        return no_map;
    }
    if (from.flags & MULTIBOOT1_HAS_LINE) {
        copy_after_name(info->line, from.line, view);
    }
    for (uint64_t at = 0; at + sizeof(struct multiboot1_map) <= from.map_length;) {
        struct multiboot1_map entry;

        if (!fetch(&entry, from.map + at, sizeof(entry), view)) {
            return unreadable;
        }
        boot_info_add_memory(info, entry.start, entry.length, entry.type);
        at += entry.size + 4ull;
    }
    if (from.flags & MULTIBOOT1_HAS_MODULES) {
        read_modules1(info, &from, view);
    }
    return NULL;
}

/* The entries of a tag that holds an array: their size stands before them. */
static void read_map(struct boot_info *info, const uint8_t *tag, uint32_t size)
{
    uint32_t entry_size;
    struct multiboot2_map entry;

    if (size < 16) {
        return;
    }
    memcpy(&entry_size, tag + 8, sizeof(entry_size));
    for (uint32_t at = 16; entry_size >= sizeof(entry) && at < size && entry_size <= size - at;
         at += entry_size) {
        memcpy(&entry, tag + at, sizeof(entry));
        boot_info_add_memory(info, entry.start, entry.length, entry.type);
    }
}

static void read_efi_map(struct boot_efi *efi, const uint8_t *tag, uint32_t size)
{
    uint32_t entry_size;
    struct efi_descriptor entry;

    if (size < 16) {
        return;
    }
    memcpy(&entry_size, tag + 8, sizeof(entry_size));
    for (uint32_t at = 16; entry_size >= sizeof(entry) && at < size && entry_size <= size - at;
         at += entry_size) {
        if (efi->memory_count == BOOT_EFI_MAX) {
            return;
        }
        memcpy(&entry, tag + at, sizeof(entry));
        efi->memory[efi->memory_count++] =
            (struct boot_efi_memory){entry.start, entry.pages, entry.attributes, entry.type};
    }
}

static void read_rsdp(struct boot_info *info, const uint8_t *tag, uint32_t size)
{
    uint32_t length = MIN(size - 8, BOOT_RSDP_MAX);

    /* The longer one, ACPI 2's, is the better one, wherever it stands. */
    if (length > info->rsdp_size) {
        memcpy(info->rsdp_copy, tag + 8, length);
        info->rsdp_size = length;
    }
}

/* The text at the end of a tag, which may lack its NUL. */
static void copy_text(char *to, const uint8_t *tag, uint32_t size, uint32_t at)
{
    size_t length = size > at ? strnlen((const char *)tag + at, MIN(size - at, BOOT_LINE_MAX - 1)) : 0;

    memcpy(to, tag + at, length);
    to[length] = '\0';
}

static void read_module2(struct boot_info *info, const uint8_t *tag, uint32_t size)
{
    char line[BOOT_LINE_MAX] = "";
    uint32_t range[2];

    if (size < 16) {
        return;
    }
    memcpy(range, tag + 8, sizeof(range));
    copy_text(line, tag, size, 16);
    boot_info_add_module(info, range[0], range[1], line);
}

/* A tag whose whole size can be read. */
static void read_tag(struct boot_info *info, const uint8_t *tag, uint32_t type, uint32_t size)
{
    switch (type) {
    case MULTIBOOT2_LINE:
        copy_text(info->line, tag, size, 8);
        break;
    case MULTIBOOT2_MODULE:
        read_module2(info, tag, size);
        break;
    case MULTIBOOT2_MAP:
        read_map(info, tag, size);
        break;
    case MULTIBOOT2_EFI64:
        if (size >= 16) {
            memcpy(&info->efi.system_table, tag + 8, sizeof(info->efi.system_table));
        }
        break;
    case MULTIBOOT2_ACPI_OLD:
    case MULTIBOOT2_ACPI_NEW:
        read_rsdp(info, tag, size);
        break;
    case MULTIBOOT2_EFI_MAP:
        read_efi_map(&info->efi, tag, size);
        break;
    default:
        break;
    }
}

const char *multiboot2_read(struct boot_info *info, uint64_t address, boot_view_fn view)
{
    uint32_t total;

    if (!fetch(&total, address, sizeof(total), view) || total > MULTIBOOT2_SIZE_MAX) {
        return unreadable;
    }
    for (uint32_t at = 8; at + sizeof(struct multiboot2_tag) <= total;) {
        struct multiboot2_tag tag;
        const uint8_t *bytes;

        if (!fetch(&tag, address + at, sizeof(tag), view)) {
            return unreadable;
        }
        if (tag.type == MULTIBOOT2_END || tag.size < sizeof(tag) || tag.size > total - at) {
            break;
        }
        bytes = view(address + at, tag.size);
        if (!bytes) {
            return unreadable;
        }
        read_tag(info, bytes, tag.type, tag.size);
        at += (uint32_t)ROUND_UP(tag.size, 8u);
    }
    return info->memory_count == 0 ? no_map : NULL;
}
