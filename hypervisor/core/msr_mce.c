/* SPDX-License-Identifier: MIT */
/*
 * The machine-check MSRs of a guest: two banks that never report anything, as Xen gives them. They keep what
 * the guest writes and do nothing else.
 */
#include "core/cpu_policy.h"
#include "core/domain.h"
#include "core/msr.h"

#define MSR_MCG_CAP      0x179u
#define MSR_MCG_STATUS   0x17au
#define MSR_MCG_CTL      0x17bu
#define MSR_MC0_CTL2     0x280u
#define MSR_MC31_CTL2    0x29fu
#define MSR_MC0_CTL      0x400u
#define MSR_MC31_MISC    0x47fu
#define MCG_CAP_CMCI     0x400ull
#define MCG_CAP_TES      0x800ull
#define MCG_CAP_SER      0x1000000ull
#define REGISTERS_A_BANK 4u

enum bank_register { BANK_CTL, BANK_STATUS, BANK_ADDR, BANK_MISC };

static bool is_range(uint32_t msr, uint32_t first, uint32_t last)
{
    return msr >= first && msr <= last;
}

static bool is_mce(uint32_t msr)
{
    return is_range(msr, MSR_MCG_CAP, MSR_MCG_CTL) || is_range(msr, MSR_MC0_CTL2, MSR_MC31_CTL2) ||
           is_range(msr, MSR_MC0_CTL, MSR_MC31_MISC);
}

/* CTL2, which AMD does not have, of the banks that there are; NULL for others. */
static uint64_t *bank_control(struct vcpu *v, uint32_t msr)
{
    uint32_t bank = msr - MSR_MC0_CTL2;

    return msr >= MSR_MC0_CTL2 && bank < GUEST_MCE_BANKS && cpu_policy_is_intel(v->domain->cpu_policy)
               ? &v->cpu.mce_ctl2[bank]
               : NULL;
}

static bool is_bank(uint32_t msr)
{
    return msr >= MSR_MC0_CTL && msr < MSR_MC0_CTL + GUEST_MCE_BANKS * REGISTERS_A_BANK;
}

bool msr_mce_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    const uint64_t *ctl2 = bank_control(v, msr);

    if (!is_mce(msr)) {
        return false;
    }
    *value = 0;
    if (msr == MSR_MCG_CAP) {
        *value = GUEST_MCE_BANKS |
                 (cpu_policy_is_intel(v->domain->cpu_policy) ? MCG_CAP_CMCI | MCG_CAP_TES | MCG_CAP_SER : 0);
    } else if (msr == MSR_MCG_STATUS) {
        *value = v->cpu.mce_status;
    } else if (ctl2) {
        *value = *ctl2;
    } else if (is_bank(msr) && (msr - MSR_MC0_CTL) % REGISTERS_A_BANK == BANK_CTL) {
        *value = ~0ull;
    }
    return true;
}

bool msr_mce_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
    uint64_t *ctl2 = bank_control(v, msr);

    if (!is_mce(msr)) {
        return false;
    }
    if (msr == MSR_MCG_STATUS) {
        v->cpu.mce_status = value;
    } else if (ctl2) {
        *ctl2 = value;
    } else if (is_bank(msr) && (msr - MSR_MC0_CTL) % REGISTERS_A_BANK != BANK_CTL) {
        return value == 0; /* a report can be cleared, not made */
    }
    return true;
}
