/* SPDX-License-Identifier: MIT */
/* The network backend's part of the handshake. */
#include "guest/netback.h"

#include "guest/printf.h"
#include "pvabi/errno.h"

netback_receive *netback_receiver;
void (*netback_opened)(struct netback *back, struct xenbus_device *device);
void (*netback_closed)(struct netback *back);

static int probe(struct xenbus_device *device)
{
    if (!netback_receiver) {
        return -XEN_ENODEV;
    }
    device->data = netback_create(device->other_domain, netback_receiver, NULL);
    return 0;
}

static int announce(struct xenbus_device *device)
{
    static const char *const offered[] = {"feature-rx-copy", "feature-sg", "feature-gso-tcpv4",
                                          "feature-gso-tcpv6", "feature-split-event-channels"};

    for (unsigned int i = 0; i < sizeof(offered) / sizeof(offered[0]); i++) {
        xs_write_number(device->path, offered[i], 1);
    }
    xs_write_number(device->path, "feature-rx-flip", 0);
    return xs_write_number(device->path, "multi-queue-max-queues", NETBACK_QUEUES);
}

static int attach_queue(struct netback *back, unsigned int queue, const char *folder)
{
    unsigned long tx, rx, tx_port, rx_port;
    int error = xs_read_number(folder, "tx-ring-ref", &tx);

    error = error ? error : xs_read_number(folder, "rx-ring-ref", &rx);
    if (error) {
        return error;
    }
    if (xs_read_number(folder, "event-channel-tx", &tx_port) != 0 ||
        xs_read_number(folder, "event-channel-rx", &rx_port) != 0) {
        error = xs_read_number(folder, "event-channel", &tx_port);
        rx_port = tx_port;
    }
    return error ? error
                 : netback_attach(back, queue, (grant_ref_t)tx, (grant_ref_t)rx, (evtchn_port_t)tx_port,
                                  (evtchn_port_t)rx_port);
}

static int attach_queues(struct xenbus_device *device)
{
    unsigned long count = xs_get_number(device->other, "multi-queue-num-queues", 1);
    char folder[XS_PATH_MAX];
    int error = 0;

    if (count == 0 || count > NETBACK_QUEUES) {
        return -XEN_EINVAL;
    }
    for (unsigned int queue = 0; queue < count && !error; queue++) {
        snprintf(folder, sizeof(folder), count > 1 ? "%s/queue-%u" : "%s", device->other, queue);
        error = attach_queue(device->data, queue, folder);
    }
    return error;
}

static int connect(struct xenbus_device *device)
{
    struct netback *back = device->data;
    int error;

    if (xs_get_number(device->other, "request-rx-copy", 0) != 1) {
        return -XEN_EOPNOTSUPP;
    }
    back->scatter = xs_get_number(device->other, "feature-sg", 0) == 1;
    back->gso_tcpv4 = xs_get_number(device->other, "feature-gso-tcpv4", 0) == 1;
    back->gso_tcpv6 = xs_get_number(device->other, "feature-gso-tcpv6", 0) == 1;
    back->csum = xs_get_number(device->other, "feature-no-csum-offload", 0) == 0;
    error = attach_queues(device);
    if (!error && netback_opened) {
        netback_opened(back, device);
    }
    return error;
}

/* What the frontend put into the rings before it closed is still taken, as much as they can hold. */
static void disconnect(struct xenbus_device *device)
{
    netback_work_last(device->data);
    if (netback_closed) {
        netback_closed(device->data);
    }
    netback_detach(device->data);
}

/* Nothing is taken any more: it would have to be given to interfaces that are let go, too. */
static void let_go(struct xenbus_device *device)
{
    netback_detach(device->data);
}

static int take_again(struct xenbus_device *device)
{
    struct netback *back = device->data;
    int error;

    back->again = true;
    error = attach_queues(device);
    back->again = false;
    return error;
}

static bool work(struct xenbus_device *device)
{
    return netback_work(device->data);
}

static void remove(struct xenbus_device *device)
{
    netback_free(device->data);
}

const struct xenbus_driver netback_driver = {
    .role = XENBUS_BACK,
    .type = "vif",
    .probe = probe,
    .announce = announce,
    .connect = connect,
    .disconnect = disconnect,
    .let_go = let_go,
    .take_again = take_again,
    .remove = remove,
    .work = work,
};
