/* SPDX-License-Identifier: MIT */
/* Configurations of domains, kept in files for their restart. */
#ifndef PVTOOLS_STORE_H
#define PVTOOLS_STORE_H

#include "lib/config.h"

/* The path of the file for a domain of that name. */
void pv_store_path(const char *name, char *path, size_t size);

/* Writes it, whole or not at all; root's alone. */
int pv_store_save(const struct pv_config *config, struct pv_error *error);

/* Reads it; the files that it names need not be there. NULL on failure. For pv_config_free. */
struct pv_config *pv_store_load(const char *name, struct pv_error *error);

/* Keeps other programs from changing devices of domains and their stored configurations. Returns a descriptor whose
 * closing ends that. */
int pv_store_lock(struct pv_error *error);

/* Removes it; one that is not there is no failure. */
void pv_store_remove(const char *name);

#endif
