/* SPDX-License-Identifier: MIT */
/* The nodes in xenstore of disks and networks: the same that Xen's own toolstack writes, for the same readers. */
#include "lib/attach_nodes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pvabi/io/xenbus.h"

/* A rate is given as bytes in an interval. */
#define RATE_INTERVAL_US 50000
#define US_PER_S         1000000

static const char *const kinds[] = {"vbd", "vif"};

char *pv_node_path(enum pv_node_side side, const struct pv_node *node, char path[PV_NODE_SIZE])
{
    static const char *const formats[] = {
        [PV_NODE_FRONTEND] = "/local/domain/%u/device/%s/%" PRIu32,
        [PV_NODE_TOOLS] = "/libxl/%u/device/%s/%" PRIu32,
        [PV_NODE_GUEST_ERROR] = "/local/domain/%u/error/device/%s/%" PRIu32 "/error",
    };

    switch (side) {
    case PV_NODE_BACKEND:
        snprintf(path, PV_NODE_SIZE, "/local/domain/%u/backend/%s/%u/%" PRIu32, node->backend, node->kind,
                 node->domid, node->number);
        break;
    case PV_NODE_ERROR:
        snprintf(path, PV_NODE_SIZE, "/local/domain/%u/error/backend/%s/%u/%" PRIu32 "/error", node->backend,
                 node->kind, node->domid, node->number);
        break;
    default:
        snprintf(path, PV_NODE_SIZE, formats[side], node->domid, node->kind, node->number);
        break;
    }
    return path;
}

bool pv_node_backend(const char *path, uint16_t *domid)
{
    return sscanf(path, "/local/domain/%" SCNu16 "/backend/", domid) == 1;
}

static void put(struct xs_batch *batch, const char *base, const char *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void put(struct xs_batch *batch, const char *base, const char *node, const char *format, ...)
{
    char path[2 * PV_NODE_SIZE], value[2048];
    va_list arguments;

    snprintf(path, sizeof(path), "%s/%s", base, node);
    va_start(arguments, format);
    vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    xs_batch_write(batch, path, "%s", value);
}

/* What both kinds have: each side's folder with its permissions, and how it finds the other. */
static void put_ends(struct xs_batch *batch, const struct pv_node *node)
{
    char backend[PV_NODE_SIZE], frontend[PV_NODE_SIZE], tools[PV_NODE_SIZE];

    pv_node_path(PV_NODE_BACKEND, node, backend);
    pv_node_path(PV_NODE_FRONTEND, node, frontend);
    pv_node_path(PV_NODE_TOOLS, node, tools);
    pv_node_remove(batch, node);
    put(batch, tools, "frontend", "%s", frontend);
    put(batch, tools, "backend", "%s", backend);
    xs_batch_write(batch, frontend, "%s", "");
    xs_batch_perms(batch, frontend, 'n', node->domid, 'r', node->backend);
    put(batch, frontend, "backend", "%s", backend);
    put(batch, frontend, "backend-id", "%u", node->backend);
    xs_batch_write(batch, backend, "%s", "");
    xs_batch_perms(batch, backend, 'n', node->backend, 'r', node->domid);
    put(batch, backend, "frontend", "%s", frontend);
    put(batch, backend, "frontend-id", "%u", node->domid);
    put(batch, backend, "online", "1");
}

/* Both drivers may be at work already and look as soon as a state is there: these are the last nodes of all. */
static void put_states(struct xs_batch *batch, const struct pv_node *node)
{
    char base[PV_NODE_SIZE];

    pv_node_path(PV_NODE_FRONTEND, node, base);
    put(batch, base, "state", "%u", XenbusStateInitialising);
    pv_node_path(PV_NODE_BACKEND, node, base);
    put(batch, base, "state", "%u", XenbusStateInitialising);
}

void pv_node_put_disk(struct xs_batch *batch, const struct pv_node *node, const struct pv_disk *disk,
                      const struct pv_blockdev *device)
{
    char base[PV_NODE_SIZE], limits[PV_LIMITS_TEXT];

    put_ends(batch, node);
    pv_node_path(PV_NODE_FRONTEND, node, base);
    put(batch, base, "virtual-device", "%" PRIu32, node->number);
    put(batch, base, "device-type", "disk");
    pv_node_path(PV_NODE_BACKEND, node, base);
    put(batch, base, "params", "%s", disk->source);
    put(batch, base, "dev", "%s", disk->target);
    put(batch, base, "type", "phy");
    put(batch, base, "device-type", "disk");
    put(batch, base, "bootable", "1");
    put(batch, base, "removable", "0");
    put(batch, base, "mode", "%s", disk->access == PV_ACCESS_READ_ONLY ? "r" : "w");
    if (pv_limits_any(disk->limits)) {
        put(batch, base, "limits", "%s", pv_limits_text(disk->limits, limits));
    }
    if (device) {
        put(batch, base, "physical-device", "%x:%x", device->major, device->minor);
    }
    put_states(batch, node);
}

void pv_node_put_network(struct xs_batch *batch, const struct pv_node *node, const struct pv_network *network)
{
    char base[PV_NODE_SIZE], mac[PV_MAC_TEXT];

    pv_mac_text(network->mac, mac);
    put_ends(batch, node);
    pv_node_path(PV_NODE_FRONTEND, node, base);
    put(batch, base, "handle", "%" PRIu32, node->number);
    put(batch, base, "mac", "%s", mac);
    pv_node_path(PV_NODE_BACKEND, node, base);
    put(batch, base, "bridge", "%s", network->bridge);
    put(batch, base, "handle", "%" PRIu32, node->number);
    put(batch, base, "mac", "%s", mac);
    put(batch, base, "type", "vif");
    /* Linux's backend asks for the name of a script; an empty one starts none. */
    put(batch, base, "script", "%s", "");
    if (network->ip) {
        put(batch, base, "ip", "%s", network->ip);
    }
    if (network->vlan) {
        put(batch, base, "vlan", "%" PRIu64, network->vlan);
    }
    if (network->trunks) {
        put(batch, base, "trunks", "%s", network->trunks);
    }
    if (network->rate) {
        put(batch, base, "rate", "%" PRIu64 ",%u", network->rate * RATE_INTERVAL_US / US_PER_S, RATE_INTERVAL_US);
    }
    put_states(batch, node);
}

void pv_node_remove(struct xs_batch *batch, const struct pv_node *node)
{
    char path[PV_NODE_SIZE];

    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_BACKEND, node, path));
    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_FRONTEND, node, path));
    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_TOOLS, node, path));
    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_ERROR, node, path));
    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_GUEST_ERROR, node, path));
}

