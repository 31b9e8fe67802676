/* SPDX-License-Identifier: MIT */
/* Attaching disks and networks to a domain, and taking them away. */
#include "lib/attach.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/attach_nodes.h"
#include "lib/link.h"
#include "lib/module.h"
#include "pvabi/io/xenbus.h"

/* How long a backend may take to begin with a device. */
#define BACKEND_MS 30000
#define PAUSE_MS   32

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Sleeps a little, and longer each time; false when the time is over. */
static bool pause_until(long long end, int *pause_ms)
{
    if (now_ms() >= end) {
        return false;
    }
    usleep((unsigned int)*pause_ms * 1000);
    *pause_ms = *pause_ms < PAUSE_MS ? 2 * *pause_ms : PAUSE_MS;
    return true;
}

static char *read_side(struct pv_host *host, enum pv_node_side side, uint16_t domid, const char *kind,
                       uint32_t number, const char *node)
{
    char base[PV_NODE_SIZE], path[2 * PV_NODE_SIZE];
    struct pv_error ignored;

    pv_node_path(side, domid, kind, number, base);
    snprintf(path, sizeof(path), "%s%s%s", base, node ? "/" : "", node ? node : "");
    return xs_read(host->xs, 0, path, NULL, &ignored);
}

static int read_state(struct pv_host *host, enum pv_node_side side, uint16_t domid, const char *kind, uint32_t number)
{
    char *text = read_side(host, side, domid, kind, number, "state");
    int state = text ? atoi(text) : -1;

    free(text);
    return state;
}

/* Waits until dom0 has the file by which a backend shows that it has taken a device, or tells why it did not. */
static int wait_for_backend(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, const char *file,
                            struct pv_error *error)
{
    long long end = now_ms() + BACKEND_MS;
    int pause_ms = 1;

    while (access(file, F_OK) != 0) {
        char *said = read_side(host, PV_NODE_ERROR, domid, kind, number, NULL);

        if (said) {
            pv_error_set(error, PV_ERROR_FAILURE, "the backend says: %.200s", said);
            free(said);
            return -1;
        }
        if (!pause_until(end, &pause_ms)) {
            return pv_error_set(error, PV_ERROR_TIMEOUT, "the backend has not taken it within %d s",
                                BACKEND_MS / 1000);
        }
    }
    return 0;
}

static int wait_for_disk(struct pv_host *host, uint16_t domid, uint32_t number, struct pv_error *error)
{
    char file[128];

    snprintf(file, sizeof(file), "/sys/bus/xen-backend/devices/vbd-%u-%" PRIu32 "/physical_device", domid, number);
    return wait_for_backend(host, domid, "vbd", number, file, error);
}

/* The interface joins the bridge, and the backend hears that it may go on. */
static int connect_network(struct pv_host *host, uint16_t domid, uint32_t number, const struct pv_network *network,
                           struct pv_error *error)
{
    char file[128], name[32], base[PV_NODE_SIZE], path[2 * PV_NODE_SIZE];

    snprintf(name, sizeof(name), "vif%u.%" PRIu32, domid, number);
    snprintf(file, sizeof(file), "/sys/class/net/%s", name);
    if (wait_for_backend(host, domid, "vif", number, file, error) != 0 ||
        pv_link_join_bridge(name, network->bridge, (uint16_t)network->vlan, error) != 0) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/vifname", pv_node_path(PV_NODE_BACKEND, domid, "vif", number, base));
    if (xs_write_string(host->xs, 0, path, name, error) != 0) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/hotplug-status", base);
    return xs_write_string(host->xs, 0, path, "connected", error);
}

static int wrap_disk(const struct pv_config *config, size_t index, struct pv_error *error)
{
    const struct pv_disk *disk = pv_config_disk(config, index);

    pv_error_wrap(error, "disk %s (%s)", disk->target, disk->source);
    return pv_config_wrap_item(config, PV_KEY_DISKS, index, -1, error);
}

