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
#include "lib/domain.h"
#include "lib/module.h"
#include "lib/plug.h"
#include "pvabi/io/xenbus.h"

/* How long a backend may take to begin with a device. */
#define BACKEND_MS 120000
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

static char *read_side(struct pv_host *host, enum pv_node_side side, const struct pv_node *node, const char *name)
{
    char base[PV_NODE_SIZE], path[2 * PV_NODE_SIZE];
    struct pv_error ignored;

    pv_node_path(side, node, base);
    snprintf(path, sizeof(path), "%s%s%s", base, name ? "/" : "", name ? name : "");
    return xs_read(host->xs, 0, path, NULL, &ignored);
}

static int read_state(struct pv_host *host, enum pv_node_side side, const struct pv_node *node)
{
    char *text = read_side(host, side, node, "state");
    int state = text ? atoi(text) : -1;

    free(text);
    return state;
}

/* Another domain's backend says in its state that it has taken the device; dom0's kernel makes a file. */
static int is_taken(struct pv_host *host, const struct pv_node *node, const char *file, struct pv_error *error)
{
    int state;

    if (node->backend == 0) {
        return access(file, F_OK) == 0;
    }
    state = read_state(host, PV_NODE_BACKEND, node);
    if (state == XenbusStateClosing || state == XenbusStateClosed) {
        return pv_error_set(error, PV_ERROR_FAILURE, "domain %u refuses to serve it", node->backend);
    }
    return state >= XenbusStateInitWait;
}

