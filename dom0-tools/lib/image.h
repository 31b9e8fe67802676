/* SPDX-License-Identifier: MIT */
/* A guest's kernel, opened, unpacked and judged: ready to be loaded. */
#ifndef PVTOOLS_IMAGE_H
#define PVTOOLS_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/elf.h"
#include "lib/notes.h"

/* Content of a segment, without the file's holes: what lies in one is zero. */
struct pv_extent {
    uint64_t address; /* physical */
    uint64_t offset, size;
};

struct pv_image {
    int fd;    /* of the ELF file, for reading its segments */
    void *map; /* the whole of it, read-only, for its headers */
    size_t size;
    struct pv_elf elf;
    struct pv_notes notes;
    struct pv_extent *extents; /* all segments' content, by segment and address */
    size_t extent_count;
    bool from_cache; /* unpacking was not needed: seen before */
};

/*
 * Opens a kernel: bzImage, gzip'd ELF or ELF. What had to be unpacked comes from the cache of lib/cache.h, or
 * goes there. Errors begin with the path; class USAGE where the file is no kernel for a PV guest.
 */
int pv_image_open(const char *path, struct pv_image *image, struct pv_error *error);

/* Gives back what pv_image_open took. Also for an image that is all zero. */
void pv_image_close(struct pv_image *image);

#endif