static int wrap_network(const struct pv_config *config, size_t index, struct pv_error *error)
{
    const struct pv_network *network = pv_config_network(config, index);
    char mac[PV_MAC_TEXT];

    pv_mac_text(network->mac, mac);
    pv_error_wrap(error, "network %s (bridge %s)", mac, network->bridge);
    return pv_config_wrap_item(config, PV_KEY_NETWORKS, index, -1, error);
}

/* Part of a configuration's lists: what is to be attached now. */
struct range {
    size_t first, count;
};

/* Opens the disks' devices and adds their nodes. Of `devices`, all of the range are for closing afterwards. */
static int prepare_disks(struct xs_batch *batch, uint16_t domid, const struct pv_config *config, struct range range,
                         struct pv_blockdev *devices, struct pv_error *error)
{
    if (range.count && pv_module_backend("vbd", error) != 0) {
        return wrap_disk(config, range.first, error);
    }
    for (size_t i = 0; i < range.count; i++) {
        const struct pv_disk *disk = pv_config_disk(config, range.first + i);
        uint32_t number = 0;

        if (pv_blockdev_open(disk, &devices[i], error) != 0) {
            return wrap_disk(config, range.first + i, error);
        }
        pv_disk_number(disk->target, &number);
        pv_node_put_disk(batch, domid, disk, number, &devices[i]);
    }
    return 0;
}

static int prepare_networks(struct xs_batch *batch, uint16_t domid, const struct pv_config *config,
                            struct range range, uint32_t first_number, struct pv_error *error)
{
    if (range.count && pv_module_backend("vif", error) != 0) {
        return wrap_network(config, range.first, error);
    }
    for (size_t i = 0; i < range.count; i++) {
        const struct pv_network *network = pv_config_network(config, range.first + i);

        if (!pv_link_is_bridge(network->bridge)) {
            pv_error_set(error, PV_ERROR_USAGE, "dom0 has no such bridge; `parvis network bridge %s` makes it",
                         network->bridge);
            return wrap_network(config, range.first + i, error);
        }
        pv_node_put_network(batch, domid, network, first_number + (uint32_t)i);
    }
    return 0;
}

/* Waits for all at once: the backends work side by side. */
static int finish(struct pv_host *host, uint16_t domid, const struct pv_config *config, struct range disks,
                  struct range networks, uint32_t first_network, struct pv_error *error)
{
    for (size_t i = 0; i < disks.count; i++) {
        uint32_t number = 0;

        pv_disk_number(pv_config_disk(config, disks.first + i)->target, &number);
        if (wait_for_disk(host, domid, number, error) != 0) {
            return wrap_disk(config, disks.first + i, error);
        }
    }
    for (size_t i = 0; i < networks.count; i++) {
        const struct pv_network *network = pv_config_network(config, networks.first + i);

        if (connect_network(host, domid, first_network + (uint32_t)i, network, error) != 0) {
            return wrap_network(config, networks.first + i, error);
        }
    }
    return 0;
}

static int attach(struct pv_host *host, uint16_t domid, const struct pv_config *config, struct range disks,
                  struct range networks, uint32_t first_network, struct pv_error *error)
{
    struct pv_blockdev *devices = calloc(disks.count + 1, sizeof(*devices));
    struct xs_batch *batch = xs_batch_new();
    int result = -1;

    for (size_t i = 0; devices && i < disks.count; i++) {
        devices[i].fd = -1;
    }
    if (!devices || !batch) {
        pv_error_errno(error, ENOMEM, "devices of the domain");
    } else if (prepare_disks(batch, domid, config, disks, devices, error) == 0 &&
               prepare_networks(batch, domid, config, networks, first_network, error) == 0 &&
               xs_batch_run(host->xs, batch, error) == 0) {
        result = finish(host, domid, config, disks, networks, first_network, error);
    }
    for (size_t i = 0; devices && i < disks.count; i++) {
        pv_blockdev_close(&devices[i]);
    }
    xs_batch_free(batch);
    free(devices);
    return result;
}

