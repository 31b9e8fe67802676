/* SPDX-License-Identifier: MIT */
/* What all boot protocols share: the memory map in order, texts, and the words for the first domain. */
#include "lib/boot_info.h"
#include "lib/e820.h"
#include "lib/string.h"

#define LOW_MEMORY_END 0xa0000ull /* the video memory's start */

void boot_info_add_memory(struct boot_info *info, uint64_t start, uint64_t length, uint32_t type)
{
    if (info->memory_count < BOOT_MEMORY_MAX && length != 0 && start + length > start) {
        info->memory[info->memory_count++] = (struct boot_memory){start, length, type};
    }
}

void boot_info_add_module(struct boot_info *info, uint64_t start, uint64_t end, const char *line)
{
    struct boot_module *module = &info->modules[info->module_count];

    if (info->module_count < BOOT_MODULES_MAX && end >= start) {
        module->start = start;
        module->end = end;
        strlcpy(module->line, line, sizeof(module->line));
        info->module_count++;
    }
}

void boot_info_copy_line(char *to, uint64_t address, boot_view_fn view)
{
    unsigned int n = 0;

    for (; n < BOOT_LINE_MAX - 1; n++) {
        const char *from = view(address + n, 1);

        if (!from || *from == '\0') {
            break;
        }
        to[n] = *from;
    }
    to[n] = '\0';
}

/* The highest type that claims an address, and how far that stays so; 0 where nobody does. */
static uint32_t type_at(const struct boot_memory *map, unsigned int count, uint64_t at, uint64_t *end)
{
    uint32_t type = 0;

    *end = UINT64_MAX;
    for (unsigned int i = 0; i < count; i++) {
        uint64_t first = map[i].start, last = map[i].start + map[i].length;

        if (first > at) {
            *end = MIN(*end, first);
        } else if (last > at) {
            *end = MIN(*end, last);
            type = MAX(type, map[i].type);
        }
    }
    return type;
}

bool boot_memory_sort(struct boot_memory *map, unsigned int *count, unsigned int limit)
{
    static struct boot_memory sorted[BOOT_MEMORY_MAX];
    unsigned int made = 0;
    uint64_t at = 0, end;

    for (; at != UINT64_MAX; at = end) {
        uint32_t type = type_at(map, *count, at, &end);
        struct boot_memory *last = made ? &sorted[made - 1] : NULL;

        if (type == 0) {
            continue;
        }
        if (last && last->type == type && last->start + last->length == at) {
            last->length = end - last->start;
        } else if (made == MIN(limit, BOOT_MEMORY_MAX)) {
            return false;
        } else {
            sorted[made++] = (struct boot_memory){at, end - at, type};
        }
    }
    memcpy(map, sorted, made * sizeof(*map));
    *count = made;
    return true;
}

/* What follows a lone "--" is for the first domain, as Xen has it. */
static void split_line(struct boot_info *info)
{
    for (char *at = info->line; *at; at++) {
        bool begins = at == info->line || at[-1] == ' ';

        if (begins && strncmp(at, "--", 2) == 0 && (at[2] == ' ' || at[2] == '\0')) {
            const char *rest = at + 2;

            while (*rest == ' ') {
                rest++;
            }
            strlcpy(info->kernel_line, rest, sizeof(info->kernel_line));
            *at = '\0';
            return;
        }
    }
}

static bool page_is_free(const struct boot_info *info, uint64_t page)
{
    for (unsigned int i = 0; i < info->module_count; i++) {
        if (info->modules[i].start < page + PAGE_SIZE && info->modules[i].end > page) {
            return false;
        }
    }
    return true;
}

uint64_t boot_info_low_page(const struct boot_info *info)
{
    for (unsigned int i = info->memory_count; i-- > 0;) {
        const struct boot_memory *m = &info->memory[i];
        uint64_t first = ROUND_UP(MAX(m->start, (uint64_t)PAGE_SIZE), PAGE_SIZE);
        uint64_t end = m->type == E820_RAM ? MIN(m->start + m->length, LOW_MEMORY_END) : 0;

        for (uint64_t page = end & PAGE_MASK; page > first;) {
            page -= PAGE_SIZE;
            if (page_is_free(info, page)) {
                return page;
            }
        }
    }
    return 0;
}

static const char *read_protocol(struct boot_info *info, uint32_t magic, uint64_t address, boot_view_fn view)
{
    switch (magic) {
    case BOOT_MAGIC_MULTIBOOT1:
        return multiboot1_read(info, address, view);
    case BOOT_MAGIC_MULTIBOOT2:
        return multiboot2_read(info, address, view);
    case BOOT_MAGIC_PVH:
        return pvh_read(info, address, view);
    default:
        return "this loader speaks neither Multiboot 1 nor Multiboot 2; boot with QEMU's -kernel or with "
               "GRUB";
    }
}

const char *boot_info_read(struct boot_info *info, uint32_t magic, uint64_t address, boot_view_fn view)
{
    const char *wrong = read_protocol(info, magic, address, view);

    if (wrong) {
        return wrong;
    }
    if (info->memory_count == 0) {
        return "the boot loader gave no memory map";
    }
    if (!boot_memory_sort(info->memory, &info->memory_count, BOOT_MEMORY_MAX)) {
        return "the boot loader's memory map has too many pieces";
    }
    split_line(info);
    return boot_info_open_archive(info, view);
}
