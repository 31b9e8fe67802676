/* SPDX-License-Identifier: MIT */
/* A disk's rows: requests past the page cache, one or 32 of them under way, by the kernel's asynchronous interface. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io_figure.h"

#define DEPTH_MOST  32
#define SMALL       4096UL
#define LARGE       (1024UL * 1024)
#define DISK_MOST   (256UL * 1024 * 1024)

struct row {
    const char *name;
    bool write, random;
    unsigned int depth;
};

static const struct row rows[] = {
    {"disk-write-sequential-1", true, false, 1},   {"disk-write-sequential-32", true, false, 32},
    {"disk-read-sequential-1", false, false, 1},   {"disk-read-sequential-32", false, false, 32},
    {"disk-write-random-1", true, true, 1},        {"disk-write-random-32", true, true, 32},
    {"disk-read-random-1", false, true, 1},        {"disk-read-random-32", false, true, 32},
};

struct disk {
    int fd;
    uint64_t size, next;
    aio_context_t context;
    char *buffers;
    struct iocb requests[DEPTH_MOST];
};

static uint64_t place(struct disk *disk, const struct row *row, uint64_t size)
{
    uint64_t at = disk->next;

    if (row->random) {
        return (uint64_t)random() % (disk->size / size) * size;
    }
    disk->next = at + 2 * size > disk->size ? 0 : at + size;
    return at;
}

static void submit(struct disk *disk, const struct row *row, unsigned int slot, uint64_t size)
{
    struct iocb *request = &disk->requests[slot];

    *request = (struct iocb){.aio_data = slot,
                             .aio_lio_opcode = row->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
                             .aio_fildes = (uint32_t)disk->fd,
                             .aio_buf = (uint64_t)(disk->buffers + slot * LARGE),
                             .aio_nbytes = size,
                             .aio_offset = (int64_t)place(disk, row, size)};
    if (syscall(SYS_io_submit, disk->context, 1, &request) != 1) {
        io_fail("io_submit");
    }
}

/* Large requests count in MB/s, small ones in requests a second. */
static void measure(struct disk *disk, const struct row *row)
{
    uint64_t size = row->random ? SMALL : LARGE, start = io_now(), now = start, done = 0;
    struct io_event events[DEPTH_MOST];
    unsigned int under_way = row->depth;

    for (unsigned int i = 0; i < row->depth; i++) {
        submit(disk, row, i, size);
    }
    while (under_way) {
        long got = syscall(SYS_io_getevents, disk->context, 1, DEPTH_MOST, events, NULL);

        now = io_now();
        for (long i = 0; i < got; i++) {
            if (events[i].res != (int64_t)size) {
                io_fail("a request");
            }
            done++;
            under_way--;
            if (now - start < io_span_ns) {
                submit(disk, row, (unsigned int)events[i].data, size);
                under_way++;
            }
        }
    }
    io_figure(row->name, (double)done * (row->random ? 1e9 : (double)size * 1e3) / (double)(now - start));
}

void io_disk(const char *path)
{
    struct disk disk = {.fd = open(path, O_RDWR | O_DIRECT)};
    off_t size = lseek(disk.fd, 0, SEEK_END);

    if (size < (off_t)(DEPTH_MOST * LARGE)) {
        io_fail(path);
    }
    disk.size = (uint64_t)size < DISK_MOST ? (uint64_t)size : DISK_MOST;
    disk.buffers = aligned_alloc(SMALL, DEPTH_MOST * LARGE);
    if (!disk.buffers || syscall(SYS_io_setup, DEPTH_MOST, &disk.context) != 0) {
        io_fail("io_setup");
    }
    memset(disk.buffers, 0x5a, DEPTH_MOST * LARGE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        measure(&disk, &rows[i]);
    }
}
