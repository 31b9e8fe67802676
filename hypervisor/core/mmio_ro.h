/* SPDX-License-Identifier: MIT */
/*
 * Frames of I/O memory that no domain may write: the tables of MSI-X, which say where a device's interrupts go. A
 * mapping of such a frame becomes read-only without a word, and stores to it are dropped, as on Xen.
 */
#ifndef CORE_MMIO_RO_H
#define CORE_MMIO_RO_H

#include "lib/types.h"

/* Protects the frames first..last, once more where they are protected already. -XEN_ENOSPC. */
int mmio_ro_add(uint64_t first, uint64_t last) MUST_CHECK;

/* Takes back one such call. */
void mmio_ro_remove(uint64_t first, uint64_t last);

bool mmio_ro_contains(mfn_t m);

#endif
