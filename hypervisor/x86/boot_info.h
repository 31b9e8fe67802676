/* SPDX-License-Identifier: MIT */
/* What a boot loader told, copied out of its memory: the same for every boot protocol. */
#ifndef X86_BOOT_INFO_H
#define X86_BOOT_INFO_H

#include "lib/types.h"

#define BOOT_MEMORY_MAX  128u
#define BOOT_MODULES_MAX 8u
#define BOOT_LINE_MAX    2048u

struct boot_memory {
    uint64_t start, length;
    uint32_t type; /* as in the e820 map: 1 is RAM */
};

struct boot_module {
    uint64_t start, end;      /* physical addresses */
    char line[BOOT_LINE_MAX]; /* its command line */
};

struct boot_info {
    char line[BOOT_LINE_MAX];
    struct boot_memory memory[BOOT_MEMORY_MAX];
    unsigned int memory_count;
    struct boot_module modules[BOOT_MODULES_MAX];
    unsigned int module_count;
    uint64_t rsdp; /* physical address of a copy of ACPI's root pointer, 0: search the BIOS area */
};

extern struct boot_info boot_info;

/*
 * Fills boot_info from the loader's structures. magic is what the loader left in eax, address the physical
 * address in ebx (below 4 GiB, reachable in the direct map). NULL, or what is wrong in words for a person.
 */
const char *boot_info_read(uint32_t magic, uint32_t address);

#endif
