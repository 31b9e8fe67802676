/* SPDX-License-Identifier: MIT */
/*
 * Uses its disks and gives none of them back when it is asked to: it refuses, and reads on. When a second disk comes,
 * it releases the first, and holds the second for ever.
 */
#include "guest/blkfront.h"
#include "guest/guest.h"

#define DISK_SECONDS 60

static bool reads(struct xenbus_device *device, void *page)
{
    return blkfront_run(device->data, 0, BLK_READ, 0, page, BLK_SECTORS_PER_PAGE) == 0;
}

/* The other disk, once it is connected. */
static struct xenbus_device *find_other(const struct xenbus_device *first)
{
    for (struct xenbus_device *device = xenbus_first(); device; device = device->next) {
        if (device != first && device->state == XenbusStateConnected) {
            return device;
        }
    }
    return NULL;
}

static struct xenbus_device *hold_until_other(struct xenbus_device *first, void *page)
{
    struct xenbus_device *other = NULL;
    bool refused = false;

    while (!other) {
        if (!xenbus_work()) {
            time_sleep(TIME_MS);
        }
        if (!refused && first->state == XenbusStateClosing) {
            refused = true;
            printf("disk-holder: refused, and %s\n", reads(first, page) ? "reads on" : "CANNOT READ");
        }
        other = find_other(first);
    }
    return other;
}

int guest_main(void)
{
    struct xenbus_device *first, *other;
    void *page = memory_page_alloc();

    time_stop_tick();
    if (xenbus_register(&blkfront_driver) != 0 || !(first = xenbus_await(&blkfront_driver, 0, DISK_SECONDS))) {
        printf("disk-holder: no disk\n");
        return 1;
    }
    first->in_use = true;
    printf("disk-holder: holds a disk and %s\n", reads(first, page) ? "reads" : "CANNOT READ");
    other = hold_until_other(first, page);
    other->in_use = true;
    xenbus_release(first);
    printf("disk-holder: has released the first\n");
    for (;;) {
        xenbus_wait();
    }
}
