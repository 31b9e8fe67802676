/* SPDX-License-Identifier: MIT */
/* Modules of dom0's kernel, loaded when something needs them. */
#ifndef PVTOOLS_MODULE_H
#define PVTOOLS_MODULE_H

#include "lib/error.h"

/* Loads a module and what it depends on, by modprobe. One that is there already is no failure. */
int pv_module_load(const char *name, struct pv_error *error);

/* Makes sure that dom0 has the backend of a kind of device ("vbd", "vif"). */
int pv_module_backend(const char *kind, struct pv_error *error);

#endif
