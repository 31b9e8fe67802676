/* SPDX-License-Identifier: MIT */
/* port/vcpu.h on the tests' machine: what it keeps for each domain and vCPU, open to the tests. */
#ifndef PORT_IMPL_VCPU_H
#define PORT_IMPL_VCPU_H

struct port_domain {
    bool inited;
};

struct port_vcpu {
    bool inited;
    struct cpu_user_regs regs;
    uint64_t fs_base, gs_base, gs_base_other;
    uint64_t dr[8];
    uint64_t cr4, xcr0;
    bool ts;
    uint32_t gdt_count;
    mfn_t gdt[14];
    mfn_t ldt[16];
    uint32_t ldt_descriptors;
    uint16_t gs_selector;
    uint8_t fxsave[512];
};

struct cpu_user_regs *fake_regs(struct vcpu *v);

static inline struct cpu_user_regs *port_vcpu_regs(struct vcpu *v)
{
    return fake_regs(v);
}

#endif
