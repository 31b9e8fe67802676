/* SPDX-License-Identifier: MIT */
/* The backends of dom0's kernel as sysfs shows them: one device for each disk or network that dom0 serves. */
#ifndef PVTOOLS_BACKEND_H
#define PVTOOLS_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

#define PV_BACKENDS     "/sys/bus/xen-backend/devices"
#define PV_BACKEND_NAME 32

/* A backend's name in sysfs, "vbd-5-51712"; `kind` is "vbd" or "vif". Returns name. */
char *pv_backend_name(const char *kind, uint16_t domid, uint32_t number, char name[PV_BACKEND_NAME]);

/* The reverse; false where it is none of ours. `kind` gets one of the two words above. */
bool pv_backend_parse(const char *name, const char **kind, uint16_t *domid, uint32_t *number);

/* Says whether a driver has the backend. */
bool pv_backend_is_bound(const char *name);

/* The block device that a disk's backend has open; false while it has none. */
bool pv_backend_device(const char *name, unsigned int *major, unsigned int *minor);

/*
 * Opens a backend's block device for no other purpose than that it stays: a loop or NBD device goes when the last one
 * closes it, and a backend that is bound again then finds nothing, or another's disk. Returns a descriptor, or -1; of
 * a device of another kind too, with errno 0, which stays by itself.
 */
int pv_backend_hold(unsigned int major, unsigned int minor);

/*
 * Takes a backend's driver away and gives it back. The frontend notices nothing but a pause: what it asked for before
 * is answered first, what it asks meanwhile later. A disk's requests must end within wait_ms; class TIMEOUT when they
 * do not, and the backend stays without driver then, for it must not serve a ring that its predecessor still uses. A
 * backend that has no driver only gets one. The caller lets nobody else attach and detach.
 */
int pv_backend_restart(const char *name, int wait_ms, struct pv_error *error);

#endif
