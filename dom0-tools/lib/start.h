/* SPDX-License-Identifier: MIT */
/* What a PV kernel finds at its start: start_info, grants for its rings, the first vCPU's registers. */
#ifndef PVTOOLS_START_H
#define PVTOOLS_START_H

#include "lib/builder.h"

/* Writes the start_info page, which is the machine frame `frame`, zero until now, and masks events in
 * shared_info. */
int pv_start_write_info(struct pv_ctx *ctx, const struct pv_build *build, uint64_t frame,
                        struct pv_error *error);

/* Grants the rings of console and xenstore to the domain that runs their daemons. */
int pv_start_seed_grants(struct pv_ctx *ctx, const struct pv_build *build, struct pv_error *error);

/* Sets vCPU 0 to the kernel's entry, on the page table whose machine frame is `l4`. */
int pv_start_set_vcpu(struct pv_ctx *ctx, const struct pv_build *build, uint64_t l4, struct pv_error *error);

#endif
