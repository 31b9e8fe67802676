/* SPDX-License-Identifier: MIT */
/* Entries of a memory map in the layout of BIOS function E820, which the ABI passes to guests. */
#ifndef LIB_E820_H
#define LIB_E820_H

#include "lib/types.h"

#define E820_RAM      1u
#define E820_RESERVED 2u
#define E820_ACPI     3u
#define E820_NVS      4u
#define E820_UNUSABLE 5u

struct e820entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type; /* E820_* */
} __attribute__((packed));

_Static_assert(sizeof(struct e820entry) == 20, "the layout of the ABI");

#endif