void pv_node_remove_all(struct xs_batch *batch, uint16_t domid)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        xs_batch_rm(batch, "/local/domain/0/backend/%s/%u", kinds[i], domid);
        xs_batch_rm(batch, "/local/domain/0/error/backend/%s/%u", kinds[i], domid);
    }
}

/* One domain may serve several: removing twice is no error. */
static void remove_of(struct xs_client *xs, struct xs_batch *batch, const struct pv_node *node)
{
    char tools[PV_NODE_SIZE], path[2 * PV_NODE_SIZE], *text;
    struct pv_error ignored;
    uint16_t backend;

    snprintf(path, sizeof(path), "%s/backend", pv_node_path(PV_NODE_TOOLS, node, tools));
    text = xs_read(xs, 0, path, NULL, &ignored);
    if (text && pv_node_backend(text, &backend) && backend != 0) {
        xs_batch_rm(batch, "/local/domain/%u/backend/%s/%u", backend, node->kind, node->domid);
        xs_batch_rm(batch, "/local/domain/%u/error/backend/%s/%u", backend, node->kind, node->domid);
    }
    free(text);
}

void pv_node_remove_elsewhere(struct xs_client *xs, struct xs_batch *batch, uint16_t domid)
{
    struct pv_error ignored;
    char path[PV_NODE_SIZE];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t count = 0;
        char **names;

        snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, kinds[i]);
        names = xs_directory(xs, 0, path, &count, &ignored);
        for (size_t at = 0; names && at < count; at++) {
            struct pv_node node = {
                .domid = domid, .kind = kinds[i], .number = (uint32_t)strtoul(names[at], NULL, 10)};

            remove_of(xs, batch, &node);
        }
        free(names);
    }
}
