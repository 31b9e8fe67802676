/* SPDX-License-Identifier: MIT */
/*
 * CPUID of the running vCPU: its domain's policy, what depends on the vCPU's state, and the hypervisor's own
 * leaves.
 */
#include "core/cpu_bits.h"
#include "core/cpu_policy.h"
#include "core/domain.h"
#include "port/map.h"
#include "port/time.h"
#include "pvabi/arch-x86/cpuid.h"
#include "pvabi/version.h"

#define EXTENDED           0x80000000u
#define OSXSAVE            (1u << 27)
#define XEN_VERSION_4_17   0x00040011u
#define HYPERCALL_PAGE_MSR 0x40000000u
#define POWER_LEAF         (EXTENDED + 7)
#define INVARIANT_TSC      (1u << 8)
#define TSC_EMULATED       1u
#define TSC_RELIABLE       2u
#define TSC_HAS_RDTSCP     4u

static struct port_cpuid tsc_leaf(const struct vcpu *v, uint32_t subleaf)
{
    const struct domain *d = v->domain;
    struct port_clock clock = tsc_clock(d);
    struct port_cpuid r = {0};

    switch (subleaf) {
    case 0:
        r.a = (d->tsc.emulated ? TSC_EMULATED : 0) | (port_time_clock().stable ? TSC_RELIABLE : 0) |
              (cpu_policy_has(d->cpu_policy, CPU_POLICY_RDTSCP) ? TSC_HAS_RDTSCP : 0);
        r.b = d->tsc.mode;
        r.c = d->tsc.khz;
        r.d = d->tsc.incarnation;
        break;
    case 1:
        r.a = (uint32_t)d->tsc.offset;
        r.b = (uint32_t)(d->tsc.offset >> 32);
        r.c = clock.mul;
        r.d = (uint32_t)(int32_t)clock.shift;
        break;
    case 2:
        r.a = port_time_tsc_khz();
        break;
    default:
        break;
    }
    return r;
}

/* The width of the highest machine address that there is memory at. */
static uint32_t machine_address_width(void)
{
    uint64_t last = port_frame_limit() - 1;

    return PAGE_SHIFT + (last == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(last));
}

static struct port_cpuid hypervisor_leaf(const struct vcpu *v, uint32_t leaf, uint32_t subleaf)
{
    switch (leaf - XEN_CPUID_FIRST_LEAF) {
    case 0:
        return (struct port_cpuid){XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES), XEN_CPUID_SIGNATURE_EBX,
                                   XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX};
    case 1:
        return (struct port_cpuid){.a = XEN_VERSION_4_17};
    case 2:
        return (struct port_cpuid){1, HYPERCALL_PAGE_MSR, XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 0};
    case 3:
        return tsc_leaf(v, subleaf);
    case 5:
        return (struct port_cpuid){.b = subleaf == 0 ? machine_address_width() : 0};
    default:
        return (struct port_cpuid){0};
    }
}

/*
 * Linux checks OSXSAVE by the emulated CPUID before it sets CR4.OSXSAVE, so its kernel sees the machine's
 * there.
 */
static bool shows_osxsave(const struct vcpu *v, bool forced)
{
    if (!cpu_policy_has(v->domain->cpu_policy, CPU_POLICY_XSAVE)) {
        return false;
    }
    return v->cpu.cr4 & GUEST_CR4_OSXSAVE ||
           (forced && v->cpu.kernel_mode && port_read_cr4() & GUEST_CR4_OSXSAVE);
}

static struct port_cpuid basic_leaf(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, bool forced)
{
    const struct guest_cpu_policy *p = v->domain->cpu_policy;
    struct port_cpuid r = {0};

    switch (leaf) {
    case 1:
        r = p->basic[1];
        r.b |= v->id * 2 << 24;
        r.c &= ~OSXSAVE;
        r.c |= shows_osxsave(v, forced) ? OSXSAVE : 0;
        break;
    case 4:
        r = subleaf < CPU_POLICY_CACHE_LEAVES ? p->cache[subleaf] : r;
        break;
    case 7:
        r = subleaf <= p->features[0].a && subleaf < CPU_POLICY_FEATURE_LEAVES ? p->features[subleaf] : r;
        break;
    case 0xd:
        r = subleaf < CPU_POLICY_STATE_LEAVES ? p->state[subleaf] : r;
        if (cpu_policy_states(p) != 0 && subleaf <= 1) {
            /* The size of the area for what is enabled now: the CPU knows. */
            r.b = port_cpuid(0xd, subleaf).b;
        }
        break;
    default:
        r = p->basic[leaf];
        break;
    }
    return r;
}

struct port_cpuid cpu_policy_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, bool forced)
{
    const struct guest_cpu_policy *p = v->domain->cpu_policy;

    if (leaf < CPU_POLICY_BASIC_LEAVES && leaf <= p->basic[0].a) {
        return basic_leaf(v, leaf, subleaf, forced);
    }
    if (leaf >= XEN_CPUID_FIRST_LEAF && leaf <= XEN_CPUID_LEAF(XEN_CPUID_MAX_NUM_LEAVES)) {
        return hypervisor_leaf(v, leaf, subleaf);
    }
    if (leaf >= EXTENDED && leaf - EXTENDED < CPU_POLICY_EXTENDED_LEAVES && leaf <= p->extended[0].a) {
        struct port_cpuid r = p->extended[leaf - EXTENDED];

        /*
         * The first domain never moves to another machine: it may rely on the counter where the hypervisor
         * does.
         */
        r.d |= leaf == POWER_LEAF && v->domain->privileged && port_time_clock().stable ? INVARIANT_TSC : 0;
        return r;
    }
    return (struct port_cpuid){0};
}
