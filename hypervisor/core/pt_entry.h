/* SPDX-License-Identifier: MIT */
/* The store into an entry of a locked table. */
#ifndef CORE_PT_ENTRY_H
#define CORE_PT_ENTRY_H

#include "core/pte.h"
#include "port/atomic.h"

/*
 * Replaces the entry old, as it was read under the table's lock, by value. Only a CPU's walker may have
 * changed it meanwhile, and only by setting A and D: keep_ad takes these over into value, exact refuses then.
 * False: the entry is another one now.
 */
static inline bool pt_entry_write(volatile uint64_t *slot, uint64_t old, uint64_t value, bool keep_ad,
                                  bool exact)
{
    const uint64_t ad = PTE_ACCESSED | PTE_DIRTY;
    uint64_t found = old;

    while (UNLIKELY(!port_cas_u64(slot, &found, keep_ad ? value | (found & ad) : value))) {
        if (exact || (found ^ old) & ~ad) {
            return false;
        }
    }
    return true;
}

#endif
