/* SPDX-License-Identifier: MIT */
/* The nodes in xenstore through which frontend and backend of a device find each other. */
#ifndef PVTOOLS_ATTACH_NODES_H
#define PVTOOLS_ATTACH_NODES_H

#include <stdint.h>

#include "lib/blockdev.h"
#include "lib/device.h"
#include "lib/xsbatch.h"

#define PV_NODE_SIZE 128

/* The path of a device's node at its backend, at its frontend, in what Xen's own tools keep, or of its backend's
 * error. */
enum pv_node_side { PV_NODE_BACKEND, PV_NODE_FRONTEND, PV_NODE_TOOLS, PV_NODE_ERROR, PV_NODE_GUEST_ERROR };
char *pv_node_path(enum pv_node_side side, uint16_t domid, const char *kind, uint32_t number,
                   char path[PV_NODE_SIZE]);

/* Adds a device's nodes to the batch. */
void pv_node_put_disk(struct xs_batch *batch, uint16_t domid, const struct pv_disk *disk, uint32_t number,
                      const struct pv_blockdev *device);
void pv_node_put_network(struct xs_batch *batch, uint16_t domid, const struct pv_network *network, uint32_t number);

/* Adds the removal of a device's nodes. */
void pv_node_remove(struct xs_batch *batch, uint16_t domid, const char *kind, uint32_t number);

/* The same for all devices of a domain. */
void pv_node_remove_all(struct xs_batch *batch, uint16_t domid);

#endif
