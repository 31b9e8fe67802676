/* SPDX-License-Identifier: MIT */
/*
 * Writes patterns to each of its disks and reads them back, in pieces of all sizes, through every queue; then
 * flushes and discards. Prints NAME=VALUE lines; its status is 0 if every byte was as it should be.
 *
 * The word disks=N says how many disks there are (default 1).
 */
#include "guest/blkfront.h"
#include "guest/guest.h"

#define PIECES_MAX   512u
#define BUFFER_PAGES (PIECES_MAX / BLK_SECTORS_PER_PAGE)

static unsigned int seed_of(uint64_t sector, unsigned int round)
{
    return (unsigned int)sector * 2654435761u + round * 40503u;
}

static void fill(char *data, uint64_t sector, uint64_t count, unsigned int round)
{
    for (uint64_t i = 0; i < count * BLK_SECTOR_SIZE; i += sizeof(uint32_t)) {
        uint32_t value = seed_of(sector + i / BLK_SECTOR_SIZE, round) + (uint32_t)(i % BLK_SECTOR_SIZE);

        memcpy(data + i, &value, sizeof(value));
    }
}

static unsigned long compare(const char *data, char *wanted, uint64_t sector, uint64_t count,
                             unsigned int round)
{
    unsigned long wrong = 0;

    fill(wanted, sector, count, round);
    for (uint64_t i = 0; i < count; i++) {
        wrong += memcmp(data + i * BLK_SECTOR_SIZE, wanted + i * BLK_SECTOR_SIZE, BLK_SECTOR_SIZE) != 0;
    }
    return wrong;
}

/* Goes over the disk in pieces of growing size; returns the number of bad sectors and failed requests. */
static unsigned long sweep(struct blkfront *front, enum blk_kind kind, char *data, char *wanted,
                           unsigned int round)
{
    unsigned long wrong = 0;
    uint64_t sector = 0, count = 1;
    unsigned int queue = 0;

    while (sector < front->sectors) {
        uint64_t piece = count < front->sectors - sector ? count : front->sectors - sector;

        if (kind == BLK_WRITE) {
            fill(data, sector, piece, round);
        }
        wrong += blkfront_run(front, queue++ % front->queue_count, kind, sector, data, piece) != 0;
        if (kind == BLK_READ) {
            wrong += compare(data, wanted, sector, piece, round);
        }
        sector += piece;
        count = count * 3 / 2 + 1;
        count = count > PIECES_MAX ? 1 : count;
    }
    return wrong;
}

static unsigned long check_rest(struct blkfront *front, char *data)
{
    unsigned long wrong = 0;

    wrong += blkfront_run(front, 0, BLK_FLUSH, 0, NULL, 0) != (front->flush ? 0 : -XEN_EOPNOTSUPP);
    wrong += blkfront_run(front, 0, BLK_READ, front->sectors, data, 1) != -XEN_EIO;
    wrong += blkfront_run(front, 0, BLK_WRITE, front->sectors - 1, data, 2) != -XEN_EIO;
    if (front->discard) {
        wrong += blkfront_run(front, 0, BLK_DISCARD, 8, NULL, 8) != 0;
    }
    return wrong;
}

static unsigned long check_disk(struct blkfront *front)
{
    char *data = memory_pages_alloc(BUFFER_PAGES), *wanted = memory_pages_alloc(BUFFER_PAGES);
    uint64_t start = time_now();
    unsigned long wrong = 0;

    printf("sectors=%lu queues=%u segments=%u persistent=%u flush=%u discard=%u\n", front->sectors,
           front->queue_count, front->segments, front->persistent, front->flush, front->discard);
    for (unsigned int round = 0; round < 2; round++) {
        wrong += sweep(front, BLK_WRITE, data, wanted, round);
        wrong += sweep(front, BLK_READ, data, wanted, round);
    }
    printf("microseconds=%lu\n", (time_now() - start) / 1000);
    wrong += check_rest(front, data);
    memory_pages_free(data, BUFFER_PAGES);
    memory_pages_free(wanted, BUFFER_PAGES);
    return wrong;
}

int guest_main(void)
{
    char text[8] = "1";
    unsigned long count, wrong = 0;

    time_stop_tick();
    guest_get_option("disks", text, sizeof(text));
    count = strtoul(text, NULL, 10);
    if (xenbus_register(&blkfront_driver) != 0) {
        printf("disk-check: no xenstore\n");
        return 1;
    }
    for (unsigned int i = 0; i < count; i++) {
        struct xenbus_device *device = xenbus_await(&blkfront_driver, i, 60);

        if (!device) {
            printf("disk-check: disk %u does not come\n", i);
            return 1;
        }
        wrong += check_disk(device->data);
        printf("disk %u: %lu wrong\n", i, wrong);
    }
    for (struct xenbus_device *device = xenbus_first(); device; device = device->next) {
        xenbus_close(device);
    }
    printf("disk-check: %s\n", wrong ? "bad" : "good");
    return wrong ? 1 : 0;
}
