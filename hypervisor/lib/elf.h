/* SPDX-License-Identifier: MIT */
/*
 * Reads an ELF64 program for x86-64 in memory that nobody vouches for: every offset is checked against the
 * image's size. elf_kernel_read adds what a PV kernel says of itself in Xen's notes, or in the older section
 * __xen_guest.
 */
#ifndef LIB_ELF_H
#define LIB_ELF_H

#include "lib/types.h"

struct elf {
    const uint8_t *image;
    uint64_t size;
    uint64_t entry;
    uint64_t program_offset, section_offset;
    uint16_t program_count, section_count, section_names;
    uint16_t program_size, section_size; /* of one header each */
};

#define ELF_SEGMENT_LOAD 1u
#define ELF_SEGMENT_NOTE 4u

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, virtual_address, physical_address, file_size, memory_size;
};

struct elf_section {
    const char *name; /* ends with NUL within the image; "" if it has none */
    uint32_t type;
    uint64_t offset, size;
};

/*
 * Checks the file's header. NULL, or a sentence that says what is wrong (bzImages are named as such). The
 * image must stay where it is as long as elf is used.
 */
const char *elf_open(struct elf *elf, const void *image, uint64_t size) MUST_CHECK;

/* A program header; false if its file part lies outside the image. index is below program_count. */
bool elf_segment_read(const struct elf *elf, unsigned int index, struct elf_segment *segment) MUST_CHECK;

/* A section; false if it lies outside the image. index is below section_count. */
bool elf_section_read(const struct elf *elf, unsigned int index, struct elf_section *section) MUST_CHECK;

#define ELF_KERNEL_TEXT 64u

/* What a PV kernel wants. Addresses are virtual unless the name says otherwise. */
struct elf_kernel {
    uint64_t entry;
    uint64_t virt_base; /* of pseudo-physical address 0 */
    uint64_t paddr_offset;
    uint64_t start, end;     /* what its segments occupy */
    uint64_t init_p2m;       /* where it wants its list of frames; valid if has_init_p2m */
    uint64_t hypercall_page; /* valid if has_hypercall_page */
    uint64_t hv_start_low;   /* 0: not said */
    bool has_init_p2m, has_hypercall_page;
    bool mod_start_pfn; /* takes the initrd's frame number instead of a mapping */
    bool suspend_cancel;
    bool pae;                     /* says that it has extended page tables: magic ends with "p" */
    bool has_supported;           /* supported was given as a number */
    uint32_t supported, required; /* bits of XENFEAT_* */
    char guest_os[ELF_KERNEL_TEXT], guest_version[ELF_KERNEL_TEXT];
    char loader[ELF_KERNEL_TEXT], xen_version[ELF_KERNEL_TEXT];
};

/*
 * Reads and checks it all. NULL, or a sentence that says what is wrong. dom0: the kernel shall control the
 * machine.
 */
const char *elf_kernel_read(struct elf_kernel *kernel, const struct elf *elf, bool dom0) MUST_CHECK;

#endif
