/* SPDX-License-Identifier: MIT */
/* Reading a 64-bit x86 ELF file in memory: segments, notes, sections by name. Trusts no offset in it. */
#ifndef PVTOOLS_ELF_H
#define PVTOOLS_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define PV_ELF_SEGMENTS 32

/* One PT_LOAD segment; offset + file_size lies in the file, file_size <= memory_size, address + memory_size
 * is sound. */
struct pv_elf_segment {
    uint64_t address; /* physical, which is what places a kernel */
    uint64_t offset, file_size, memory_size;
};

struct pv_elf {
    const uint8_t *data;
    size_t size;
    uint64_t entry;
    uint64_t lowest, highest; /* of all segments: [lowest, highest) */
    unsigned int segment_count;
    struct pv_elf_segment segments[PV_ELF_SEGMENTS];
};

/* A note, or a position among the notes: all zero before the first. */
struct pv_elf_note {
    uint32_t type;
    const char *name; /* `name_size` bytes, with the NUL at the end if the file has one */
    const uint8_t *value;
    size_t name_size, value_size;
    unsigned int table; /* position: which segment or section, ... */
    uint64_t offset;    /* ... and where in it */
};

/* True where the data begins as an ELF file does. */
bool pv_elf_is(const uint8_t *data, size_t size);

/* Checks the headers and fills `elf`, which points into `data`. Refuses what is no ELF64 of x86-64. */
int pv_elf_read(const uint8_t *data, size_t size, struct pv_elf *elf, struct pv_error *error);

/* Steps to the next note of the PT_NOTE segments, or of the note sections where `sections`. False at the end.
 */
bool pv_elf_next_note(const struct pv_elf *elf, bool sections, struct pv_elf_note *note);

/* The content of the section of that name. NULL where there is none. */
const uint8_t *pv_elf_section(const struct pv_elf *elf, const char *name, size_t *size);

#endif
