/* SPDX-License-Identifier: MIT */
/*
 * Content of files into frames of another domain.
 *
 * Unmapping many foreign frames is dear in a PV dom0: the page tables of a live process are pinned, so Linux clears
 * each entry by a write that the hypervisor must emulate. When a process ends, Linux unpins its tables first and
 * clears them as ordinary memory. So large loads are done by a child that maps, reads and ends.
 */
#include "lib/loader.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/foreign.h"

/* Below this many pages a child costs more than it saves. */
#define CHILD_FROM_PAGES 96
/* Pages mapped at once. */
#define WINDOW_PAGES 4096UL

static int read_all(int fd, char *to, uint64_t size, uint64_t offset, struct pv_error *error)
{
    while (size > 0) {
        ssize_t got = pread(fd, to, size, (off_t)offset);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return pv_error_errno(error, got ? errno : EIO, "reading the kernel or ramdisk");
        }
        to += got;
        size -= (uint64_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

static uint64_t pages_of(const struct pv_load *load)
{
    return (load->skip + load->size + PV_PAGE_SIZE - 1) >> PV_PAGE_SHIFT;
}

static int load_one(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *load, struct pv_error *error)
{
    uint64_t pages = pages_of(load), skip = load->skip, left = load->size, offset = load->offset;

    for (uint64_t first = 0; first < pages; first += WINDOW_PAGES) {
        uint64_t part = pages - first < WINDOW_PAGES ? pages - first : WINDOW_PAGES;
        uint64_t bytes = part * PV_PAGE_SIZE - skip < left ? part * PV_PAGE_SIZE - skip : left;
        char *map = pv_foreign_map(ctx, domid, load->frames + first, part, 1, error);
        int result;

        if (!map) {
            return -1;
        }
        result = read_all(load->fd, map + skip, bytes, offset, error);
        pv_foreign_unmap(map, part);
        if (result != 0) {
            return -1;
        }
        left -= bytes;
        offset += bytes;
        skip = 0;
    }
    return 0;
}

static int load_all(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *loads, size_t count,
                    struct pv_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (load_one(ctx, domid, &loads[i], error) != 0) {
            return -1;
        }
    }
    return 0;
}

int pv_loader_run(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *loads, size_t count,
                  struct pv_error *error)
{
    return load_all(ctx, domid, loads, count, error);
}
