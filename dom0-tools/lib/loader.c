/* SPDX-License-Identifier: MIT */
/*
 * Content of files into frames of another domain.
 *
 * Unmapping many foreign frames is dear in a PV dom0: the page tables of a live process are pinned, so Linux
 * clears each entry by a write that the hypervisor must emulate. When a process ends, Linux unpins its tables
 * first and clears them as ordinary memory. So large loads are done by a child that maps, reads and ends.
 */
#include "lib/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/foreign.h"

/* Below this many pages a child costs more than it saves. */
#define CHILD_FROM_PAGES 512
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

/* Maps window by window. `keep` leaves the mappings to the end of the process. */
static int load_one(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *load, bool keep,
                    struct pv_error *error)
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
        if (!keep) {
            pv_foreign_unmap(map, part);
        }
        if (result != 0) {
            return -1;
        }
        left -= bytes;
        offset += bytes;
        skip = 0;
    }
    return 0;
}

static int load_all(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *loads, size_t count, bool keep,
                    struct pv_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (load_one(ctx, domid, &loads[i], keep, error) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The child writes its error to the pipe, and nothing when all went well. Never returns. */
static void run_child(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *loads, size_t count, int pipe,
                      pid_t parent)
{
    struct pv_error error = {.class = PV_ERROR_FAILURE};

    /* Alone it would hold the frames of a domain that somebody destroys after our parent's death. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent && load_all(ctx, domid, loads, count, true, &error) == 0) {
        _exit(0);
    }
    _exit(write(pipe, &error, sizeof(error)) == sizeof(error) ? 1 : 2);
}

/* Waits for the child: its end, not its message, says that the frames are let go. */
static int join_child(pid_t child, int pipe, struct pv_error *error)
{
    struct pv_error told;
    ssize_t got = read(pipe, &told, sizeof(told));
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return pv_error_errno(error, errno, "waiting for the process that loads the kernel");
        }
    }
    if (got == sizeof(told)) {
        *error = told;
        return -1;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return pv_error_set(error, PV_ERROR_FAILURE, "the process that loads the kernel died (status 0x%x)",
                            status);
    }
    return 0;
}

static int load_in_child(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *loads, size_t count,
                         struct pv_error *error)
{
    int pipes[2], result = -1;
    pid_t parent = getpid(), child;

    if (pipe2(pipes, O_CLOEXEC) != 0) {
        return pv_error_errno(error, errno, "loading the kernel");
    }
    child = fork();
    if (child == 0) {
        run_child(ctx, domid, loads, count, pipes[1], parent);
    }
    close(pipes[1]);
    if (child < 0) {
        pv_error_errno(error, errno, "loading the kernel");
    } else {
        result = join_child(child, pipes[0], error);
    }
    close(pipes[0]);
    return result;
}

int pv_loader_run(struct pv_ctx *ctx, uint16_t domid, const struct pv_load *loads, size_t count,
                  struct pv_error *error)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < count; i++) {
        pages += pages_of(&loads[i]);
    }
    if (pages >= CHILD_FROM_PAGES) {
        return load_in_child(ctx, domid, loads, count, error);
    }
    return load_all(ctx, domid, loads, count, false, error);
}
