/* SPDX-License-Identifier: MIT */
/* A domain's memory, as a toolstack sets it up from outside. */
#ifndef PVTOOLS_MEMORY_H
#define PVTOOLS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/hypercall.h"

/*
 * Gives the domain `count` extents of 2^order pages. frames[i] is the extent's first pseudo-physical frame on
 * entry and its first machine frame on return; `order` is at most 14. Returns how many were given, fewer when
 * memory ran out, or -1.
 */
long pv_memory_populate(struct pv_ctx *ctx, uint16_t domid, uint64_t *frames, size_t count,
                        unsigned int order, struct pv_error *error);

/* Tells the domain one region of RAM from 0 up to `bytes` as its memory map. */
int pv_memory_set_map(struct pv_ctx *ctx, uint16_t domid, uint64_t bytes, struct pv_error *error);

/* Zeroes frames of the domain without mapping them. */
int pv_memory_clear(struct pv_ctx *ctx, uint16_t domid, const uint64_t *frames, size_t count,
                    struct pv_error *error);

/* Validates and pins a four-level page table of the domain. */
int pv_memory_pin_l4(struct pv_ctx *ctx, uint16_t domid, uint64_t frame, struct pv_error *error);

#endif
