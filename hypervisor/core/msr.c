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

#define MSR_P5_MC_ADDR            0x0u
#define MSR_P5_MC_TYPE            0x1u
#define MSR_TSC                   0x10u
#define MSR_PLATFORM_ID           0x17u
#define MSR_APIC_BASE             0x1bu
#define MSR_FEATURE_CONTROL       0x3au
#define MSR_PATCH_LEVEL           0x8bu
#define MSR_PMC_FIRST             0xc1u
#define MSR_PMC_LAST              0xc8u
#define MSR_PLATFORM_INFO         0xceu
#define MSR_MPERF                 0xe7u
#define MSR_APERF                 0xe8u
#define MSR_MISC_FEATURES_ENABLES 0x140u
#define MSR_PERFEVTSEL_FIRST      0x186u
#define MSR_PERFEVTSEL_LAST       0x189u
#define MSR_PERF_STATUS           0x198u
#define MSR_PERF_CTL              0x199u
#define MSR_CLOCK_MODULATION      0x19au
#define MSR_THERM_STATUS          0x19cu
#define MSR_MISC_ENABLE           0x1a0u
#define MSR_ENERGY_PERF_BIAS      0x1b0u
#define MSR_PAT                   0x277u
#define MSR_FIXED_CTR_FIRST       0x309u
#define MSR_FIXED_CTR_LAST        0x30bu
#define MSR_PERF_CAPABILITIES     0x345u
#define MSR_FIXED_CTR_CTRL        0x38du
#define MSR_PERF_GLOBAL_OVF_CTRL  0x390u
#define MSR_HYPERCALL_PAGE        0x40000000u
#define MSR_EFER                  0xc0000080u
#define MSR_FS_BASE               0xc0000100u
#define MSR_GS_BASE               0xc0000101u
#define MSR_KERNEL_GS_BASE        0xc0000102u
#define MSR_TSC_AUX               0xc0000103u
#define MSR_AMD_EVNTSEL_FIRST     0xc0010000u
#define MSR_AMD_PERFCTR_LAST      0xc0010007u
#define MSR_AMD_SYSCFG            0xc0010010u
#define MSR_AMD_HWCR              0xc0010015u
#define MSR_AMD_IORR_FIRST        0xc0010016u
#define MSR_AMD_IORR_LAST         0xc0010019u
#define MSR_AMD_TOP_MEM           0xc001001au
#define MSR_AMD_TOP_MEM2          0xc001001du
#define MSR_AMD_NB_CFG            0xc001001fu
#define MSR_AMD_PSTATE_LIMIT      0xc0010061u
#define MSR_AMD_PSTATE_LAST       0xc001006bu
#define MSR_AMD_TSEG_BASE         0xc0010112u
#define MSR_AMD_TSEG_MASK         0xc0010113u
#define MSR_AMD_EXT_EVNTSEL_FIRST 0xc0010200u
#define MSR_AMD_EXT_PERFCTR_LAST  0xc001020bu
#define MSR_AMD_DE_CFG            0xc0011029u

#define APIC_BASE_ADDRESS        0xfee00000ull
#define APIC_BASE_ENABLED        0x800ull
#define APIC_BASE_FIRST          0x100ull
#define FEATURE_CONTROL_LOCK     0x1ull
/* Performance counters and MONITOR; and what says that BTS, PEBS and xTPR messages are not there. */
#define MISC_ENABLE_HIDDEN       0x40080ull
#define MISC_ENABLE_SET          0x801800ull
#define EFER_SVM                 0x1000ull
#define DE_CFG_LFENCE_SERIALISES 0x2ull
#define PAT_VALUE                0x0000050100070406ull /* the guests' and the machine's */

/* MSRs that always read the same; a write is ignored, or only of 0 accepted, or refused. */
enum constant_write { WRITE_REFUSED, WRITE_ZERO, WRITE_IGNORED };

/* Whose CPUs have it. */
#define OF_INTEL 1u
#define OF_AMD   2u
#define OF_ALL   3u

struct msr_constant {
    uint32_t first, last;
    uint64_t value;
    uint8_t makers;
    bool write_only;
    uint8_t write; /* enum constant_write */
};