/* Waits until the backend has taken a device, or tells why it did not. `file` is by what dom0's shows it. */
static int wait_for_backend(struct pv_host *host, const struct pv_node *node, const char *file, struct pv_error *error)
{
    long long end = now_ms() + BACKEND_MS;
    int pause_ms = 1, taken;

    while ((taken = is_taken(host, node, file, error)) == 0) {
        char *said = read_side(host, PV_NODE_ERROR, node, NULL);

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
    return taken < 0 ? -1 : 0;
}

static int wait_for_disk(struct pv_host *host, const struct pv_node *node, struct pv_error *error)
{
    char file[128];

    snprintf(file, sizeof(file), "/sys/bus/xen-backend/devices/vbd-%u-%" PRIu32 "/physical_device", node->domid,
             node->number);
    return wait_for_backend(host, node, file, error);
}

/* The interface joins the bridge; another domain sees to that itself. */
static int connect_network(struct pv_host *host, const struct pv_node *node, const struct pv_network *network,
                           struct pv_error *error)
{
    char file[128], name[PV_PLUG_NAME];

    snprintf(file, sizeof(file), "/sys/class/net/%s", pv_plug_name(node->domid, node->number, name));
    if (wait_for_backend(host, node, file, error) != 0) {
        return -1;
    }
    return node->backend == 0 ? pv_plug(host->xs, node->domid, node->number, network, error) : 0;
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

/* Part of a configuration's lists: what is to be attached now, networks under numbers from `number` on. Each has its
 * node and, of disks that dom0 serves, its device. */
struct range {
    size_t first, count;
    uint32_t number;
    struct pv_node *nodes;
};

/* Finds the domain that serves a device; dom0's kernel must have the driver. */
static int find_backend(struct pv_host *host, const char *name, struct pv_node *node, struct pv_error *error)
{
    struct pv_domain_info info;

    if (!name) {
        return pv_module_backend(node->kind, error);
    }
    if (pv_domain_find(host, name, &info, error) != 0) {
        return pv_error_wrap(error, "the backend");
    }
    if (info.domid == node->domid) {
        return pv_error_set(error, PV_ERROR_USAGE, "a guest cannot serve itself");
    }
    node->backend = info.domid;
    return info.domid == 0 ? pv_module_backend(node->kind, error) : 0;
}

static int prepare_disk(struct pv_host *host, struct xs_batch *batch, const struct pv_disk *disk, struct pv_node *node,
                        struct pv_blockdev *device, struct pv_error *error)
{
    pv_disk_number(disk->target, &node->number);
    if (find_backend(host, disk->backend, node, error) != 0 ||
        (node->backend == 0 && pv_blockdev_open(disk, device, error) != 0)) {
        return -1;
    }
    pv_node_put_disk(batch, node, disk, node->backend == 0 ? device : NULL);
    return 0;
}

/* Opens the disks' devices and adds their nodes. Of `devices`, all of the range are for closing afterwards. */
static int prepare_disks(struct pv_host *host, struct xs_batch *batch, uint16_t domid, const struct pv_config *config,
                         struct range range, struct pv_blockdev *devices, struct pv_error *error)
{
    for (size_t i = 0; i < range.count; i++) {
        range.nodes[i] = (struct pv_node){.domid = domid, .kind = "vbd"};
        if (prepare_disk(host, batch, pv_config_disk(config, range.first + i), &range.nodes[i], &devices[i],
                         error) != 0) {
            return wrap_disk(config, range.first + i, error);
        }
    }
    return 0;
}

static int prepare_networks(struct pv_host *host, struct xs_batch *batch, uint16_t domid,
                            const struct pv_config *config, struct range range, struct pv_error *error)
{
    for (size_t i = 0; i < range.count; i++) {
        const struct pv_network *network = pv_config_network(config, range.first + i);
        struct pv_node *node = &range.nodes[i];

        *node = (struct pv_node){.domid = domid, .kind = "vif", .number = range.number + (uint32_t)i};
        if (find_backend(host, network->backend, node, error) != 0) {
            return wrap_network(config, range.first + i, error);
        }
        if (node->backend == 0 && pv_plug_check(network, error) != 0) {
            return wrap_network(config, range.first + i, error);
        }
        pv_node_put_network(batch, node, network);
    }
    return 0;
}

/* Waits for all at once: the backends work side by side. */
static int finish(struct pv_host *host, const struct pv_config *config, struct range disks, struct range networks,
                  struct pv_error *error)
{
    for (size_t i = 0; i < disks.count; i++) {
        if (wait_for_disk(host, &disks.nodes[i], error) != 0) {
            return wrap_disk(config, disks.first + i, error);
        }
    }
    for (size_t i = 0; i < networks.count; i++) {
        const struct pv_network *network = pv_config_network(config, networks.first + i);

        if (connect_network(host, &networks.nodes[i], network, error) != 0) {
            return wrap_network(config, networks.first + i, error);
        }
    }
    return 0;
}

static int attach(struct pv_host *host, uint16_t domid, const struct pv_config *config, struct range disks,
                  struct range networks, struct pv_error *error)
{
    struct pv_blockdev *devices = calloc(disks.count + 1, sizeof(*devices));
    struct pv_node *nodes = calloc(disks.count + networks.count + 1, sizeof(*nodes));
    struct xs_batch *batch = xs_batch_new();
    int result = -1;

    for (size_t i = 0; devices && i < disks.count; i++) {
        devices[i].fd = -1;
    }
    disks.nodes = nodes;
    networks.nodes = nodes ? nodes + disks.count : NULL;
    if (!devices || !nodes || !batch) {
        pv_error_errno(error, ENOMEM, "devices of the domain");
    } else if (prepare_disks(host, batch, domid, config, disks, devices, error) == 0 &&
               prepare_networks(host, batch, domid, config, networks, error) == 0 &&
               xs_batch_run(host->xs, batch, error) == 0) {
        result = finish(host, config, disks, networks, error);
    }
    for (size_t i = 0; devices && i < disks.count; i++) {
        pv_blockdev_close(&devices[i]);
    }
    xs_batch_free(batch);
    free(nodes);
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
    return attach(host, domid, config, disks, networks, error);
}

static void remove_nodes(struct pv_host *host, const struct pv_node *node)
{
    struct xs_batch *batch = xs_batch_new();
    struct pv_error ignored;

    if (batch) {
        pv_node_remove(batch, node);
        xs_batch_run(host->xs, batch, &ignored);
        xs_batch_free(batch);
    }
}

/* Finds in the store which domain serves a device; false if there is no such device. */
static bool find_device(struct pv_host *host, struct pv_node *node)
{
    char *path = read_side(host, PV_NODE_TOOLS, node, "backend");
    bool found = path && pv_node_backend(path, &node->backend);

    free(path);
    return found && read_state(host, PV_NODE_BACKEND, node) >= 0;
}

/* After an attaching that failed: what of the device there is in the store. */
static void undo(struct pv_host *host, struct pv_node node)
{
    find_device(host, &node);
    remove_nodes(host, &node);
}

int pv_attach_disk(struct pv_host *host, uint16_t domid, const struct pv_config *config, size_t index,
                   struct pv_error *error)
{
    struct range disks = {.first = index, .count = 1}, networks = {0};
    struct pv_node node = {.domid = domid, .kind = "vbd"};

    pv_disk_number(pv_config_disk(config, index)->target, &node.number);
    if (find_device(host, &node)) {
        pv_error_set(error, PV_ERROR_USAGE, "the domain has a disk of that name");
        return wrap_disk(config, index, error);
    }
    if (attach(host, domid, config, disks, networks, error) != 0) {
        undo(host, node);
        return -1;
    }
    return 0;
}

int pv_attach_network(struct pv_host *host, uint16_t domid, const struct pv_config *config, size_t index,
                      struct pv_error *error)
{
    struct range disks = {0}, networks = {.first = index, .count = 1};
    struct pv_node node = {.domid = domid, .kind = "vif"};

    while (find_device(host, &node)) {
        node.number++;
    }
    networks.number = node.number;
    if (attach(host, domid, config, disks, networks, error) != 0) {
        undo(host, node);
        return -1;
    }
    return 0;
}

/* Tells the backend's side that the device is to go, which the frontend hears. */
static int ask_to_close(struct pv_host *host, const struct pv_node *node, bool going, struct pv_error *error)
{
    char base[PV_NODE_SIZE], path[2 * PV_NODE_SIZE], state[8];

    snprintf(path, sizeof(path), "%s/online", pv_node_path(PV_NODE_BACKEND, node, base));
    if (xs_write_string(host->xs, 0, path, going ? "0" : "1", error) != 0) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/state", base);
    snprintf(state, sizeof(state), "%d", going ? XenbusStateClosing : XenbusStateConnected);
    return xs_write_string(host->xs, 0, path, state, error);
}

/* Waits for the guest to let go. What it says against that ends the waiting, but for a guest that was asked before and
 * `refused`: its word is an old one. */
static int wait_closed(struct pv_host *host, const struct pv_node *node, bool refused, int wait_ms,
                       struct pv_error *error)
{
    long long end = now_ms() + wait_ms;
    int pause_ms = 1, state;

    while ((state = read_state(host, PV_NODE_BACKEND, node)) >= 0 && state != XenbusStateClosed) {
        char *said = read_side(host, PV_NODE_GUEST_ERROR, node, NULL);
        bool over = said && !refused;

        if (over || !pause_until(end, &pause_ms)) {
            pv_error_set(error, PV_ERROR_TIMEOUT,
                         "the guest does not let it go%s%.200s%s; detach it when it is not in use there, or by --force",
                         said ? " (" : "", said ? said : "", said ? ")" : "");
            free(said);
            return -1;
        }
        free(said);
    }
    return 0;
}

/* Asks the guest for the device, and gives it back when that does not work out. */
static int ask_guest(struct pv_host *host, const struct pv_node *node, int wait_ms, struct pv_error *error)
{
    int state = read_state(host, PV_NODE_FRONTEND, node);
    struct pv_error ignored;

    /* A frontend that never connected cannot close. */
    if (state != XenbusStateConnected && state != XenbusStateClosing) {
        return 0;
    }
    if (ask_to_close(host, node, true, error) != 0) {
        return -1;
    }
    if (wait_closed(host, node, state == XenbusStateClosing, wait_ms, error) != 0) {
        ask_to_close(host, node, false, &ignored);
        return -1;
    }
    return 0;
}

int pv_detach(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, bool force, int wait_ms,
              struct pv_error *error)
{
    struct pv_node node = {.domid = domid, .kind = kind, .number = number};

    if (!find_device(host, &node)) {
        return pv_error_set(error, PV_ERROR_USAGE, "there is no such device");
    }
    if (!force && ask_guest(host, &node, wait_ms, error) != 0) {
        return -1;
    }
    remove_nodes(host, &node);
    return 0;
}
