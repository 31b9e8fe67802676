/* SPDX-License-Identifier: MIT */
/* Performance counters of a virtual CPU as x86 has them. */
#include "../xen.h"

#ifndef PVABI_ARCH_X86_PMU_H
#define PVABI_ARCH_X86_PMU_H

/* AMD's registers; counters and ctrls are offsets of the values, which follow the structure. */
struct xen_pmu_amd_ctxt {
    uint32_t counters;
    uint32_t ctrls;
    PVABI_EXTENSION uint64_t regs[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_pmu_amd_ctxt xen_pmu_amd_ctxt_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_amd_ctxt_t);

struct xen_pmu_cntr_pair {
    uint64_t counter;
    uint64_t control;
};
typedef struct xen_pmu_cntr_pair xen_pmu_cntr_pair_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_cntr_pair_t);

/* Intel's registers; fixed_counters and arch_counters are offsets of the values, which follow the structure. */
struct xen_pmu_intel_ctxt {
    uint32_t fixed_counters;
    uint32_t arch_counters;
    uint64_t global_ctrl;
    uint64_t global_ovf_ctrl;
    uint64_t global_status;
    uint64_t fixed_ctrl;
    uint64_t ds_area;
    uint64_t pebs_enable;
    uint64_t debugctl;
    PVABI_EXTENSION uint64_t regs[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_pmu_intel_ctxt xen_pmu_intel_ctxt_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_intel_ctxt_t);

/* Where the CPU was when a counter overflowed. */
struct xen_pmu_regs {
    uint64_t ip;
    uint64_t sp;
    uint64_t flags;
    uint16_t cs;
    uint16_t ss;
    uint8_t cpl;
    uint8_t pad[3];
};
typedef struct xen_pmu_regs xen_pmu_regs_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_regs_t);

/* pmu_flags */
#define PMU_CACHED (1 << 0)         /* the guest works on the copy in the shared page */
#define PMU_SAMPLE_USER (1 << 1)    /* in user mode */
#define PMU_SAMPLE_REAL (1 << 2)    /* in real mode */
#define PMU_SAMPLE_PV (1 << 3)      /* in a PV guest */

struct xen_pmu_arch {
    union {
        xen_pmu_regs_t regs;
#define XENPMU_REGS_PAD_SZ 64
        uint8_t pad[XENPMU_REGS_PAD_SZ];
    } r;
    uint64_t pmu_flags;
    union {
        uint32_t lapic_lvtpc;
        uint64_t pad;
    } l;
    PVABI_EXTENSION union {
        xen_pmu_amd_ctxt_t amd;
        xen_pmu_intel_ctxt_t intel;
#define XENPMU_CTXT_PAD_SZ 128
        uint8_t pad[XENPMU_CTXT_PAD_SZ];
    } c;
};
typedef struct xen_pmu_arch xen_pmu_arch_t;
DEFINE_XEN_GUEST_HANDLE(xen_pmu_arch_t);

#endif /* PVABI_ARCH_X86_PMU_H */
