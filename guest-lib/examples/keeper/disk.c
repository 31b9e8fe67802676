/* SPDX-License-Identifier: MIT */
/* The keeper's disk: every chunk of it is written again and again, each time with a higher generation and its
 * data. */
#include "guest/blkfront.h"
#include "keeper.h"

#define DEPTH       8u
#define CHUNK_PAGES 16ul
#define CHUNK       (CHUNK_PAGES * BLK_SECTORS_PER_PAGE)
#define CHUNK_BYTES (CHUNK_PAGES * PAGE_SIZE)

static struct write {
    char *data;
    uint64_t at;
    bool waits;
} writes[DEPTH];

static struct blkfront *front;
static uint64_t chunk_count, next_chunk, replayed;
static uint64_t *generations; /* what each chunk was written with last */
static char *wanted, *found;
static unsigned long failed;

static void fill_chunk(char *data, uint64_t at, uint64_t generation)
{
    keeper_fill(data, CHUNK_BYTES, at << 32 | generation);
    memcpy(data, &generation, sizeof(generation));
}

static bool is_busy(uint64_t at)
{
    for (unsigned int i = 0; i < DEPTH; i++) {
        if (writes[i].waits && writes[i].at == at) {
            return true;
        }
    }
    return false;
}

static void wrote(void *argument, int status)
{
    struct write *write = argument;

    write->waits = false;
    failed += status != 0;
}

static void submit(struct write *write)
{
    write->at = next_chunk;
    fill_chunk(write->data, write->at, generations[write->at] + 1);
    if (blkfront_submit(front, (unsigned int)(write->at % front->queue_count), BLK_WRITE, write->at * CHUNK,
                        write->data, CHUNK, wrote, write) == 0) {
        generations[write->at]++;
        write->waits = true;
        next_chunk = (next_chunk + 1) % chunk_count;
    }
}

unsigned int disk_write_on(void)
{
    unsigned int waiting = 0;

    for (unsigned int i = 0; i < DEPTH; i++) {
        if (!writes[i].waits && !is_busy(next_chunk)) {
            submit(&writes[i]);
        }
        waiting += writes[i].waits;
    }
    return waiting;
}

static bool drain(void)
{
    uint64_t end = time_now() + KEEPER_SECONDS * TIME_S;

    while (blkfront_busy(front) && time_now() < end) {
        if (!xenbus_work()) {
            time_sleep(TIME_MS);
        }
    }
    return !blkfront_busy(front);
}

/* The generation that a chunk has, or 0 when it is none, or one before the last that was written. */
static uint64_t read_chunk(uint64_t at)
{
    uint64_t generation;

    if (blkfront_run(front, 0, BLK_READ, at * CHUNK, found, CHUNK) != 0) {
        return 0;
    }
    memcpy(&generation, found, sizeof(generation));
    fill_chunk(wanted, at, generation);
    return generation >= generations[at] && memcmp(found, wanted, CHUNK_BYTES) == 0 ? generation : 0;
}

const char *disk_verdict(void)
{
    bool newer = false;

    if (!drain() || failed) {
        return "BAD";
    }
    for (uint64_t at = 0; at < chunk_count; at++) {
        uint64_t generation = read_chunk(at);

        if (!generation) {
            return "BAD";
        }
        newer |= generation > generations[at];
        generations[at] = generation;
    }
    return newer ? "newer" : "good";
}

uint64_t disk_replayed(void)
{
    uint64_t since = front->replayed - replayed;

    replayed = front->replayed;
    return since;
}

static bool fill_disk(void)
{
    int error = 0;

    for (uint64_t at = 0; at < chunk_count && !error; at++) {
        generations[at] = 1;
        fill_chunk(wanted, at, 1);
        error = blkfront_run(front, 0, BLK_WRITE, at * CHUNK, wanted, CHUNK);
    }
    return !error;
}

bool disk_start(void)
{
    struct xenbus_device *device = NULL;

    if (xenbus_register(&blkfront_driver) == 0) {
        device = xenbus_await(&blkfront_driver, 0, KEEPER_SECONDS);
    }
    if (!device) {
        printf("keeper: no disk\n");
        return false;
    }
    front = device->data;
    chunk_count = front->sectors / CHUNK;
    generations = calloc(chunk_count, sizeof(*generations));
    wanted = memory_pages_alloc(CHUNK_PAGES);
    found = memory_pages_alloc(CHUNK_PAGES);
    for (unsigned int i = 0; i < DEPTH; i++) {
        writes[i].data = memory_pages_alloc(CHUNK_PAGES);
    }
    if (chunk_count <= DEPTH || !fill_disk()) {
        printf("keeper: the disk is too small, or cannot be written\n");
        return false;
    }
    return true;
}
