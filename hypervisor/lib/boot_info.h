/* SPDX-License-Identifier: MIT */
/* What a boot loader told, copied out of its memory: the same for every boot protocol. */
#ifndef LIB_BOOT_INFO_H
#define LIB_BOOT_INFO_H

#include "lib/types.h"

#define BOOT_MEMORY_MAX  256u
#define BOOT_MODULES_MAX 8u
#define BOOT_LINE_MAX    2048u
#define BOOT_RSDP_MAX    36u
#define BOOT_EFI_MAX     512u

struct boot_memory {
    uint64_t start, length;
    uint32_t type; /* as in the e820 map: 1 is RAM */
};

struct boot_module {
    uint64_t start, end;      /* physical addresses */
    char line[BOOT_LINE_MAX]; /* its command line */
};

/* A descriptor of EFI's memory map. */
struct boot_efi_memory {
    uint64_t start, pages, attributes;
    uint32_t type;
};

/* What the firmware's EFI left behind, where the loader ended its boot services. */
struct boot_efi {
    uint64_t system_table; /* physical address; 0: the machine did not start by EFI */
    struct boot_efi_memory memory[BOOT_EFI_MAX];
    unsigned int memory_count;
};

struct boot_info {
    char line[BOOT_LINE_MAX];
    char kernel_line[BOOT_LINE_MAX]; /* what followed "--" on it: more words for the first domain's kernel */
    struct boot_memory memory[BOOT_MEMORY_MAX]; /* ascending; no two overlap */
    unsigned int memory_count;
    struct boot_module modules[BOOT_MODULES_MAX];
    unsigned int module_count;
    uint8_t rsdp_copy[BOOT_RSDP_MAX]; /* ACPI's root pointer, if rsdp_size is not 0 */
    uint32_t rsdp_size;
    uint64_t rsdp; /* else its physical address; 0: search the BIOS area */
    struct boot_efi efi;
};

/* What is at [physical, +length), readable until the next call; NULL where nothing can be read. */
typedef const void *(*boot_view_fn)(uint64_t physical, uint64_t length);

/* What a loader leaves in eax; PVH's entry point puts start_info's own number there. */
#define BOOT_MAGIC_MULTIBOOT1 0x2badb002u
#define BOOT_MAGIC_MULTIBOOT2 0x36d76289u
#define BOOT_MAGIC_PVH        0x336ec578u

/*
 * Fills info, which is all zero, from the loader's structures at a physical address. NULL, or what is wrong
 * in words for a person.
 */
const char *boot_info_read(struct boot_info *info, uint32_t magic, uint64_t address,
                           boot_view_fn view) MUST_CHECK;

/*
 * The physical address of the highest page of RAM below the legacy video memory that holds no module: where a CPU in
 * real mode can start. 0 if there is none; never the first page, which is the BIOS's.
 */
uint64_t boot_info_low_page(const struct boot_info *info);

/* The protocols: for boot_info_read. Facts: the Multiboot specifications 0.6.96 and 2.0; Xen's public header
 * arch-x86/hvm/start_info.h. */
const char *multiboot1_read(struct boot_info *info, uint64_t address, boot_view_fn view) MUST_CHECK;
const char *multiboot2_read(struct boot_info *info, uint64_t address, boot_view_fn view) MUST_CHECK;
const char *pvh_read(struct boot_info *info, uint64_t address, boot_view_fn view) MUST_CHECK;

/* For the protocols. What there is no room for, and what has no length, is left out. */
void boot_info_add_memory(struct boot_info *info, uint64_t start, uint64_t length, uint32_t type);
void boot_info_add_module(struct boot_info *info, uint64_t start, uint64_t end, const char *line);

/* Copies the text at a physical address, cut off to BOOT_LINE_MAX. */
void boot_info_copy_line(char *to, uint64_t address, boot_view_fn view);

/*
 * Brings a memory map into ascending order without overlaps, neighbours of one type joined; where entries
 * overlap the highest type has it, so that RAM is only what nobody else claims. False when the pieces are
 * more than limit.
 */
bool boot_memory_sort(struct boot_memory *map, unsigned int *count, unsigned int limit) MUST_CHECK;

/*
 * A loader that brings one module only can bring several files in it: where the first module is a cpio
 * archive (newc), its files take its place, in their order. NULL, or what is wrong.
 */
const char *boot_info_open_archive(struct boot_info *info, boot_view_fn view) MUST_CHECK;

#endif
