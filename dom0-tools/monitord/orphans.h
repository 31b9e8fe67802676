/* SPDX-License-Identifier: MIT */
/* Nodes in xenstore of domains that do not exist: whoever was to remove them died, or lost its connection. */
#ifndef MONITORD_ORPHANS_H
#define MONITORD_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/host.h"

/* A domain that has nodes and does not exist. Other tools need a moment to clean up behind their domains. */
struct orphan {
    struct orphan *next;
    uint16_t domid;
    bool seen;
    uint64_t since_s;
};

struct orphans {
    struct orphan *first;
};

/* Removes what has been without a domain for long enough. Returns the seconds after which to call again, or -1. */
int orphans_look(struct orphans *orphans, struct pv_host *host, uint64_t now_s, struct pv_error *error);

void orphans_clear(struct orphans *orphans);

#endif
