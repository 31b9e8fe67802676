/* SPDX-License-Identifier: MIT */
/* Looks at all guests and starts what must be done. Each look begins from nothing but the hypervisor's list
 * and the records in xenstore, so it does not matter when the daemon was started or what it missed. */
#ifndef MONITORD_MONITOR_H
#define MONITORD_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/domctl.h"
#include "lib/host.h"
#include "monitord/orphans.h"
#include "monitord/worker.h"

/* A guest that has ended and waits: for its restart, or because it is preserved. */
struct monitor_waiting {
    struct monitor_waiting *next;
    uint16_t domid;
    uint8_t uuid[PV_UUID_SIZE];
    bool seen;
    uint64_t due_s; /* when to restart it; 0: not decided yet */
    struct policy_record restart;
};

struct monitor {
    struct pv_host host;
    struct workers workers;
    struct monitor_waiting *waiting;
    struct orphans orphans;
};

/* One look. Returns the seconds after which the next is due at the latest, or -1 when xenstore or the
 * hypervisor failed. */
int monitor_look(struct monitor *monitor, struct pv_error *error);

void monitor_clear(struct monitor *monitor);

#endif
