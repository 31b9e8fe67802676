/* SPDX-License-Identifier: MIT */
/* Which MSRs a PV guest has: a table of those that are constants, and code for those that are state. */
#include "core/msr.h"

#include "core/cpu_bits.h"
#include "core/cpu_policy.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/hypercall_page.h"
#include "core/page_type.h"
#include "port/machine.h"
#include "port/map.h"

#define MSR_TSC                   0x10u
#define MSR_PLATFORM_ID           0x17u
#define MSR_APIC_BASE             0x1bu
#define MSR_PATCH_LEVEL           0x8bu
#define MSR_PLATFORM_INFO         0xceu
#define MSR_MCG_CAP               0x179u
#define MSR_MCG_STATUS            0x17au
#define MSR_MISC_FEATURES_ENABLES 0x140u
#define MSR_PERF_STATUS           0x198u
#define MSR_PERF_CTL              0x199u
#define MSR_THERM_STATUS          0x19cu
#define MSR_MISC_ENABLE           0x1a0u
#define MSR_PAT                   0x277u
#define MSR_PERF_CAPABILITIES     0x345u
#define MSR_HYPERCALL_PAGE        0x40000000u
#define MSR_EFER                  0xc0000080u
#define MSR_FS_BASE               0xc0000100u
#define MSR_GS_BASE               0xc0000101u
#define MSR_KERNEL_GS_BASE        0xc0000102u
#define MSR_TSC_AUX               0xc0000103u
#define MSR_AMD_SYSCFG            0xc0010010u
#define MSR_AMD_HWCR              0xc0010015u
#define MSR_AMD_TOP_MEM           0xc001001au
#define MSR_AMD_TOP_MEM2          0xc001001du
#define MSR_AMD_NB_CFG            0xc001001fu
#define MSR_AMD_PSTATE_LIMIT      0xc0010061u
#define MSR_AMD_PSTATE_LAST       0xc001006bu
#define MSR_AMD_DE_CFG            0xc0011029u

#define APIC_BASE_ADDRESS        0xfee00000ull
#define APIC_BASE_ENABLED        0x800ull
#define APIC_BASE_FIRST          0x100ull
#define MISC_ENABLE_PERFORMANCE  0x80ull
#define EFER_SVM                 0x1000ull
#define DE_CFG_LFENCE_SERIALISES 0x2ull
#define PAT_VALUE                0x0000050100070406ull /* the guests' and the machine's */

/* MSRs that always read the same; a write is ignored, or only of 0 accepted, or refused. */
enum constant_write { WRITE_REFUSED, WRITE_ZERO, WRITE_IGNORED };

struct msr_constant {
    uint32_t first, last;
    uint64_t value;
    bool intel, amd; /* whose CPUs have it */
    enum constant_write write;
};

static const struct msr_constant constants[] = {
    {MSR_PATCH_LEVEL, MSR_PATCH_LEVEL, 0, true, true, WRITE_ZERO},
    {MSR_MISC_FEATURES_ENABLES, MSR_MISC_FEATURES_ENABLES, 0, true, false, WRITE_ZERO},
    {MSR_MCG_CAP, MSR_MCG_STATUS, 0, true, true, WRITE_ZERO},
    {MSR_PERF_STATUS, MSR_PERF_STATUS, 0, true, false, WRITE_REFUSED},
    {MSR_PERF_CTL, MSR_PERF_CTL, 0, true, false, WRITE_IGNORED},
    {MSR_THERM_STATUS, MSR_THERM_STATUS, 0, true, false, WRITE_REFUSED},
    {MSR_PAT, MSR_PAT, PAT_VALUE, true, true, WRITE_REFUSED},
    {MSR_PERF_CAPABILITIES, MSR_PERF_CAPABILITIES, 0, true, false, WRITE_REFUSED},
    {MSR_HYPERCALL_PAGE, MSR_HYPERCALL_PAGE, 0, true, true, WRITE_REFUSED},
    {MSR_AMD_SYSCFG, MSR_AMD_SYSCFG, 0, false, true, WRITE_REFUSED},
    {MSR_AMD_HWCR, MSR_AMD_HWCR, 0, false, true, WRITE_IGNORED},
    {MSR_AMD_TOP_MEM, MSR_AMD_TOP_MEM, 0, false, true, WRITE_REFUSED},
    {MSR_AMD_TOP_MEM2, MSR_AMD_TOP_MEM2, 0, false, true, WRITE_REFUSED},
    {MSR_AMD_NB_CFG, MSR_AMD_NB_CFG, 0, false, true, WRITE_REFUSED},
    {MSR_AMD_PSTATE_LIMIT, MSR_AMD_PSTATE_LAST, 0, false, true, WRITE_IGNORED},
};

