/* SPDX-License-Identifier: MIT */
/* The domain builder: a kernel, a ramdisk and all that Xen's interface promises to a kernel at its start. */
#include "lib/builder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/domctl.h"
#include "lib/foreign.h"
#include "lib/loader.h"
#include "lib/memory.h"
#include "lib/start.h"
#include "lib/tables.h"

#define NO_FRAME UINT64_MAX
/* Extents of 2 MiB: the largest that Xen's toolstack asks for. */
#define BLOCK_ORDER 9
#define BLOCK_PAGES (1UL << BLOCK_ORDER)

static int open_ramdisk(struct pv_build *build, struct pv_error *error)
{
    struct stat state;

    build->ramdisk_fd = -1;
    if (!build->ramdisk_path) {
        return 0;
    }
    build->ramdisk_fd = open(build->ramdisk_path, O_RDONLY | O_CLOEXEC);
    if (build->ramdisk_fd < 0 || fstat(build->ramdisk_fd, &state) != 0) {
        pv_error_errno(error, errno, "%s: cannot be read", build->ramdisk_path);
        return pv_error_class(error, PV_ERROR_USAGE);
    }
    if (!S_ISREG(state.st_mode)) {
        return pv_error_set(error, PV_ERROR_USAGE, "%s: is not a file", build->ramdisk_path);
    }
    build->ramdisk_size = (uint64_t)state.st_size;
    return 0;
}

int pv_build_prepare(struct pv_build *build, struct pv_error *error)
{
    const struct pv_notes *notes = &build->kernel.notes;
    const struct pv_elf *elf = &build->kernel.elf;
    struct pv_layout_input input;

    if (open_ramdisk(build, error) != 0 || pv_image_open(build->kernel_path, &build->kernel, error) != 0) {
        return -1;
    }
    input = (struct pv_layout_input){
        .virt_base = notes->virt_base,
        .kernel_start = elf->lowest - notes->paddr_offset + notes->virt_base,
        .kernel_end = elf->highest - notes->paddr_offset + notes->virt_base,
        .ramdisk_size = build->ramdisk_size,
        .ramdisk_by_frame = notes->mod_start_pfn,
        .has_init_p2m = notes->has_init_p2m,
        .init_p2m = notes->init_p2m,
        .pages = build->pages,
    };
    return pv_layout_make(&input, &build->layout, error);
}

void pv_build_close(struct pv_build *build)
{
    pv_image_close(&build->kernel);
    if (build->ramdisk_fd >= 0) {
        close(build->ramdisk_fd);
    }
    build->ramdisk_fd = -1;
}

/* Memory in blocks as long as there are any, then page by page. p2m gets the machine frames. */
static int populate(struct pv_ctx *ctx, const struct pv_build *build, uint64_t *p2m, struct pv_error *error)
{
    uint64_t blocks = build->pages / BLOCK_PAGES, single;
    uint64_t *list = calloc(blocks + 1, sizeof(*list));
    long got;

    if (!list) {
        return pv_error_errno(error, ENOMEM, "building the domain");
    }
    for (uint64_t i = 0; i < blocks; i++) {
        list[i] = i * BLOCK_PAGES;
    }
    got = pv_memory_populate(ctx, build->domid, list, blocks, BLOCK_ORDER, error);
    for (long i = 0; i < got; i++) {
        for (uint64_t k = 0; k < BLOCK_PAGES; k++) {
            p2m[(uint64_t)i * BLOCK_PAGES + k] = list[i] + k;
        }
    }
    free(list);
    if (got < 0) {
        return -1;
    }
    single = (uint64_t)got * BLOCK_PAGES;
    for (uint64_t i = single; i < build->pages; i++) {
        p2m[i] = i;
    }
    got = pv_memory_populate(ctx, build->domid, p2m + single, build->pages - single, 0, error);
    if (got >= 0 && (uint64_t)got < build->pages - single) {
        return pv_error_set(error, PV_ERROR_RESOURCES,
                            "the host ran out of memory: %" PRIu64 " of %" PRIu64 " MiB could be had",
                            (single + (uint64_t)got) >> 8, build->pages >> 8);
    }
    return got < 0 ? -1 : 0;
}

