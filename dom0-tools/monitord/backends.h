/* SPDX-License-Identifier: MIT */
/*
 * dom0's backends, which may lose their driver and get it back under running guests. The devices of their disks are
 * held open from their beginning to their end, so that they are there still; an interface that comes back joins its
 * bridge again, and ports of Open vSwitch go with their interfaces. What there is stands in sysfs and xenstore alone,
 * so it does not matter when the daemon was started; the kernel's events tell when to look.
 */
#ifndef MONITORD_BACKENDS_H
#define MONITORD_BACKENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/backend.h"
#include "lib/xs.h"

struct backend {
    struct backend *next;
    char name[PV_BACKEND_NAME]; /* in sysfs */
    int fd;                     /* what is held of a disk; -1: nothing */
    unsigned int interface;     /* the index of a network's interface that was looked at */
    bool settled;               /* of a disk: nothing more to be done */
    bool seen;
};

struct backends {
    struct backend *first;
    int fd;              /* the kernel's events; -1: they cannot be heard */
    bool look;           /* something has happened */
    bool sweep;          /* an interface is gone, whose port of Open vSwitch may still be there */
    uint64_t patience_ms; /* until when what is not whole yet is looked at again and again */
};

void backends_open(struct backends *backends);
void backends_close(struct backends *backends);

/* Looks, where there is reason to. `xs` has no watches. Returns the milliseconds until the next look is due, -1 for
 * when an event comes. */
int backends_look(struct backends *backends, struct xs_client *xs);

#endif
