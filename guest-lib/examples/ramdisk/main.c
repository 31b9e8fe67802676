/* SPDX-License-Identifier: MIT */
/*
 * A driver domain: serves RAM disks and a network switch to other guests.
 *
 * The toolstack's nodes decide: each "vbd" whose params are ram:SIZE, in MiB, gets a disk of its own, which ends
 * with the device; one of ram:SIZE:NAME is the same for every device that names it, one after the other, and stays.
 * Each "vif" gets a port of the switch. The domain needs as much memory as its disks and some 10 MiB.
 */
#include "switch.h"

#include "guest/blkback.h"
#include "guest/guest.h"

#define MIB          (1ul << 20)
#define SIZE_MAX_MIB 32

struct ramdisk {
    struct ramdisk *next; /* of those with names */
    struct blkback_disk disk;
    char *memory;
    char name[16]; /* "" if it has none */
    bool used;
};

static struct ramdisk *named;

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

static struct ramdisk *make_disk(unsigned long mib, const char *name)
{
    struct ramdisk *ram = calloc(1, sizeof(*ram));

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
    if (*name) {
        strlcpy(ram->name, name, sizeof(ram->name));
        ram->next = named;
        named = ram;
    }
    return ram;
}

/* The disk of that name, or a new one; NULL if it is in use or has another size. */
static struct ramdisk *find_disk(unsigned long mib, const char *name)
{
    for (struct ramdisk *ram = named; *name && ram; ram = ram->next) {
        if (strcmp(ram->name, name) == 0) {
            return ram->used || ram->disk.limits.sectors != mib * MIB / BLK_SECTOR_SIZE ? NULL : ram;
        }
    }
    return make_disk(mib, name);
}

static const struct blkback_disk *open_disk(struct xenbus_device *device, const char *params)
{
    char *end = "";
    unsigned long mib = strncmp(params, "ram:", 4) == 0 ? strtoul(params + 4, &end, 10) : 0;
    const char *name = *end == ':' ? end + 1 : "";
    struct ramdisk *ram = NULL;

    if (mib > 0 && mib <= SIZE_MAX_MIB && (!*end || *name) && strlen(name) < sizeof(ram->name)) {
        ram = find_disk(mib, name);
    }
    if (!ram) {
        printf("ramdisk: %s wants \"%s\", which is not ram:1 to ram:%u, with a name that nobody uses\n",
               device->path, params, SIZE_MAX_MIB);
        return NULL;
    }
    ram->used = true;
    printf("ramdisk: %lu MiB for %s\n", mib, device->path);
    return &ram->disk;
}

static void release_disk(const struct blkback_disk *disk)
{
    struct ramdisk *ram = disk->data;

    ram->used = false;
    if (!ram->name[0]) {
        memory_pages_free(ram->memory, disk->limits.sectors * BLK_SECTOR_SIZE / PAGE_SIZE);
        free(ram);
    }
}

int guest_main(void)
{
    int error, result;

    time_stop_tick();
    blkback_open = open_disk;
    blkback_release = release_disk;
    error = control_start();
    error = error ? error : xenbus_register(&blkback_driver);
    error = error ? error : switch_start();
    if (error) {
        printf("ramdisk: no xenstore, error %d\n", error);
        return 1;
    }
    printf("ramdisk: ready\n");
    for (;;) {
        xenbus_wait();
        if (control_work(&result)) {
            printf("ramdisk: suspended (%d)\n", result);
        }
    }
}
