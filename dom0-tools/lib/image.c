/* SPDX-License-Identifier: MIT */
/* A guest's kernel, opened, unpacked and judged. */
#include "lib/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cache.h"
#include "lib/kernel.h"

static int map_file(int fd, void **map, size_t *size, struct pv_error *error)
{
    struct stat state;

    if (fstat(fd, &state) != 0) {
        return pv_error_errno(error, errno, "reading it");
    }
    if (!S_ISREG(state.st_mode) || state.st_size == 0 || (uint64_t)state.st_size > PV_KERNEL_MAX) {
        return pv_error_set(error, PV_ERROR_USAGE, "is no file of a kernel's size");
    }
    *size = (size_t)state.st_size;
    *map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (*map == MAP_FAILED) {
        *map = NULL;
        return pv_error_errno(error, errno, "reading it");
    }
    return 0;
}

static int unpack_to_memory(const struct pv_payload *payload, const struct stat *source, const void *data,
                            size_t size, struct pv_cache *cache, struct pv_error *error)
{
    int fd = memfd_create("kernel", MFD_CLOEXEC);
    uint8_t *out = MAP_FAILED;
    int result = -1;

    if (fd >= 0 && ftruncate(fd, (off_t)payload->unpacked_size) == 0) {
        out = mmap(NULL, payload->unpacked_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (out == MAP_FAILED) {
        pv_error_errno(error, errno, "memory to unpack it");
    } else {
        result = pv_kernel_unpack(payload, out, error);
        if (result == 0 && cache) {
            pv_cache_keep(cache, source, data, size, out, payload->unpacked_size);
        }
        munmap(out, payload->unpacked_size);
    }
    if (result != 0 && fd >= 0) {
        close(fd);
    }
    return result == 0 ? fd : -1;
}

/* The descriptor of the source itself where it is an ELF file, else of its unpacked form; -1 on failure. */
static int find_elf(int source_fd, struct pv_cache *cache, bool *from_cache, struct pv_error *error)
{
    struct pv_payload payload;
    struct stat source;
    size_t size = 0;
    void *data = NULL;
    int fd = fstat(source_fd, &source) == 0 && cache ? pv_cache_find_file(cache, &source) : -1;

    *from_cache = fd >= 0;
    if (fd >= 0 || map_file(source_fd, &data, &size, error) != 0) {
        return fd;
    }
    if (pv_elf_is(data, size)) {
        fd = fcntl(source_fd, F_DUPFD_CLOEXEC, 0);
    } else if (pv_kernel_find(data, size, &payload, error) == 0) {
        fd = cache ? pv_cache_find_content(cache, &source, data, size) : -1;
        *from_cache = fd >= 0;
        if (fd < 0) {
            fd = unpack_to_memory(&payload, &source, data, size, cache, error);
        }
    }
    munmap(data, size);
    return fd;
}

static int open_elf(const char *path, bool *from_cache, struct pv_error *error)
{
    int source = open(path, O_RDONLY | O_CLOEXEC), fd;
    struct pv_cache *cache;

    if (source < 0) {
        pv_error_errno(error, errno, "cannot be read");
        return pv_error_class(error, PV_ERROR_USAGE);
    }
    cache = pv_cache_open(PV_CACHE_FOLDER, PV_CACHE_BYTES);
    fd = find_elf(source, cache, from_cache, error);
    pv_cache_close(cache);
    close(source);
    return fd;
}

static int add_extent(struct pv_image *image, const struct pv_elf_segment *segment, uint64_t start,
                      uint64_t end, struct pv_error *error)
{
    struct pv_extent *longer = realloc(image->extents, (image->extent_count + 1) * sizeof(*longer));

    if (!longer) {
        return pv_error_errno(error, ENOMEM, "reading it");
    }
    image->extents = longer;
    longer[image->extent_count++] = (struct pv_extent){
        .address = segment->address + (start - segment->offset), .offset = start, .size = end - start};
    return 0;
}

/* The data of a segment. A file system that knows no holes has one piece of data. */
static int find_extents(struct pv_image *image, const struct pv_elf_segment *segment, struct pv_error *error)
{
    uint64_t end = segment->offset + segment->file_size;
    uint64_t position = segment->offset;

    while (position < end) {
        off_t data = lseek(image->fd, (off_t)position, SEEK_DATA);
        off_t hole = data < 0 ? -1 : lseek(image->fd, data, SEEK_HOLE);

        if (data < 0 && errno == ENXIO) {
            return 0;
        }
        if (data < 0 || hole < 0) {
            data = (off_t)position;
            hole = (off_t)end;
        }
        if ((uint64_t)data >= end) {
            return 0;
        }
        if (add_extent(image, segment, (uint64_t)data, (uint64_t)hole < end ? (uint64_t)hole : end, error) !=
            0) {
            return -1;
        }
        position = (uint64_t)hole;
    }
    return 0;
}

static int find_content(struct pv_image *image, struct pv_error *error)
{
    for (unsigned int i = 0; i < image->elf.segment_count; i++) {
        if (find_extents(image, &image->elf.segments[i], error) != 0) {
            return -1;
        }
    }
    return 0;
}

int pv_image_open(const char *path, struct pv_image *image, struct pv_error *error)
{
    *image = (struct pv_image){0};
    image->fd = open_elf(path, &image->from_cache, error);
    if (image->fd >= 0 && map_file(image->fd, &image->map, &image->size, error) == 0 &&
        pv_elf_read(image->map, image->size, &image->elf, error) == 0) {
        pv_notes_read(&image->elf, &image->notes);
        if (pv_notes_check(&image->elf, &image->notes, error) == 0 && find_content(image, error) == 0) {
            return 0;
        }
    }
    pv_image_close(image);
    return pv_error_wrap(error, "%s", path);
}

void pv_image_close(struct pv_image *image)
{
    if (image->map) {
        munmap(image->map, image->size);
    }
    if (image->fd > 0) {
        close(image->fd);
    }
    free(image->extents);
    *image = (struct pv_image){0};
}
