/* SPDX-License-Identifier: MIT */
/* PVH: copies the start_info of Xen's entry for unprivileged and bare 32-bit starts into boot_info. */
#include "lib/boot_info.h"
#include "lib/string.h"

#define VERSION_WITH_MAP 1u
#define PVH_MAP_MAX      BOOT_MEMORY_MAX

struct pvh_start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, line, rsdp;
    uint64_t map; /* this and the next since version 1 */
    uint32_t map_count, reserved;
};

struct pvh_module {
    uint64_t start, size, line, reserved;
};

struct pvh_map {
    uint64_t start, length;
    uint32_t type, reserved;
};

static void read_modules(struct boot_info *info, const struct pvh_start_info *from, boot_view_fn view)
{
    for (uint32_t i = 0; i < MIN(from->module_count, BOOT_MODULES_MAX); i++) {
        const struct pvh_module *at = view(from->modules + i * sizeof(*at), sizeof(*at));
        char line[BOOT_LINE_MAX] = "";
        struct pvh_module module;

        if (!at) {
            return;
        }
        memcpy(&module, at, sizeof(module));
        if (module.line) {
            boot_info_copy_line(line, module.line, view);
        }
        boot_info_add_module(info, module.start, module.start + module.size, line);
    }
}

const char *pvh_read(struct boot_info *info, uint64_t address, boot_view_fn view)
{
    const struct pvh_start_info *at = view(address, sizeof(*at));
    struct pvh_start_info from;

    if (!at) {
        return "PVH's start_info lies outside of memory";
    }
    memcpy(&from, at, sizeof(from));
    if (from.magic != BOOT_MAGIC_PVH) {
        return "what the loader gave is no PVH start_info";
    }
    if (from.version < VERSION_WITH_MAP) {
        return "PVH's start_info is of version 0, which has no memory map";
    }
    for (uint32_t i = 0; i < MIN(from.map_count, PVH_MAP_MAX); i++) {
        const struct pvh_map *entry = view(from.map + i * sizeof(*entry), sizeof(*entry));

        if (!entry) {
            return "PVH's memory map lies outside of memory";
        }
        boot_info_add_memory(info, entry->start, entry->length, entry->type);
    }
    if (from.line) {
        boot_info_copy_line(info->line, from.line, view);
    }
    info->rsdp = from.rsdp;
    read_modules(info, &from, view);
    return NULL;
}
