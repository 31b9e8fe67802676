/* SPDX-License-Identifier: MIT */
/* Another domain's frames, mapped into this process. */
#ifndef PVTOOLS_FOREIGN_H
#define PVTOOLS_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/hypercall.h"

#define PV_PAGE_SHIFT 12
#define PV_PAGE_SIZE  4096UL

/*
 * Maps `count` frames of domain `domid`, in the order given and readable; writable too where asked for. All
 * or nothing: NULL when one cannot be mapped. A frame stays in the domain's hands: it must not be a page
 * table while it is mapped writable.
 */
void *pv_foreign_map(struct pv_ctx *ctx, uint16_t domid, const uint64_t *frames, size_t count, int writable,
                     struct pv_error *error);

/* Maps `count` frames of a domain's resource (XENMEM_resource_*) from `first` on, writable. */
void *pv_foreign_map_resource(struct pv_ctx *ctx, uint16_t domid, uint32_t type, uint32_t id, uint32_t first,
                              size_t count, struct pv_error *error);

/* Ends a mapping. NULL is allowed. */
void pv_foreign_unmap(void *address, size_t count);

#endif
