/* SPDX-License-Identifier: MIT */
/* The disk frontend's part of the handshake. */
#include "guest/blkfront.h"

#include "guest/memory.h"
#include "guest/printf.h"
#include "pvabi/errno.h"

static int probe(struct xenbus_device *device)
{
    struct blkfront *front = blkfront_create(device->other_domain);

    front->handle = (blkif_vdev_t)device->index;
    device->data = front;
    return 0;
}

static int write_queue(const struct blkfront_queue *queue, const char *folder)
{
    int error = 0;

    for (unsigned int i = 0; i < queue->ring_pages && !error; i++) {
        char name[16];

        snprintf(name, sizeof(name), queue->ring_pages > 1 ? "ring-ref%u" : "ring-ref", i);
        error = xs_write_number(folder, name, queue->refs[i]);
    }
    return error ? error : xs_write_number(folder, "event-channel", queue->port);
}

static int make_queues(struct xenbus_device *device, struct blkfront *front)
{
    char folder[XS_PATH_MAX];
    int error = 0;

    for (unsigned int queue = 0; queue < front->queue_count && !error; queue++) {
        error = blkfront_make_queue(front, queue);
        snprintf(folder, sizeof(folder), front->queue_count > 1 ? "%s/queue-%u" : "%s", device->path, queue);
        error = error ? error : write_queue(&front->queues[queue], folder);
    }
    return error;
}

/* As many pages a ring as both ends take; a single one is what a backend expects that knows no other. */
static int choose_ring(struct xenbus_device *device, struct blkfront *front)
{
    unsigned long most = xs_get_number(device->other, "max-ring-page-order", 0);
    char path[XS_PATH_MAX];

    front->ring_order = most < BLKFRONT_RING_ORDER ? (unsigned int)most : BLKFRONT_RING_ORDER;
    if (front->ring_order) {
        return xs_write_number(device->path, "ring-page-order", front->ring_order);
    }
    snprintf(path, sizeof(path), "%s/ring-page-order", device->path);
    xs_remove(0, path);
    return 0;
}

static int publish(struct xenbus_device *device)
{
    struct blkfront *front = device->data;
    unsigned long queues = xs_get_number(device->other, "multi-queue-max-queues", 1);
    int error;

    front->domain = device->other_domain;
    front->queue_count = queues >= 2 ? 2 : 1;
    front->persistent = xs_get_number(device->other, "feature-persistent", 0) == 1;
    if (front->queue_count > 1) {
        xs_write_number(device->path, "multi-queue-num-queues", front->queue_count);
    }
    error = choose_ring(device, front);
    error = error ? error : make_queues(device, front);
    if (error) {
        return error;
    }
    xs_write_number(device->path, "feature-persistent", front->persistent);
    return xs_write_text(device->path, "protocol", "x86_64-abi");
}

/* What the disk is; the backend may say any number. */
static int connect(struct xenbus_device *device)
{
    struct blkfront *front = device->data;
    unsigned long sectors, segments = xs_get_number(device->other, "feature-max-indirect-segments", 0);
    int error = xs_read_number(device->other, "sectors", &sectors);

    front->sectors = sectors;
    front->sector_size = (unsigned int)xs_get_number(device->other, "sector-size", BLK_SECTOR_SIZE);
    front->info = (unsigned int)xs_get_number(device->other, "info", 0);
    front->flush = xs_get_number(device->other, "feature-flush-cache", 0) == 1;
    front->discard = xs_get_number(device->other, "feature-discard", 0) == 1;
    front->segments = BLKIF_MAX_SEGMENTS_PER_REQUEST;
    if (segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        front->segments = segments < BLKFRONT_SEGMENTS ? (unsigned int)segments : BLKFRONT_SEGMENTS;
    }
    if (!error) {
        blkfront_come_back(front);
    }
    return error;
}

static void disconnect(struct xenbus_device *device)
{
    blkfront_detach(device->data);
}

static void restart(struct xenbus_device *device)
{
    blkfront_keep(device->data);
}

static bool work(struct xenbus_device *device)
{
    return blkfront_work(device->data);
}

static bool busy(const struct xenbus_device *device)
{
    return blkfront_busy(device->data);
}

static void remove(struct xenbus_device *device)
{
    /* One that is between two backends has requests still. */
    blkfront_detach(device->data);
    free(device->data);
}

const struct xenbus_driver blkfront_driver = {
    .role = XENBUS_FRONT,
    .type = "vbd",
    .probe = probe,
    .publish = publish,
    .connect = connect,
    .disconnect = disconnect,
    .restart = restart,
    .remove = remove,
    .work = work,
    .busy = busy,
};
