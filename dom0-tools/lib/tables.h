/* SPDX-License-Identifier: MIT */
/* The content of a new PV domain's first page tables. */
#ifndef PVTOOLS_TABLES_H
#define PVTOOLS_TABLES_H

#include <stdint.h>

#include "lib/layout.h"

/*
 * Fills tables for the layout. `table(argument, frame)` gives the memory of a page-table frame, zero-filled,
 * and p2m[frame] is its machine frame. Page tables are mapped read-only, all else writable.
 */
void pv_tables_fill(const struct pv_layout *layout, const uint64_t *p2m,
                    uint64_t *(*table)(void *argument, uint64_t frame), void *argument);

#endif
