/* SPDX-License-Identifier: MIT */
/* The network frontend's part of the handshake. */
#include "guest/netfront.h"

#include "guest/memory.h"
#include "guest/printf.h"
#include "pvabi/errno.h"

netfront_receive *netfront_receiver;

/* "aa:bb:cc:dd:ee:ff" */
static bool read_mac(const char *text, uint8_t mac[6])
{
    char *end;

    for (unsigned int i = 0; i < 6; i++) {
        mac[i] = (uint8_t)strtoul(text, &end, 16);
        if (end == text || *end != (i < 5 ? ':' : 0)) {
            return false;
        }
        text = end + 1;
    }
    return true;
}

static int probe(struct xenbus_device *device)
{
    struct netfront *front;
    char mac[32] = "";

    if (!netfront_receiver) {
        return -XEN_ENODEV;
    }
    front = netfront_create(device->other_domain, netfront_receiver, NULL);
    xs_read_text(device->path, "mac", mac, sizeof(mac));
    if (!read_mac(mac, front->mac)) {
        return -XEN_EINVAL;
    }
    device->data = front;
    return 0;
}

static int write_queue(const struct netfront_queue *queue, const char *folder)
{
    xs_write_number(folder, "tx-ring-ref", queue->tx_ref);
    xs_write_number(folder, "rx-ring-ref", queue->rx_ref);
    return xs_write_number(folder, "event-channel", queue->port);
}

static int make_queues(struct xenbus_device *device, struct netfront *front)
{
    char folder[XS_PATH_MAX];
    int error = 0;

    for (unsigned int queue = 0; queue < front->queue_count && !error; queue++) {
        error = netfront_make_queue(front, queue);
        snprintf(folder, sizeof(folder), front->queue_count > 1 ? "%s/queue-%u" : "%s", device->path, queue);
        error = error ? error : write_queue(&front->queues[queue], folder);
    }
    return error;
}

static int publish(struct xenbus_device *device)
{
    static const char *const taken[] = {"request-rx-copy", "feature-rx-notify", "feature-sg",
                                        "feature-gso-tcpv4", "feature-gso-tcpv6"};
    struct netfront *front = device->data;
    int error;

    if (xs_get_number(device->other, "feature-rx-copy", 0) != 1) {
        return -XEN_EOPNOTSUPP;
    }
    front->domain = device->other_domain;
    front->scatter = xs_get_number(device->other, "feature-sg", 0) == 1;
    front->gso = xs_get_number(device->other, "feature-gso-tcpv4", 0) == 1;
    front->gso_tcpv6 = xs_get_number(device->other, "feature-gso-tcpv6", 0) == 1;
    front->queue_count = xs_get_number(device->other, "multi-queue-max-queues", 1) >= NETFRONT_QUEUES ? 2 : 1;
    if (front->queue_count > 1) {
        xs_write_number(device->path, "multi-queue-num-queues", front->queue_count);
    }
    error = make_queues(device, front);
    for (unsigned int i = 0; !error && i < sizeof(taken) / sizeof(taken[0]); i++) {
        error = xs_write_number(device->path, taken[i], 1);
    }
    return error;
}

/* Nothing more is to be read: the backend may use the rings from now on. */
static int connect(struct xenbus_device *device)
{
    struct netfront *front = device->data;

    front->away = false;
    return 0;
}

static void disconnect(struct xenbus_device *device)
{
    netfront_detach(device->data);
}

static void restart(struct xenbus_device *device)
{
    netfront_lose(device->data);
}

static bool work(struct xenbus_device *device)
{
    return netfront_work(device->data);
}

static bool busy(const struct xenbus_device *device)
{
    return netfront_busy(device->data);
}

static void remove(struct xenbus_device *device)
{
    free(device->data);
}

const struct xenbus_driver netfront_driver = {
    .role = XENBUS_FRONT,
    .type = "vif",
    .connected_early = true,
    .probe = probe,
    .publish = publish,
    .connect = connect,
    .disconnect = disconnect,
    .restart = restart,
    .remove = remove,
    .work = work,
    .busy = busy,
};
