/* SPDX-License-Identifier: MIT */
/*
 * A guest that is saved and restored: fills memory and a disk with patterns, keeps writing to the disk, and after
 * each suspend says whether all is as it was.
 *
 * The word fifo makes it use the FIFO format of events.
 */
#include "guest/blkfront.h"
#include "guest/guest.h"

#define PAGES        1000ul
#define CHUNK_PAGES  16ul
#define CHUNK        (CHUNK_PAGES * BLK_SECTORS_PER_PAGE)
#define DISK_SECONDS 60

static char *memory;
static char *chunk;
static bool writing;
static unsigned long written, failed;
static volatile bool rang;

static void fill(char *at, unsigned long size, uint64_t seed)
{
    for (unsigned long i = 0; i < size; i += sizeof(seed)) {
        seed = seed * 6364136223846793005ul + 1442695040888963407ul;
        memcpy(at + i, &seed, sizeof(seed));
    }
}

/* The pattern of chunk `index` of a disk. */
static const char *pattern(uint64_t index)
{
    static char *page;

    page = page ? page : memory_pages_alloc(CHUNK_PAGES);
    fill(page, CHUNK_PAGES * PAGE_SIZE, index + 1);
    return page;
}

static bool memory_is_kept(void)
{
    static char wanted[PAGE_SIZE];

    for (unsigned long page = 0; page < PAGES; page++) {
        fill(wanted, PAGE_SIZE, page);
        if (memcmp(memory + page * PAGE_SIZE, wanted, PAGE_SIZE) != 0) {
            return false;
        }
    }
    return true;
}

static bool tables_work(void)
{
    char *page = memory_page_alloc(), *again = pt_map_frame(memory_va_to_mfn(page), PTE_PAGE);
    bool good;

    if (!again) {
        return false;
    }
    *again = 77;
    good = *page == 77;
    pt_unmap(again);
    memory_page_free(page);
    return good;
}

static void ring(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    rang = true;
}

/* A timer's event, on a port of its own. */
static bool timer_rings(void)
{
    int port = event_bind_virq(VIRQ_TIMER, 0);
    uint64_t end = time_now() + 30 * TIME_S;

    if (port < 0) {
        return false;
    }
    rang = false;
    event_set_handler((evtchn_port_t)port, ring, NULL);
    time_set_timer(time_now() + TIME_MS);
    while (!rang && time_now() < end) {
        time_sleep(TIME_MS);
    }
    event_close((evtchn_port_t)port);
    return rang;
}

static bool disk_is_kept(struct blkfront *front)
{
    for (uint64_t at = 0; at * CHUNK < front->sectors; at++) {
        if (blkfront_run(front, 0, BLK_READ, at * CHUNK, chunk, CHUNK) != 0 ||
            memcmp(chunk, pattern(at), CHUNK * BLK_SECTOR_SIZE) != 0) {
            return false;
        }
    }
    return true;
}

static unsigned long fill_disk(struct blkfront *front)
{
    unsigned long wrong = 0;

    for (uint64_t at = 0; at * CHUNK < front->sectors; at++) {
        memcpy(chunk, pattern(at), CHUNK * BLK_SECTOR_SIZE);
        wrong += blkfront_run(front, 0, BLK_WRITE, at * CHUNK, chunk, CHUNK) != 0;
    }
    return wrong;
}

static void wrote(void *argument, int status)
{
    (void)argument;
    writing = false;
    written += status == 0;
    failed += status != 0;
}

/* One chunk more, the same bytes as before, so that a suspend finds requests on their way. */
static void write_on(struct blkfront *front)
{
    uint64_t at = written % (front->sectors / CHUNK);

    if (!writing && front->sectors) {
        memcpy(chunk, pattern(at), CHUNK * BLK_SECTOR_SIZE);
        writing = blkfront_submit(front, 0, BLK_WRITE, at * CHUNK, chunk, 8, wrote, NULL) == 0;
    }
}

static struct blkfront *find_disk(void)
{
    struct xenbus_device *device = xenbus_await(&blkfront_driver, 0, DISK_SECONDS);

    return device ? device->data : NULL;
}

static void verdict(const char *what, bool good)
{
    printf("keeper: %s %s\n", what, good ? "good" : "BAD");
}

static struct blkfront *look_around(struct blkfront *front, int result, unsigned int round)
{
    printf("keeper: round %u: %s (%d)\n", round,
           result == SUSPEND_RESTORED ? "restored" : result == SUSPEND_CANCELLED ? "cancelled" : "refused", result);
    if (result == SUSPEND_RESTORED) {
        front = find_disk();
    }
    verdict("memory", memory_is_kept());
    verdict("tables", tables_work());
    verdict("timer", timer_rings());
    verdict("disk", front && disk_is_kept(front) && failed == 0);
    printf("keeper: round %u ends\n", round);
    return front;
}

static void serve(struct blkfront *front)
{
    unsigned int round = 0;
    int result;

    while (front) {
        write_on(front);
        if (control_work(&result)) {
            front = look_around(front, result, ++round);
        }
        if (!xenbus_work()) {
            time_sleep(10 * TIME_MS);
        }
    }
}

int guest_main(void)
{
    struct blkfront *front;

    time_stop_tick();
    if ((guest_has_option("fifo") && event_use_fifo() != 0) || control_start() != 0 ||
        xenbus_register(&blkfront_driver) != 0) {
        printf("keeper: no FIFO events or no xenstore\n");
        return 1;
    }
    memory = memory_pages_alloc(PAGES);
    chunk = memory_pages_alloc(CHUNK_PAGES);
    for (unsigned long page = 0; page < PAGES; page++) {
        fill(memory + page * PAGE_SIZE, PAGE_SIZE, page);
    }
    front = find_disk();
    if (!front || fill_disk(front) != 0) {
        printf("keeper: no disk\n");
        return 1;
    }
    printf("keeper: ready\n");
    serve(front);
    printf("keeper: the disk did not come back\n");
    return 1;
}