/* The frame of a kernel's physical address. */
static uint64_t kernel_frame(const struct pv_build *build, uint64_t address)
{
    return (address - build->kernel.notes.paddr_offset) >> PV_PAGE_SHIFT;
}

/* Marks the kernel's frames that file content covers wholly, so that they need not be zeroed. */
static void mark_covered(const struct pv_build *build, bool *covered)
{
    uint64_t first = build->layout.kernel.first;

    for (size_t i = 0; i < build->kernel.extent_count; i++) {
        const struct pv_extent *extent = &build->kernel.extents[i];
        uint64_t start = kernel_frame(build, extent->address + PV_PAGE_SIZE - 1);
        uint64_t end = kernel_frame(build, extent->address + extent->size);

        for (uint64_t frame = start; frame < end; frame++) {
            covered[frame - first] = true;
        }
    }
}

static void add_run(uint64_t *list, size_t *count, const uint64_t *p2m, const struct pv_run *run)
{
    for (uint64_t i = 0; i < run->count; i++) {
        list[(*count)++] = p2m[run->first + i];
    }
}

/* The frames that the guest may expect to be zero: where nothing is loaded, and where something is only in
 * part. */
static size_t list_clear(const struct pv_build *build, const uint64_t *p2m, const bool *covered,
                         uint64_t *list)
{
    const struct pv_layout *layout = &build->layout;
    const uint64_t single[] = {layout->start_info, layout->store_ring, layout->console_ring,
                               layout->boot_stack};
    size_t count = 0;

    for (uint64_t i = 0; i < layout->kernel.count; i++) {
        if (!covered[i]) {
            list[count++] = p2m[layout->kernel.first + i];
        }
    }
    if (layout->ramdisk.count) {
        list[count++] = p2m[layout->ramdisk.first + layout->ramdisk.count - 1];
    }
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        list[count++] = p2m[single[i]];
    }
    add_run(list, &count, p2m, &layout->page_tables);
    if (layout->p2m_apart) {
        add_run(list, &count, p2m,
                &(struct pv_run){layout->p2m.first + layout->p2m.count,
                                 layout->p2m_all.count - layout->p2m.count});
    }
    return count;
}

static int clear(struct pv_ctx *ctx, const struct pv_build *build, const uint64_t *p2m,
                 struct pv_error *error)
{
    uint64_t *list = calloc(build->layout.end + 1, sizeof(*list));
    bool *covered = calloc(build->layout.kernel.count, sizeof(*covered));
    int result;

    if (list && covered) {
        mark_covered(build, covered);
        result = pv_memory_clear(ctx, build->domid, list, list_clear(build, p2m, covered, list), error);
    } else {
        result = pv_error_errno(error, ENOMEM, "building the domain");
    }
    free(covered);
    free(list);
    return result;
}

static int load(struct pv_ctx *ctx, const struct pv_build *build, const uint64_t *p2m, struct pv_error *error)
{
    struct pv_load *loads = calloc(build->kernel.extent_count + 1, sizeof(*loads));
    size_t count = 0;
    int result;

    if (!loads) {
        return pv_error_errno(error, ENOMEM, "building the domain");
    }
    for (size_t i = 0; i < build->kernel.extent_count; i++) {
        const struct pv_extent *extent = &build->kernel.extents[i];

        loads[count++] = (struct pv_load){
            .frames = p2m + kernel_frame(build, extent->address),
            .skip = (extent->address - build->kernel.notes.paddr_offset) % PV_PAGE_SIZE,
            .size = extent->size,
            .offset = extent->offset,
            .fd = build->kernel.fd,
        };
    }
    if (build->ramdisk_size) {
        loads[count++] = (struct pv_load){.frames = p2m + build->layout.ramdisk.first,
                                          .size = build->ramdisk_size,
                                          .fd = build->ramdisk_fd};
    }
    result = pv_loader_run(ctx, build->domid, loads, count, error);
    free(loads);
    return result;
}

/* All page-table frames are mapped as one run; those of the list of frames come behind the main ones. */
struct table_map {
    const struct pv_layout *layout;
    uint64_t *memory;
};

