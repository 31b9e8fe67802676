/* SPDX-License-Identifier: MIT */
/*
 * A driver domain: serves RAM disks and a network switch to other guests.
 *
 * The toolstack's nodes decide: each "vbd" whose params are ram:SIZE, in MiB, gets a disk of its own, each
 * "vif" a port of the switch. The domain needs as much memory as its disks and some 10 MiB.
 */
#include "switch.h"

#include "guest/blkback.h"
#include "guest/guest.h"

#define MIB          (1ul << 20)
#define SIZE_MAX_MIB 32

struct ramdisk {
    struct blkback_disk disk;
    char *memory;
};

static int ram_read(void *data, uint64_t sector, void *buffer, uint64_t count)
{
    struct ramdisk *ram = data;

    memcpy(buffer, ram->memory + sector * BLK_SECTOR_SIZE, count * BLK_SECTOR_SIZE);
    return 0;
}

static int ram_write(void *data, uint64_t sector, const void *buffer, uint64_t count)
{
    struct ramdisk *ram = data;

    memcpy(ram->memory + sector * BLK_SECTOR_SIZE, buffer, count * BLK_SECTOR_SIZE);
    return 0;
}

/* Memory is never behind. */
static int ram_flush(void *data)
{
    (void)data;
    return 0;
}

static int ram_discard(void *data, uint64_t sector, uint64_t count)
{
    struct ramdisk *ram = data;

    memset(ram->memory + sector * BLK_SECTOR_SIZE, 0, count * BLK_SECTOR_SIZE);
    return 0;
}

static const struct blkback_disk *open_disk(struct xenbus_device *device, const char *params)
{
    unsigned long mib = strncmp(params, "ram:", 4) == 0 ? strtoul(params + 4, NULL, 10) : 0;
    struct ramdisk *ram;

    if (mib == 0 || mib > SIZE_MAX_MIB) {
        printf("ramdisk: %s wants \"%s\", which is not ram:1 to ram:%u\n", device->path, params,
               SIZE_MAX_MIB);
        return NULL;
    }
    ram = calloc(1, sizeof(*ram));
    ram->memory = memory_pages_alloc(mib * MIB / PAGE_SIZE);
    ram->disk = (struct blkback_disk){.limits = {.sectors = mib * MIB / BLK_SECTOR_SIZE,
                                                 .indirect_segments = 64,
                                                 .flush = true,
                                                 .discard = true},
                                      .sector_size = BLK_SECTOR_SIZE,
                                      .read = ram_read,
                                      .write = ram_write,
                                      .flush = ram_flush,
                                      .discard = ram_discard,
                                      .data = ram};
    printf("ramdisk: %lu MiB for %s\n", mib, device->path);
    return &ram->disk;
}

int guest_main(void)
{
    int error;

    time_stop_tick();
    blkback_open = open_disk;
    error = xenbus_register(&blkback_driver);
    error = error ? error : switch_start();
    if (error) {
        printf("ramdisk: no xenstore, error %d\n", error);
        return 1;
    }
    printf("ramdisk: ready\n");
    for (;;) {
        xenbus_wait();
    }
}
