/* SPDX-License-Identifier: MIT */
/* What holds of a guest's CPU whenever the guest runs, by rules that share no code with core. */
#ifndef TESTS_FUZZ_HV_ENTRY_CHECK_H
#define TESTS_FUZZ_HV_ENTRY_CHECK_H

#include "core/domain.h"

/*
 * Delivers what is due to the running vCPU, and fails unless the first frame of it stands on the guest's
 * stack word by word as the ABI has it, with the mask of events that goes with it.
 */
void entry_deliver(void);

/* Fails unless a vCPU's registers, bases, debug registers and descriptor tables are a guest's. */
void entry_check_vcpu(const struct vcpu *v);

/* Likewise of every vCPU of every domain, and no page that is in use as descriptors has one that a guest may
 * not have. */
void entry_check_all(void);

#endif
