/* SPDX-License-Identifier: MIT */
/* What a PVH kernel (and a hypervisor that boots by PVH) finds: ebx holds the physical address of hvm_start_info. */
#ifndef PVABI_ARCH_X86_HVM_START_INFO_H
#define PVABI_ARCH_X86_HVM_START_INFO_H

#include "../../xen-compat.h"

#define XEN_HVM_START_MAGIC_VALUE 0x336ec578

/* Kinds of memory, as in ACPI's own list. */
#define XEN_HVM_MEMMAP_TYPE_RAM 1
#define XEN_HVM_MEMMAP_TYPE_RESERVED 2
#define XEN_HVM_MEMMAP_TYPE_ACPI 3
#define XEN_HVM_MEMMAP_TYPE_NVS 4
#define XEN_HVM_MEMMAP_TYPE_UNUSABLE 5
#define XEN_HVM_MEMMAP_TYPE_DISABLED 6
#define XEN_HVM_MEMMAP_TYPE_PMEM 7

#ifndef __ASSEMBLY__
#include <stdint.h>

/* All addresses are physical; 0 means that there is none. */
struct hvm_start_info {
    uint32_t magic;             /* XEN_HVM_START_MAGIC_VALUE */
    uint32_t version;           /* 1: the memory map is there */
    uint32_t flags;             /* SIF_* */
    uint32_t nr_modules;
    uint64_t modlist_paddr;     /* hvm_modlist_entry[nr_modules] */
    uint64_t cmdline_paddr;
    uint64_t rsdp_paddr;
    uint64_t memmap_paddr;      /* hvm_memmap_table_entry[memmap_entries], from version 1 on */
    uint32_t memmap_entries;
    uint32_t reserved;
};

struct hvm_modlist_entry {
    uint64_t paddr;
    uint64_t size;
    uint64_t cmdline_paddr;
    uint64_t reserved;
};

struct hvm_memmap_table_entry {
    uint64_t addr;
    uint64_t size;
    uint32_t type;              /* XEN_HVM_MEMMAP_TYPE_* */
    uint32_t reserved;
};
#endif /* __ASSEMBLY__ */

#endif /* PVABI_ARCH_X86_HVM_START_INFO_H */
