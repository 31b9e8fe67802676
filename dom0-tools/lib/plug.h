/* SPDX-License-Identifier: MIT */
/* The interfaces of dom0 that are the other end of guests' networks, and the bridges that they join. */
#ifndef PVTOOLS_PLUG_H
#define PVTOOLS_PLUG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/device.h"
#include "lib/error.h"
#include "lib/xs.h"

/* A guest's network is the interface "vif5.0" in dom0. Returns name. */
#define PV_PLUG_NAME 32
char *pv_plug_name(uint16_t domid, uint32_t number, char name[PV_PLUG_NAME]);

/* Says whether dom0 has the bridge of a network. The error names it, and what makes one. */
int pv_plug_check(const struct pv_network *network, struct pv_error *error);

/* The interface, which is there, joins the network's bridge, and the backend hears that it may go on. */
int pv_plug(struct xs_client *xs, uint16_t domid, uint32_t number, const struct pv_network *network,
            struct pv_error *error);

/*
 * The same by what the store has of the network, for an interface that went and came back, as that of a backend does
 * that was restarted. `done` tells whether there was anything to do: an interface that is on its bridge, one that is
 * only being made, and one of another toolstack's are left alone.
 */
int pv_plug_again(struct xs_client *xs, uint16_t domid, uint32_t number, bool *done, struct pv_error *error);

#endif
