/* SPDX-License-Identifier: MIT */
/* The nodes in xenstore through which frontend and backend of a device find each other. */
#ifndef PVTOOLS_ATTACH_NODES_H
#define PVTOOLS_ATTACH_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/blockdev.h"
#include "lib/device.h"
#include "lib/xs.h"
#include "lib/xsbatch.h"

#define PV_NODE_SIZE 128

/* A device: whose it is, which domain serves it, its kind ("vbd", "vif") and its number there. */
struct pv_node {
    uint16_t domid, backend;
    const char *kind;
    uint32_t number;
};

/* The path of a device's node at its backend, at its frontend, in what Xen's own tools keep, or of its backend's
 * error. */
enum pv_node_side { PV_NODE_BACKEND, PV_NODE_FRONTEND, PV_NODE_TOOLS, PV_NODE_ERROR, PV_NODE_GUEST_ERROR };
char *pv_node_path(enum pv_node_side side, const struct pv_node *node, char path[PV_NODE_SIZE]);

/* The domain of a backend's path; false if it is none. */
bool pv_node_backend(const char *path, uint16_t *domid);

/* Adds a device's nodes to the batch. `device` is what dom0 serves, NULL where another domain does. */
void pv_node_put_disk(struct xs_batch *batch, const struct pv_node *node, const struct pv_disk *disk,
                      const struct pv_blockdev *device);
void pv_node_put_network(struct xs_batch *batch, const struct pv_node *node, const struct pv_network *network);

/* Adds the removal of a device's nodes. */
void pv_node_remove(struct xs_batch *batch, const struct pv_node *node);

/* The same for all devices of a domain that dom0 serves, and for those that other domains do, as the store has them. */
void pv_node_remove_all(struct xs_batch *batch, uint16_t domid);
void pv_node_remove_elsewhere(struct xs_client *xs, struct xs_batch *batch, uint16_t domid);

#endif
