/* SPDX-License-Identifier: MIT */
/* The nodes in xenstore of disks and networks: the same that Xen's own toolstack writes, for the same readers. */
#include "lib/attach_nodes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "pvabi/io/xenbus.h"

#define BACKEND_DOMID 0
/* A rate is given as bytes in an interval. */
#define RATE_INTERVAL_US 50000
#define US_PER_S         1000000

char *pv_node_path(enum pv_node_side side, uint16_t domid, const char *kind, uint32_t number,
                   char path[PV_NODE_SIZE])
{
    static const char *const formats[] = {
        [PV_NODE_BACKEND] = "/local/domain/0/backend/%s/%u/%" PRIu32,
        [PV_NODE_ERROR] = "/local/domain/0/error/backend/%s/%u/%" PRIu32 "/error",
    };

    switch (side) {
    case PV_NODE_FRONTEND:
        snprintf(path, PV_NODE_SIZE, "/local/domain/%u/device/%s/%" PRIu32, domid, kind, number);
        break;
    case PV_NODE_TOOLS:
        snprintf(path, PV_NODE_SIZE, "/libxl/%u/device/%s/%" PRIu32, domid, kind, number);
        break;
    case PV_NODE_GUEST_ERROR:
        snprintf(path, PV_NODE_SIZE, "/local/domain/%u/error/device/%s/%" PRIu32 "/error", domid, kind, number);
        break;
    default:
        snprintf(path, PV_NODE_SIZE, formats[side], kind, domid, number);
        break;
    }
    return path;
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

/* What both kinds have: each side's folder with its permissions, and how it finds the other. The backend's `state`
 * comes last of all, so that its driver finds the rest. */
static void put_ends(struct xs_batch *batch, uint16_t domid, const char *kind, uint32_t number)
{
    char backend[PV_NODE_SIZE], frontend[PV_NODE_SIZE], tools[PV_NODE_SIZE];

    pv_node_path(PV_NODE_BACKEND, domid, kind, number, backend);
    pv_node_path(PV_NODE_FRONTEND, domid, kind, number, frontend);
    pv_node_path(PV_NODE_TOOLS, domid, kind, number, tools);
    pv_node_remove(batch, domid, kind, number);
    put(batch, tools, "frontend", "%s", frontend);
    put(batch, tools, "backend", "%s", backend);
    xs_batch_write(batch, frontend, "%s", "");
    xs_batch_perms(batch, frontend, 'n', domid, 'r', BACKEND_DOMID);
    put(batch, frontend, "backend", "%s", backend);
    put(batch, frontend, "backend-id", "%u", BACKEND_DOMID);
    put(batch, frontend, "state", "%u", XenbusStateInitialising);
    xs_batch_write(batch, backend, "%s", "");
    xs_batch_perms(batch, backend, 'n', BACKEND_DOMID, 'r', domid);
    put(batch, backend, "frontend", "%s", frontend);
    put(batch, backend, "frontend-id", "%u", domid);
    put(batch, backend, "online", "1");
}

void pv_node_put_disk(struct xs_batch *batch, uint16_t domid, const struct pv_disk *disk, uint32_t number,
                      const struct pv_blockdev *device)
{
    char base[PV_NODE_SIZE];

    put_ends(batch, domid, "vbd", number);
    pv_node_path(PV_NODE_FRONTEND, domid, "vbd", number, base);
    put(batch, base, "virtual-device", "%" PRIu32, number);
    put(batch, base, "device-type", "disk");
    pv_node_path(PV_NODE_BACKEND, domid, "vbd", number, base);
    put(batch, base, "params", "%s", disk->source);
    put(batch, base, "dev", "%s", disk->target);
    put(batch, base, "type", "phy");
    put(batch, base, "device-type", "disk");
    put(batch, base, "bootable", "1");
    put(batch, base, "removable", "0");
    put(batch, base, "mode", "%s", disk->access == PV_ACCESS_READ_ONLY ? "r" : "w");
    put(batch, base, "physical-device", "%x:%x", device->major, device->minor);
    put(batch, base, "state", "%u", XenbusStateInitialising);
}

void pv_node_put_network(struct xs_batch *batch, uint16_t domid, const struct pv_network *network, uint32_t number)
{
    char base[PV_NODE_SIZE], mac[PV_MAC_TEXT];

    pv_mac_text(network->mac, mac);
    put_ends(batch, domid, "vif", number);
    pv_node_path(PV_NODE_FRONTEND, domid, "vif", number, base);
    put(batch, base, "handle", "%" PRIu32, number);
    put(batch, base, "mac", "%s", mac);
    pv_node_path(PV_NODE_BACKEND, domid, "vif", number, base);
    put(batch, base, "bridge", "%s", network->bridge);
    put(batch, base, "handle", "%" PRIu32, number);
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
    if (network->rate) {
        put(batch, base, "rate", "%" PRIu64 ",%u", network->rate * RATE_INTERVAL_US / US_PER_S, RATE_INTERVAL_US);
    }
    put(batch, base, "state", "%u", XenbusStateInitialising);
}

void pv_node_remove(struct xs_batch *batch, uint16_t domid, const char *kind, uint32_t number)
{
    char path[PV_NODE_SIZE];

    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_BACKEND, domid, kind, number, path));
    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_FRONTEND, domid, kind, number, path));
    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_TOOLS, domid, kind, number, path));
    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_ERROR, domid, kind, number, path));
    xs_batch_rm(batch, "%s", pv_node_path(PV_NODE_GUEST_ERROR, domid, kind, number, path));
}

void pv_node_remove_all(struct xs_batch *batch, uint16_t domid)
{
    static const char *const kinds[] = {"vbd", "vif"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        xs_batch_rm(batch, "/local/domain/0/backend/%s/%u", kinds[i], domid);
        xs_batch_rm(batch, "/local/domain/0/error/backend/%s/%u", kinds[i], domid);
    }
}
