/* SPDX-License-Identifier: MIT */
/*
 * Writable page tables: a guest kernel's plain store into a level-1 table, which it can map read-only only,
 * is emulated as a checked update of the entry.
 */
#ifndef CORE_PTWR_H
#define CORE_PTWR_H

#include "lib/types.h"

struct vcpu;

/*
 * The running vCPU's kernel faulted writing to address, which maps m read-only. True: the instruction was
 * done (or is to be tried again); false: m is no level-1 table of the domain, the instruction is none that is
 * emulated, or the new entry is refused: the fault is the guest's.
 */
bool ptwr_emulate(struct vcpu *v, guest_va_t address, mfn_t m) MUST_CHECK;

/* The running vCPU's kernel faulted writing to the I/O memory m. Where nobody may write that, a plain store is done
 * without its effect (true); any other instruction, and other I/O memory, is the guest's fault (false). */
bool ptwr_drop(struct vcpu *v, guest_va_t address, mfn_t m) MUST_CHECK;

#endif
