/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the ELF reader with a whole file; what it accepts must be loadable without a look outside of the
 * file.
 */
#include <stdlib.h>

#include "lib/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void touch(const uint8_t *data, uint64_t offset, uint64_t length)
{
    for (uint64_t i = 0; i < length; i += 64) {
        sink = data[offset + i];
    }
    if (length > 0) {
        sink = data[offset + length - 1];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_kernel kernel;
    struct elf elf;

    if (elf_open(&elf, data, size) != NULL) {
        return 0;
    }
    for (unsigned int i = 0; i < elf.section_count; i++) {
        struct elf_section section;

        if (elf_section_read(&elf, i, &section)) {
            for (const char *c = section.name; *c != '\0'; c++) {
                sink = (uint8_t)*c;
            }
        }
    }
    if (elf_kernel_read(&kernel, &elf, true) != NULL) {
        return 0;
    }
    if (kernel.start >= kernel.end || kernel.entry < kernel.start || kernel.entry >= kernel.end) {
        abort();
    }
    for (unsigned int i = 0; i < elf.program_count; i++) {
        struct elf_segment segment;

        if (elf_segment_read(&elf, i, &segment) && segment.type == ELF_SEGMENT_LOAD) {
            touch(data, segment.offset, segment.file_size);
        }
    }
    return 0;
}
