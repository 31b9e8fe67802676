/* SPDX-License-Identifier: MIT */
/*
 * Names of domains, kept in xenstore so that two creations cannot take the same one.
 *
 *   /parvis/creating/NAME = "UUID PID START"   a creation by process PID, which the kernel started at START,
 * is under way /parvis/domain/NAME   = "UUID DOMID"       the domain is there
 *
 * A creation writes the first before it touches the hypervisor, writes the second when all is done, and
 * removes the first as its very last act. A creation that dies leaves the first behind; whoever meets it (the
 * next creation, or the monitor daemon) sees that its process is gone and clears away the domain with that
 * uuid.
 */
#ifndef PVTOOLS_RECORD_H
#define PVTOOLS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/host.h"

/*
 * Takes a name for a creation by this process. Class NAME_TAKEN where a domain has the name or the uuid,
 * whoever's tools made it, or where another creation is under way.
 */
int pv_record_reserve(struct pv_host *host, const char *name, const uint8_t uuid[16], struct pv_error *error);

/* Ends a creation: the domain is there. */
int pv_record_commit(struct pv_host *host, const char *name, const uint8_t uuid[16], uint16_t domid,
                     struct pv_error *error);

/* Gives a reserved name back after a creation that failed and was undone. */
void pv_record_cancel(struct pv_host *host, const char *name);

/* Clears away what creations left behind whose process is gone. */
int pv_record_sweep(struct pv_host *host, struct pv_error *error);

#endif
