/* SPDX-License-Identifier: MIT */
/* port/vcpu.h on the real machine: what it keeps for each domain and vCPU. */
#ifndef PORT_IMPL_VCPU_H
#define PORT_IMPL_VCPU_H

#include "x86/percpu.h"

struct port_domain {
    uint64_t *windows_l3; /* slot 260 of the domain's L4s */
    uint64_t *windows_l2;
    bool xpti;             /* its guests run on second roots (x86/xpti.h) */
    uint64_t **windows_l1; /* one for 16 vCPUs; NULL until one of them exists */
};

struct port_vcpu {
    struct cpu_user_regs regs; /* while the vCPU is not running */
    void *fpu;                 /* XSAVE area */
    uint32_t ldt_descriptors;
    bool context_on_cpu; /* registers are on a CPU, not here */
};

/* Where the entry path puts the registers of what runs on a CPU. */
static inline struct cpu_user_regs *x86_cpu_guest_regs(unsigned int cpu)
{
    return (struct cpu_user_regs *)(x86_cpu_block(cpu) + LAYOUT_CPU_STACK_END) - 1;
}

struct cpu_user_regs *x86_vcpu_regs(struct vcpu *v);

static inline struct cpu_user_regs *port_vcpu_regs(struct vcpu *v)
{
    return x86_vcpu_regs(v);
}

#endif