static uint64_t *table_memory(void *argument, uint64_t frame)
{
    const struct table_map *map = argument;
    const struct pv_layout *layout = map->layout;
    uint64_t index = frame - layout->page_tables.first;

    if (index >= layout->page_tables.count) {
        index = layout->page_tables.count + frame - (layout->p2m.first + layout->p2m.count);
    }
    return map->memory + index * PV_TABLE_ENTRIES;
}

static int write_tables(struct pv_ctx *ctx, const struct pv_build *build, const uint64_t *p2m,
                        struct pv_error *error)
{
    const struct pv_layout *layout = &build->layout;
    uint64_t apart = layout->p2m_apart ? layout->p2m_all.count - layout->p2m.count : 0;
    uint64_t *frames = calloc(layout->page_tables.count + apart, sizeof(*frames));
    struct table_map map = {layout, NULL};
    size_t count = 0;

    if (!frames) {
        return pv_error_errno(error, ENOMEM, "building the domain");
    }
    add_run(frames, &count, p2m, &layout->page_tables);
    add_run(frames, &count, p2m, &(struct pv_run){layout->p2m.first + layout->p2m.count, apart});
    map.memory = pv_foreign_map(ctx, build->domid, frames, count, 1, error);
    free(frames);
    if (!map.memory) {
        return -1;
    }
    pv_tables_fill(layout, p2m, table_memory, &map);
    pv_foreign_unmap(map.memory, count);
    return 0;
}

/* The guest's list of its frames; what the last page has beyond them is marked as no frame. */
static int write_p2m(struct pv_ctx *ctx, const struct pv_build *build, const uint64_t *p2m,
                     struct pv_error *error)
{
    const struct pv_run *run = &build->layout.p2m;
    uint64_t *list = pv_foreign_map(ctx, build->domid, p2m + run->first, run->count, 1, error);

    if (!list) {
        return -1;
    }
    memcpy(list, p2m, build->pages * sizeof(*list));
    for (uint64_t i = build->pages; i < run->count * PV_TABLE_ENTRIES; i++) {
        list[i] = NO_FRAME;
    }
    pv_foreign_unmap(list, run->count);
    return 0;
}

static int fill(struct pv_ctx *ctx, struct pv_build *build, uint64_t *p2m, struct pv_error *error)
{
    const struct pv_notes *notes = &build->kernel.notes;
    uint64_t l4;

    if (populate(ctx, build, p2m, error) != 0 || clear(ctx, build, p2m, error) != 0 ||
        load(ctx, build, p2m, error) != 0 || write_tables(ctx, build, p2m, error) != 0 ||
        write_p2m(ctx, build, p2m, error) != 0) {
        return -1;
    }
    build->store_frame = p2m[build->layout.store_ring];
    build->console_frame = p2m[build->layout.console_ring];
    l4 = p2m[build->layout.page_tables.first];
    if (pv_start_write_info(ctx, build, p2m[build->layout.start_info], error) != 0 ||
        pv_start_seed_grants(ctx, build, error) != 0) {
        return -1;
    }
    if (notes->has_hypercall_page &&
        pv_domctl_hypercall_page(ctx, build->domid,
                                 p2m[(notes->hypercall_page - notes->virt_base) >> PV_PAGE_SHIFT],
                                 error) != 0) {
        return -1;
    }
    return pv_memory_pin_l4(ctx, build->domid, l4, error) != 0 ? -1
                                                               : pv_start_set_vcpu(ctx, build, l4, error);
}

int pv_build_domain(struct pv_ctx *ctx, struct pv_build *build, struct pv_error *error)
{
    size_t size = build->pages * sizeof(uint64_t);
    uint64_t *p2m;
    int result;

    if (pv_memory_set_map(ctx, build->domid, build->memory_map_bytes, error) != 0) {
        return -1;
    }
    /* Populated at once: it is all written, and page faults one by one are dear in a PV dom0. */
    p2m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p2m == MAP_FAILED) {
        return pv_error_errno(error, errno, "building the domain");
    }
    result = fill(ctx, build, p2m, error);
    munmap(p2m, size);
    return result;
}
