/* SPDX-License-Identifier: MIT */
/* dom0's backends: their disks' devices are held, their interfaces join their bridges again. */
#include "monitord/backends.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attach_nodes.h"
#include "lib/daemon.h"
#include "lib/plug.h"
#include "lib/vswitch.h"

/* The group of netlink messages that the kernel's own come by. */
#define EVENTS_KERNEL 1
#define EVENT_SIZE    4096
/* How soon, and for how long after the last event, what is not whole is looked at again. */
#define AGAIN_MS    100
#define PATIENCE_MS 30000

void backends_open(struct backends *backends)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = EVENTS_KERNEL};

    *backends = (struct backends){.look = true, .sweep = true};
    backends->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (backends->fd < 0 || bind(backends->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        daemon_log(DAEMON_WARNING, "backends are not watched: %s", strerror(errno));
    }
}

static void forget(struct backends *backends, struct backend **link)
{
    struct backend *backend = *link;

    *link = backend->next;
    backends->sweep |= backend->interface != 0;
    if (backend->fd >= 0) {
        close(backend->fd);
    }
    free(backend);
}

void backends_close(struct backends *backends)
{
    while (backends->first) {
        forget(backends, &backends->first);
    }
    if (backends->fd >= 0) {
        close(backends->fd);
    }
}

/* Reads what the kernel says; whether any of it is about a backend. Events that got lost may have been. */
static bool hear(struct backends *backends)
{
    char text[EVENT_SIZE + 1];
    bool any = false;
    ssize_t got;

    while ((got = recv(backends->fd, text, EVENT_SIZE, 0)) > 0 || (got < 0 && errno == ENOBUFS)) {
        text[got > 0 ? got : 0] = '\0';
        any |= got < 0 || strstr(text, "/vbd-") || strstr(text, "/vif-");
    }
    return any;
}

static struct backend *find(struct backends *backends, const char *name)
{
    struct backend *backend = backends->first;

    while (backend && strcmp(backend->name, name) != 0) {
        backend = backend->next;
    }
    if (!backend) {
        backend = calloc(1, sizeof(*backend));
        if (backend) {
            *backend = (struct backend){.next = backends->first, .fd = -1};
            snprintf(backend->name, sizeof(backend->name), "%.31s", name);
            backends->first = backend;
        }
    }
    return backend;
}

/* Another toolstack's disks have a script that clears their devices away. */
static bool has_script(struct xs_client *xs, uint16_t domid, uint32_t number)
{
    struct pv_node node = {.domid = domid, .kind = "vbd", .number = number};
    char base[PV_NODE_SIZE], path[2 * PV_NODE_SIZE], *script;
    struct pv_error ignored;

    snprintf(path, sizeof(path), "%s/script", pv_node_path(PV_NODE_BACKEND, &node, base));
    script = xs_read(xs, 0, path, NULL, &ignored);
    free(script);
    return script != NULL;
}

/* Says whether nothing is left to be done. A backend without driver has nothing that could be held. */
static bool look_at_disk(struct backend *backend, struct xs_client *xs, uint16_t domid, uint32_t number)
{
    unsigned int major, minor, again_major, again_minor;

    if (backend->settled || !pv_backend_is_bound(backend->name)) {
        return true;
    }
    if (!xs || !pv_backend_device(backend->name, &major, &minor)) {
        return false;
    }
    backend->settled = true;
    if (has_script(xs, domid, number)) {
        return true;
    }
    errno = 0;
    backend->fd = pv_backend_hold(major, minor);
    if (backend->fd < 0 && errno != 0) {
        daemon_log(DAEMON_WARNING, "%s: its device is not held: %s", backend->name, strerror(errno));
    }
    /* A device that the backend has not had open all the time may be another's by now. */
    if (!pv_backend_device(backend->name, &again_major, &again_minor) || again_major != major ||
        again_minor != minor) {
        backend->settled = false;
        if (backend->fd >= 0) {
            close(backend->fd);
            backend->fd = -1;
        }
    }
    return backend->settled;
}

static bool look_at_network(struct backends *backends, struct backend *backend, struct xs_client *xs, uint16_t domid,
                            uint32_t number)
{
    char name[PV_PLUG_NAME];
    unsigned int interface = if_nametoindex(pv_plug_name(domid, number, name));
    struct pv_error error;
    bool done;

    if (interface == backend->interface) {
        return true;
    }
    if (interface == 0) {
        backend->interface = 0;
        backends->sweep = true;
        return true;
    }
    if (!xs) {
        return false;
    }
    if (pv_plug_again(xs, domid, number, &done, &error) != 0) {
        daemon_log(DAEMON_ERROR, "%s is back, and not on its bridge: %s", name, error.message);
        return false;
    }
    backend->interface = interface;
    if (done) {
        daemon_log(DAEMON_INFO, "%s is back, on its bridge again", name);
    }
    return true;
}

/* Looks at one; whether nothing is left to be done. */
static bool look_at(struct backends *backends, struct xs_client *xs, const char *name)
{
    struct backend *backend;
    const char *kind;
    uint16_t domid;
    uint32_t number;

    if (!pv_backend_parse(name, &kind, &domid, &number)) {
        return true;
    }
    backend = find(backends, name);
    if (!backend) {
        return false;
    }
    backend->seen = true;
    return strcmp(kind, "vbd") == 0 ? look_at_disk(backend, xs, domid, number)
                                    : look_at_network(backends, backend, xs, domid, number);
}

/* A backend leaves its place in sysfs before its driver lets go: its interface may still be there. */
static bool has_interface(const struct backend *backend)
{
    char interface[PV_PLUG_NAME];
    const char *kind;
    uint16_t domid;
    uint32_t number;

    return backend->interface != 0 && pv_backend_parse(backend->name, &kind, &domid, &number) &&
           if_nametoindex(pv_plug_name(domid, number, interface)) == backend->interface;
}

static void forget_unseen(struct backends *backends)
{
    for (struct backend **link = &backends->first; *link;) {
        if ((*link)->seen || has_interface(*link)) {
            (*link)->seen = false;
            link = &(*link)->next;
        } else {
            forget(backends, link);
        }
    }
}

/* Ports whose interfaces are gone, also those that went while nobody looked. */
static void sweep(struct backends *backends)
{
    struct pv_error error;
    unsigned int count;

    backends->sweep = false;
    if (pv_vswitch_sweep(&count, &error) == 0) {
        if (count) {
            daemon_log(DAEMON_INFO, "removed %u ports of interfaces that are gone from Open vSwitch", count);
        }
    } else if (error.class != PV_ERROR_NO_HOST) {
        daemon_log(DAEMON_WARNING, "ports of interfaces that are gone may be left: %s", error.message);
    }
}

int backends_look(struct backends *backends, struct xs_client *xs)
{
    bool whole = true;
    struct dirent *entry;
    DIR *folder;

    if (hear(backends)) {
        backends->look = true;
        backends->patience_ms = daemon_now_ms() + PATIENCE_MS;
    }
    if (!backends->look) {
        return -1;
    }
    folder = opendir(PV_BACKENDS);
    while (folder && (entry = readdir(folder))) {
        whole &= look_at(backends, xs, entry->d_name);
    }
    if (folder) {
        closedir(folder);
    }
    forget_unseen(backends);
    if (backends->sweep) {
        sweep(backends);
    }
    backends->look = !whole && daemon_now_ms() < backends->patience_ms;
    return backends->look ? AGAIN_MS : -1;
}
