/* SPDX-License-Identifier: MIT */
/*
 * Disks and networks of a domain, served by dom0's kernel or by a driver domain: attached, detached, looked at. What
 * there is stands in xenstore and with the backends alone; nothing else is kept.
 */
#ifndef PVTOOLS_ATTACH_H
#define PVTOOLS_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#include "lib/config.h"
#include "lib/host.h"

/*
 * Attaches all disks and networks of the configuration to a domain that was just made, and returns when their backends
 * have taken them. After a failure the caller removes the domain's nodes, and with them what was attached. The error
 * names the device, its source and what the backend said.
 */
int pv_attach_all(struct pv_host *host, uint16_t domid, const struct pv_config *config, struct pv_error *error);

/* Attaches one more of the configuration's to a running domain; undone when that fails. */
int pv_attach_disk(struct pv_host *host, uint16_t domid, const struct pv_config *config, size_t index,
                   struct pv_error *error);
int pv_attach_network(struct pv_host *host, uint16_t domid, const struct pv_config *config, size_t index,
                      struct pv_error *error);

/*
 * Takes a device away. The guest is asked first and has wait_ms for it; class TIMEOUT when it does not let go, and the
 * device stays then. With `force` it is taken without asking. `kind` is "vbd" or "vif", `number` the device's.
 */
int pv_detach(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, bool force, int wait_ms,
              struct pv_error *error);

/*
 * Takes dom0's driver away from a device and gives it back, as an update of the driver does: the guest notices a
 * pause and loses nothing. Returns when the guest has the device again, if it had it before; class TIMEOUT when that,
 * or the requests under way before, take longer than wait_ms. A device that has lost its driver gets one.
 */
int pv_reconnect(struct pv_host *host, uint16_t domid, const char *kind, uint32_t number, int wait_ms,
                 struct pv_error *error);

/* What a device is now. Strings are never NULL. */
struct pv_attached {
    uint16_t domid;
    uint16_t backend; /* the domain that serves it */
    uint32_t number;
    char *name;          /* a disk's name in the guest, a network's interface in dom0 */
    char *source;        /* a disk's file or device, a network's bridge */
    char *detail;        /* a disk's mode, "r" or "w"; a network's hardware address */
    char *device;        /* a disk's device in dom0, "7:0"; a network's rate */
    char *limits;        /* of a disk, as pv_limits_text writes them; a network's VLAN */
    unsigned int state, guest_state; /* enum xenbus_state of backend and frontend */
    char *backend_error, *guest_error;
};

/* The devices of a kind that a domain has. For pv_attached_free. */
int pv_attached_list(struct pv_host *host, uint16_t domid, const char *kind, struct pv_attached **list, size_t *count,
                     struct pv_error *error);
void pv_attached_free(struct pv_attached *list, size_t count);

/* "connected" and the like. */
const char *pv_attached_state(unsigned int state);

#endif
