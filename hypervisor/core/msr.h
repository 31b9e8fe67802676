/* SPDX-License-Identifier: MIT */
/* Model-specific registers of the running vCPU, as its kernel reads and writes them. */
#ifndef CORE_MSR_H
#define CORE_MSR_H

#include "lib/types.h"

struct vcpu;

/* False: the guest gets #GP. */
bool msr_guest_read(struct vcpu *v, uint32_t msr, uint64_t *value) MUST_CHECK;
bool msr_guest_write(struct vcpu *v, uint32_t msr, uint64_t value) MUST_CHECK;

/* Those of machine checks among them (core/msr_mce.c). False: it is none. */
bool msr_mce_read(struct vcpu *v, uint32_t msr, uint64_t *value) MUST_CHECK;
bool msr_mce_write(struct vcpu *v, uint32_t msr, uint64_t value) MUST_CHECK;

#endif