static const struct msr_constant constants[] = {
    {MSR_P5_MC_ADDR, MSR_P5_MC_TYPE, 0, OF_ALL, false, WRITE_REFUSED},
    {MSR_FEATURE_CONTROL, MSR_FEATURE_CONTROL, FEATURE_CONTROL_LOCK, OF_INTEL, false, WRITE_REFUSED},
    {MSR_PMC_FIRST, MSR_PMC_LAST, 0, OF_INTEL, false, WRITE_IGNORED},
    {MSR_MPERF, MSR_APERF, 0, OF_ALL, true, WRITE_IGNORED},
    {MSR_MISC_FEATURES_ENABLES, MSR_MISC_FEATURES_ENABLES, 0, OF_ALL, false, WRITE_ZERO},
    {MSR_PERFEVTSEL_FIRST, MSR_PERFEVTSEL_LAST, 0, OF_INTEL, false, WRITE_IGNORED},
    {MSR_PERF_STATUS, MSR_PERF_STATUS, 0, OF_INTEL, false, WRITE_REFUSED},
    {MSR_PERF_CTL, MSR_PERF_CTL, 0, OF_INTEL, false, WRITE_IGNORED},
    {MSR_CLOCK_MODULATION, MSR_CLOCK_MODULATION, 0, OF_INTEL, true, WRITE_IGNORED},
    {MSR_THERM_STATUS, MSR_THERM_STATUS, 0, OF_INTEL, false, WRITE_REFUSED},
    {MSR_ENERGY_PERF_BIAS, MSR_ENERGY_PERF_BIAS, 0, OF_INTEL, true, WRITE_IGNORED},
    {MSR_PAT, MSR_PAT, PAT_VALUE, OF_ALL, false, WRITE_REFUSED},
    {MSR_FIXED_CTR_FIRST, MSR_FIXED_CTR_LAST, 0, OF_INTEL, false, WRITE_IGNORED},
    {MSR_PERF_CAPABILITIES, MSR_PERF_CAPABILITIES, 0, OF_ALL, false, WRITE_REFUSED},
    {MSR_FIXED_CTR_CTRL, MSR_PERF_GLOBAL_OVF_CTRL, 0, OF_INTEL, false, WRITE_IGNORED},
    {MSR_HYPERCALL_PAGE, MSR_HYPERCALL_PAGE, 0, OF_ALL, false, WRITE_REFUSED},
    {MSR_AMD_EVNTSEL_FIRST, MSR_AMD_PERFCTR_LAST, 0, OF_AMD, false, WRITE_IGNORED},
    {MSR_AMD_HWCR, MSR_AMD_HWCR, 0, OF_AMD, false, WRITE_IGNORED},
    {MSR_AMD_NB_CFG, MSR_AMD_NB_CFG, 0, OF_ALL, false, WRITE_IGNORED},
    {MSR_AMD_PSTATE_LIMIT, MSR_AMD_PSTATE_LAST, 0, OF_AMD, false, WRITE_IGNORED},
    {MSR_AMD_EXT_EVNTSEL_FIRST, MSR_AMD_EXT_PERFCTR_LAST, 0, OF_AMD, false, WRITE_IGNORED},
    {MSR_AMD_DE_CFG, MSR_AMD_DE_CFG, DE_CFG_LFENCE_SERIALISES, OF_AMD, false, WRITE_IGNORED},
};

static const struct msr_constant *constant_find(const struct vcpu *v, uint32_t msr)
{
    const struct guest_cpu_policy *p = v->domain->cpu_policy;
    unsigned int maker = cpu_policy_is_intel(p) ? OF_INTEL : cpu_policy_is_amd(p) ? OF_AMD : OF_ALL;

    for (unsigned int i = 0; i < ARRAY_SIZE(constants); i++) {
        const struct msr_constant *c = &constants[i];

        if (msr >= c->first && msr <= c->last && (c->makers & maker) == maker) {
            return c;
        }
    }
    return NULL;
}

/* What AMD's memory controller is set to: the first domain's to know, others read 0. */
static bool read_memory_map(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    const uint64_t syscfg_shown = 0x740000; /* which ranges have fixed, variable and TOM2 types */

    *value = 0;
    if (!cpu_policy_is_amd(v->domain->cpu_policy) ||
        (v->domain->privileged && !port_rdmsr(msr, value))) {
        return false;
    }
    *value &= msr == MSR_AMD_SYSCFG ? syscfg_shown : ~0ull;
    return true;
}

static bool read_feature(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    const struct guest_cpu_policy *p = v->domain->cpu_policy;
    const struct msr_constant *constant = constant_find(v, msr);
    bool good;

    switch (msr) {
    case MSR_EFER:
        good = port_rdmsr(msr, value);
        *value &= ~EFER_SVM;
        return good;
    case MSR_MISC_ENABLE:
        good = port_rdmsr(msr, value);
        *value = (*value & ~MISC_ENABLE_HIDDEN) | MISC_ENABLE_SET;
        return good;
    case MSR_PLATFORM_ID:
        return cpu_policy_is_intel(p) && port_rdmsr(msr, value);
    case MSR_PATCH_LEVEL:
        return (cpu_policy_is_intel(p) || cpu_policy_is_amd(p)) && port_rdmsr(msr, value);
    case MSR_PLATFORM_INFO:
        *value = p->platform_info;
        return true;
    case MSR_AMD_SYSCFG:
    case MSR_AMD_IORR_FIRST ... MSR_AMD_IORR_LAST:
    case MSR_AMD_TOP_MEM:
    case MSR_AMD_TOP_MEM2:
    case MSR_AMD_TSEG_BASE:
    case MSR_AMD_TSEG_MASK:
        return read_memory_map(v, msr, value);
    default:
        break;
    }
    if (constant) {
        *value = constant->value;
        return !constant->write_only;
    }
    return msr_mce_read(v, msr, value);
}

/* Before it can catch #GP, an early kernel gets 0 for what the machine has. */
static bool read_early(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    uint64_t unused;

    *value = 0;
    return v->cpu.traps[VECTOR_GENERAL_PROTECTION].address == 0 && msr >> 16 != MSR_HYPERCALL_PAGE >> 16 &&
           port_rdmsr(msr, &unused);
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
        *value = tsc_read(v->domain);
        return true;
    case MSR_APIC_BASE:
        *value = APIC_BASE_ADDRESS | APIC_BASE_ENABLED | (v->id == 0 ? APIC_BASE_FIRST : 0);
        return true;
    case MSR_TSC_AUX:
        *value = v->cpu.tsc_aux;
        return cpu_policy_has(v->domain->cpu_policy, CPU_POLICY_RDTSCP);
    default:
        return read_feature(v, msr, value) || read_early(v, msr, value);
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
        return true;
    case MSR_PATCH_LEVEL: /* what Intel wants to be written before it is read */
        return value == 0 && cpu_policy_is_intel(v->domain->cpu_policy);
    case MSR_HYPERCALL_PAGE:
        return write_hypercall_page(v, value);
    default:
        break;
    }
    if (!constant) {
        return msr_mce_write(v, msr, value);
    }
    return constant->write == WRITE_IGNORED || (constant->write == WRITE_ZERO && value == 0);
}
