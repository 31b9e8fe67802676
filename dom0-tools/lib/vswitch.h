/* SPDX-License-Identifier: MIT */
/* Bridges of Open vSwitch, and the ports on them that are guests' interfaces. */
#ifndef PVTOOLS_VSWITCH_H
#define PVTOOLS_VSWITCH_H

#include "lib/device.h"
#include "lib/error.h"

/* 1 where Open vSwitch has the bridge, 0 where not; -1 where it cannot be asked: class NO_HOST when it is not there. */
int pv_vswitch_has_bridge(const char *bridge, struct pv_error *error);

/*
 * Makes the interface a port of the network's bridge, with its VLANs, and waits until the switch has taken it. A port
 * of that name, which some former interface has left behind, is replaced. The error says what the switch says.
 */
int pv_vswitch_add(const char *name, const struct pv_network *network, struct pv_error *error);

/* Removes the ports of guests whose interfaces are there no more. `count` gets how many. */
int pv_vswitch_sweep(unsigned int *count, struct pv_error *error);

#endif
