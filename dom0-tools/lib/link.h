/* SPDX-License-Identifier: MIT */
/* Network interfaces and bridges of dom0, set up through rtnetlink: no programs are started for it. */
#ifndef PVTOOLS_LINK_H
#define PVTOOLS_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

/* The error names the interface and what was tried; its errno is the kernel's. */

/* Makes a bridge and switches it on; one that is there already is only switched on. */
int pv_link_make_bridge(const char *name, struct pv_error *error);

/* Says whether there is a bridge of that name; an interface that is no bridge is none. */
bool pv_link_is_bridge(const char *name);

/* Says whether there is an interface of that name. */
bool pv_link_exists(const char *name);

/* Gives an interface an address, "10.0.0.1/24" or "fd00::1/64". One that it has already is no failure. */
int pv_link_add_address(const char *name, const char *address, struct pv_error *error);

/*
 * Puts an interface on a bridge and switches it on. With a VLAN (1 to 4094) it belongs to that one only, untagged on
 * its side, and the bridge's filter is switched on; 0 leaves that to the bridge. `trunks`, where not NULL, is a set of
 * lib/device.h of VLANs whose frames it has with tags; with them and without a VLAN it has no others.
 */
int pv_link_join_bridge(const char *name, const char *bridge, uint16_t vlan, const uint8_t *trunks,
                        struct pv_error *error);

/* Switches an interface on that another kind of switch takes. */
int pv_link_switch_on(const char *name, struct pv_error *error);

#endif
