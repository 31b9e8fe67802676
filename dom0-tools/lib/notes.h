/* SPDX-License-Identifier: MIT */
/* What a kernel says of itself to a PV hypervisor: its Xen notes, or the older text section __xen_guest. */
#ifndef PVTOOLS_NOTES_H
#define PVTOOLS_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/elf.h"

#define PV_NOTES_TEXT 64

struct pv_notes {
    bool found;  /* the kernel has Xen notes or __xen_guest at all */
    bool legacy; /* they came from __xen_guest */
    char guest_os[PV_NOTES_TEXT], guest_version[PV_NOTES_TEXT], xen_version[PV_NOTES_TEXT],
        loader[PV_NOTES_TEXT];
    char features[256];
    uint64_t virt_base;
    uint64_t paddr_offset;
    uint64_t entry;
    bool has_hypercall_page;
    uint64_t hypercall_page; /* virtual address */
    bool has_init_p2m;
    uint64_t init_p2m;  /* virtual address of the frame list */
    bool mod_start_pfn; /* takes its ramdisk by frame number, unmapped */
    bool has_supported_features;
    uint64_t supported_features;
};

/*
 * Reads them; where the kernel says nothing, defaults stand: virt_base 0, the ELF file's entry. Notes that
 * are too short for what they hold are left out. Does not judge: see pv_notes_check.
 */
void pv_notes_read(const struct pv_elf *elf, struct pv_notes *notes);

/*
 * Can this kernel run as a 64-bit PV guest? Refuses, with the reason, one without notes, of another
 * interface, for 32 bits, that requires a feature which is unknown, or whose addresses do not fit together.
 */
int pv_notes_check(const struct pv_elf *elf, const struct pv_notes *notes, struct pv_error *error);

#endif
