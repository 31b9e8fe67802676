/* SPDX-License-Identifier: MIT */
/* What monitord keeps in xenstore, and what `parvis` keeps there of its domains (lib/record.h). */
#ifndef MONITORD_RECORDS_H
#define MONITORD_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/host.h"
#include "monitord/policy.h"

/* The domain that a name stands for. */
struct records_domain {
    uint8_t uuid[16];
    uint16_t domid;
};

/* All names with a domain's record; NULL-terminated and one allocation. NULL with error->number 0 when there
 * are none. */
char **records_domains(struct pv_host *host, struct pv_error *error);
bool records_domain(struct pv_host *host, const char *name, struct records_domain *domain);

/* The same for records of restarts. */
char **records_restarts(struct pv_host *host, struct pv_error *error);
bool records_restart(struct pv_host *host, const char *name, struct policy_record *record);
int records_write_restart(struct pv_host *host, const char *name, const struct policy_record *record,
                          struct pv_error *error);
void records_remove_restart(struct pv_host *host, const char *name);

/* Removes a name's record if it still is that of this domain and no creation has the name. Says whether it
 * did. */
bool records_remove_domain(struct pv_host *host, const char *name, const struct records_domain *domain);

/* Says whether a creation is under way. */
bool records_creations(struct pv_host *host);

#endif
