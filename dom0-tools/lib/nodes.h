/* SPDX-License-Identifier: MIT */
/* A domain's nodes in xenstore: those that guests, daemons and other tools look for. */
#ifndef PVTOOLS_NODES_H
#define PVTOOLS_NODES_H

#include <stdint.h>

#include "lib/config.h"
#include "lib/host.h"

struct pv_nodes {
    uint16_t domid;
    const struct pv_config *config;
    uint64_t store_frame, console_frame;
    uint32_t store_port, console_port;
};

/* Writes all of them, with their permissions, and introduces the domain to xenstore. */
int pv_nodes_write(struct pv_host *host, const struct pv_nodes *nodes, struct pv_error *error);

/* Writes those of domain 0 and of the CPU pool, which other tools look for, where they are missing. */
int pv_nodes_write_host(struct pv_host *host, struct pv_error *error);

/* Removes them, as far as they are there. `name` is for the record of lib/record.h and may be NULL. */
void pv_nodes_remove(struct pv_host *host, uint16_t domid, const uint8_t uuid[16], const char *name);

#endif
