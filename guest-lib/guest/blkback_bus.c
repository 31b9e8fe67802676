/* SPDX-License-Identifier: MIT */
/* The disk backend's part of the handshake: what it offers, where the rings are, what the disk is. */
#include "guest/blkback.h"

#include "guest/memory.h"
#include "guest/printf.h"
#include "pvabi/errno.h"

const struct blkback_disk *(*blkback_open)(struct xenbus_device *device, const char *params);
void (*blkback_release)(const struct blkback_disk *disk);

static int probe(struct xenbus_device *device)
{
    char params[XENBUS_NAME_MAX] = "";
    const struct blkback_disk *disk;

    xs_read_text(device->path, "params", params, sizeof(params));
    disk = blkback_open ? blkback_open(device, params) : NULL;
    if (!disk) {
        return -XEN_ENODEV;
    }
    device->data = blkback_create(device->other_domain, disk);
    return 0;
}

static int announce(struct xenbus_device *device)
{
    const struct blk_limits *limits = &((struct blkback *)device->data)->disk->limits;

    xs_write_number(device->path, "feature-flush-cache", limits->flush);
    xs_write_number(device->path, "feature-barrier", limits->barrier);
    xs_write_number(device->path, "feature-discard", limits->discard);
    xs_write_number(device->path, "discard-granularity", BLK_SECTOR_SIZE);
    xs_write_number(device->path, "discard-alignment", 0);
    xs_write_number(device->path, "discard-secure", 0);
    xs_write_number(device->path, "feature-persistent", 1);
    xs_write_number(device->path, "feature-max-indirect-segments", limits->indirect_segments);
    xs_write_number(device->path, "max-ring-page-order", BLKBACK_RING_ORDER);
    return xs_write_number(device->path, "multi-queue-max-queues", BLKBACK_QUEUES);
}

/* How many pages a ring has, as an order. A frontend that says nothing has one page and calls it ring-ref;
 * one that says 0 may call it either. */
static int read_order(struct xenbus_device *device, unsigned long *order)
{
    int error = xs_read_number(device->other, "ring-page-order", order);

    if (error == -XEN_ENOENT) {
        *order = 0;
        return 0;
    }
    return !error && *order > BLKBACK_RING_ORDER ? -XEN_EINVAL : error;
}

static int read_refs(const char *folder, unsigned int pages, grant_ref_t *refs)
{
    unsigned long ref;
    int error = 0;

    for (unsigned int i = 0; i < pages && !error; i++) {
        char name[16];

        snprintf(name, sizeof(name), "ring-ref%u", i);
        error = xs_read_number(folder, name, &ref);
        if (error && pages == 1) {
            error = xs_read_number(folder, "ring-ref", &ref);
        }
        refs[i] = (grant_ref_t)ref;
    }
    return error;
}

static int attach_queue(struct xenbus_device *device, unsigned int queue, const char *folder)
{
    grant_ref_t refs[BLKBACK_RING_PAGES] = {0};
    unsigned long order, port;
    int error = read_order(device, &order);

    error = error ? error : read_refs(folder, 1u << order, refs);
    error = error ? error : xs_read_number(folder, "event-channel", &port);
    return error ? error
                 : blkback_attach(device->data, queue, refs, (unsigned int)order, (evtchn_port_t)port);
}

static int attach_queues(struct xenbus_device *device)
{
    unsigned long count = xs_get_number(device->other, "multi-queue-num-queues", 0);
    char folder[XS_PATH_MAX];
    int error = 0;

    if (count > BLKBACK_QUEUES) {
        return -XEN_EINVAL;
    }
    if (count == 0) {
        return attach_queue(device, 0, device->other);
    }
    for (unsigned int queue = 0; queue < count && !error; queue++) {
        snprintf(folder, sizeof(folder), "%s/queue-%u", device->other, queue);
        error = attach_queue(device, queue, folder);
    }
    return error;
}

static int connect(struct xenbus_device *device)
{
    struct blkback *back = device->data;
    const struct blkback_disk *disk = back->disk;
    char protocol[32] = "x86_64-abi";
    int error;

    xs_read_text(device->other, "protocol", protocol, sizeof(protocol));
    if (strcmp(protocol, "x86_64-abi") != 0) {
        return -XEN_EOPNOTSUPP;
    }
    back->persistent = xs_get_number(device->other, "feature-persistent", 0) == 1;
    error = attach_queues(device);
    if (error) {
        return error;
    }
    xs_write_number(device->path, "sectors", disk->limits.sectors);
    xs_write_number(device->path, "info", disk->limits.readonly ? VDISK_READONLY : 0);
    xs_write_number(device->path, "sector-size", disk->sector_size);
    return xs_write_number(device->path, "physical-sector-size", disk->sector_size);
}

/* The frontend notices no more than that nobody answered for a while. */
static int take_again(struct xenbus_device *device)
{
    struct blkback *back = device->data;
    int error;

    back->again = true;
    error = attach_queues(device);
    back->again = false;
    return error;
}

static void disconnect(struct xenbus_device *device)
{
    blkback_detach(device->data);
}

static bool work(struct xenbus_device *device)
{
    return blkback_work(device->data);
}

static void remove(struct xenbus_device *device)
{
    struct blkback *back = device->data;
    const struct blkback_disk *disk = back->disk;

    blkback_free(back);
    if (blkback_release) {
        blkback_release(disk);
    }
}

const struct xenbus_driver blkback_driver = {
    .role = XENBUS_BACK,
    .type = "vbd",
    .probe = probe,
    .announce = announce,
    .connect = connect,
    .disconnect = disconnect,
    .let_go = disconnect,
    .take_again = take_again,
    .remove = remove,
    .work = work,
};
