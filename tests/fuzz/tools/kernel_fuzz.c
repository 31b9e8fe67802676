/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes all that happens to a kernel's file before a domain is touched: finding and unpacking the ELF file,
 * reading its headers and notes, laying the domain out. What is accepted must lie inside of the file and of
 * the domain.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/elf.h"
#include "lib/kernel.h"
#include "lib/layout.h"
#include "lib/notes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A lie about the unpacked size costs time only; larger ones are other tests'. */
#define UNPACKED_MOST (4UL << 20)
#define DOMAIN_PAGES  65536

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check_layout(const struct pv_elf *elf, const struct pv_notes *notes)
{
    struct pv_layout_input input = {.virt_base = notes->virt_base,
                                    .kernel_start = elf->lowest - notes->paddr_offset + notes->virt_base,
                                    .kernel_end = elf->highest - notes->paddr_offset + notes->virt_base,
                                    .ramdisk_size = 12345,
                                    .ramdisk_by_frame = notes->mod_start_pfn,
                                    .has_init_p2m = notes->has_init_p2m,
                                    .init_p2m = notes->init_p2m,
                                    .pages = DOMAIN_PAGES};
    struct pv_layout layout;
    struct pv_error error;

    if (pv_layout_make(&input, &layout, &error) != 0) {
        return;
    }
    demand(layout.end <= DOMAIN_PAGES && layout.main.end > layout.main.start);
    demand((notes->entry - notes->virt_base) >> 12 < layout.kernel.first + layout.kernel.count);
    demand(layout.boot_stack < layout.end && layout.kernel.first + layout.kernel.count <= layout.start_info);
}

static void check_elf(const uint8_t *data, size_t size)
{
    struct pv_error error;
    struct pv_notes notes;
    struct pv_elf elf;

    if (pv_elf_read(data, size, &elf, &error) != 0) {
        return;
    }
    for (unsigned int i = 0; i < elf.segment_count; i++) {
        const struct pv_elf_segment *segment = &elf.segments[i];

        demand(segment->offset <= size && segment->file_size <= size - segment->offset);
        demand(segment->file_size <= segment->memory_size);
        demand(segment->address >= elf.lowest && segment->address + segment->memory_size <= elf.highest);
    }
    pv_notes_read(&elf, &notes);
    if (pv_notes_check(&elf, &notes, &error) == 0) {
        check_layout(&elf, &notes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pv_payload payload;
    struct pv_error error;
    uint8_t *out;

    check_elf(data, size);
    if (pv_kernel_find(data, size, &payload, &error) != 0 || payload.unpacked_size > UNPACKED_MOST) {
        return 0;
    }
    demand(payload.data >= data && payload.size <= size - (size_t)(payload.data - data));
    out = malloc(payload.unpacked_size);
    if (out && pv_kernel_unpack(&payload, out, &error) == 0) {
        check_elf(out, payload.unpacked_size);
    }
    free(out);
    return 0;
}