int pv_attach_all(struct pv_host *host, uint16_t domid, const struct pv_config *config, struct pv_error *error)
{
    struct range disks = {.count = config->disks.count}, networks = {.count = config->networks.count};

    if (disks.count + networks.count == 0) {
        return 0;
    }
    pv_host_progress(host, "attaching disks and networks");
    return attach(host, domid, config, disks, networks, 0, error);
}

static void remove_nodes(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number)
{
    struct xs_batch *batch = xs_batch_new();
    struct pv_error ignored;

    if (batch) {
        pv_node_remove(batch, domid, kind, number);
        xs_batch_run(host->xs, batch, &ignored);
        xs_batch_free(batch);
    }
}

int pv_attach_disk(struct pv_host *host, uint16_t domid, const struct pv_config *config, size_t index,
                   struct pv_error *error)
{
    struct range disks = {.first = index, .count = 1}, networks = {0};
    uint32_t number = 0;

    pv_disk_number(pv_config_disk(config, index)->target, &number);
    if (read_state(host, PV_NODE_BACKEND, domid, "vbd", number) >= 0) {
        pv_error_set(error, PV_ERROR_USAGE, "the domain has a disk of that name");
        return wrap_disk(config, index, error);
    }
    if (attach(host, domid, config, disks, networks, 0, error) != 0) {
        remove_nodes(host, domid, "vbd", number);
        return -1;
    }
    return 0;
}

int pv_attach_network(struct pv_host *host, uint16_t domid, const struct pv_config *config, size_t index,
                      struct pv_error *error)
{
    struct range disks = {0}, networks = {.first = index, .count = 1};
    uint32_t number = 0;

    while (read_state(host, PV_NODE_BACKEND, domid, "vif", number) >= 0) {
        number++;
    }
    if (attach(host, domid, config, disks, networks, number, error) != 0) {
        remove_nodes(host, domid, "vif", number);
        return -1;
    }
    return 0;
}

/* Tells the backend's side that the device is to go, which the frontend hears. */
static int ask_to_close(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, bool going,
                        struct pv_error *error)
{
    char base[PV_NODE_SIZE], path[2 * PV_NODE_SIZE], state[8];

    snprintf(path, sizeof(path), "%s/online", pv_node_path(PV_NODE_BACKEND, domid, kind, number, base));
    if (xs_write_string(host->xs, 0, path, going ? "0" : "1", error) != 0) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/state", base);
    snprintf(state, sizeof(state), "%d", going ? XenbusStateClosing : XenbusStateConnected);
    return xs_write_string(host->xs, 0, path, state, error);
}

static int wait_closed(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, int wait_ms,
                       struct pv_error *error)
{
    long long end = now_ms() + wait_ms;
    int pause_ms = 1, state;

    while ((state = read_state(host, PV_NODE_BACKEND, domid, kind, number)) >= 0 && state != XenbusStateClosed) {
        char *said = read_side(host, PV_NODE_GUEST_ERROR, domid, kind, number, NULL);

        if (said || !pause_until(end, &pause_ms)) {
            pv_error_set(error, PV_ERROR_TIMEOUT, "the guest does not let it go%s%.200s", said ? ": " : "",
                         said ? said : "");
            free(said);
            return -1;
        }
    }
    return 0;
}

int pv_detach(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, bool force, int wait_ms,
              struct pv_error *error)
{
    struct pv_error ignored;

    if (read_state(host, PV_NODE_BACKEND, domid, kind, number) < 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "there is no such device");
    }
    /* A frontend that never connected cannot close. */
    if (!force && read_state(host, PV_NODE_FRONTEND, domid, kind, number) == XenbusStateConnected) {
        if (ask_to_close(host, domid, kind, number, true, error) != 0) {
            return -1;
        }
        if (wait_closed(host, domid, kind, number, wait_ms, error) != 0) {
            ask_to_close(host, domid, kind, number, false, &ignored);
            return -1;
        }
    }
    remove_nodes(host, domid, kind, number);
    return 0;
}