static const struct msr_constant *constant_find(const struct vcpu *v, uint32_t msr)
{
    const struct guest_cpu_policy *p = v->domain->cpu_policy;

    for (unsigned int i = 0; i < ARRAY_SIZE(constants); i++) {
        const struct msr_constant *c = &constants[i];
        bool common = c->intel && c->amd;

        if (msr >= c->first && msr <= c->last &&
            (common || (c->intel && cpu_policy_is_intel(p)) || (c->amd && cpu_policy_is_amd(p)))) {
            return c;
        }
    }
    return NULL;
}

/* What a guest sees of the machine's own value. */
static bool read_machine(const struct vcpu *v, uint32_t msr, uint64_t hidden, bool has_it, uint64_t *value)
{
    (void)v;
    if (!has_it || !port_rdmsr(msr, value)) {
        return false;
    }
    *value &= ~hidden;
    return true;
}

static bool read_feature(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    const struct guest_cpu_policy *p = v->domain->cpu_policy;
    const struct msr_constant *constant = constant_find(v, msr);

    switch (msr) {
    case MSR_EFER:
        return read_machine(v, msr, EFER_SVM, true, value);
    case MSR_MISC_ENABLE:
        return read_machine(v, msr, MISC_ENABLE_PERFORMANCE, cpu_policy_is_intel(p), value);
    case MSR_PLATFORM_ID:
        return read_machine(v, msr, 0, cpu_policy_is_intel(p), value);
    case MSR_AMD_DE_CFG:
        return read_machine(v, msr, ~DE_CFG_LFENCE_SERIALISES, cpu_policy_is_amd(p), value);
    case MSR_PLATFORM_INFO:
        *value = p->platform_info;
        return cpu_policy_is_intel(p);
    default:
        break;
    }
    if (constant) {
        *value = constant->value;
        return true;
    }
    /* Before it can catch #GP, an early kernel gets 0 for what the machine has. */
    return v->cpu.traps[VECTOR_GENERAL_PROTECTION].address == 0 && port_rdmsr(msr, value) &&
           ((*value = 0), true);
}

bool msr_guest_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_FS_BASE:
        *value = port_fs_base();
        return true;
    case MSR_GS_BASE:
        *value = port_gs_base();
        return true;
    case MSR_KERNEL_GS_BASE:
        *value = port_gs_base_other();
        return true;
    case MSR_TSC:
        *value = port_rdtsc();
        return true;
    case MSR_APIC_BASE:
        *value = APIC_BASE_ADDRESS | APIC_BASE_ENABLED | (v->id == 0 ? APIC_BASE_FIRST : 0);
        return true;
    case MSR_TSC_AUX:
        *value = v->cpu.tsc_aux;
        return cpu_policy_has(v->domain->cpu_policy, CPU_POLICY_RDTSCP);
    default:
        return read_feature(v, msr, value);
    }
}

static bool write_base(uint32_t msr, uint64_t value)
{
    if (!guest_address_canonical(value)) {
        return false;
    }
    if (msr == MSR_FS_BASE) {
        port_set_fs_base(value);
    } else if (msr == MSR_GS_BASE) {
        port_set_gs_base(value);
    } else {
        port_set_gs_base_other(value);
    }
    return true;
}

static bool write_tsc_aux(struct vcpu *v, uint64_t value)
{
    if (value >> 32 || !cpu_policy_has(v->domain->cpu_policy, CPU_POLICY_RDTSCP) ||
        !port_wrmsr(MSR_TSC_AUX, value)) {
        return false;
    }
    v->cpu.tsc_aux = (uint32_t)value;
    return true;
}

/* A guest asks for a hypercall page in one of its frames. */
static bool write_hypercall_page(struct vcpu *v, uint64_t value)
{
    mfn_t frame = mfn(value >> PAGE_SHIFT);
    void *page;

    if (value & ~PAGE_MASK || frame_get_with_type(frame, v->domain, FRAME_WRITABLE) != 0) {
        return false;
    }
    page = port_map_frame(frame);
    hypercall_page_fill(page);
    port_unmap_frame(page);
    frame_put_with_type(frame);
    return true;
}

static bool write_efer(struct vcpu *v, uint64_t value)
{
    uint64_t now;

    return msr_guest_read(v, MSR_EFER, &now) && now == value;
}

bool msr_guest_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
    const struct msr_constant *constant = constant_find(v, msr);

    switch (msr) {
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
        return write_base(msr, value);
    case MSR_TSC_AUX:
        return write_tsc_aux(v, value);
    case MSR_EFER:
        return write_efer(v, value);
    case MSR_MISC_ENABLE:
        return cpu_policy_is_intel(v->domain->cpu_policy);
    case MSR_HYPERCALL_PAGE:
        return write_hypercall_page(v, value);
    default:
        break;
    }
    if (!constant || constant->write == WRITE_REFUSED) {
        return false;
    }
    return constant->write == WRITE_IGNORED || value == 0;
}
