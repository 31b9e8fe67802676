/* SPDX-License-Identifier: MIT */
/*
 * Which features of the machine a PV guest may see: the tables, and the policy that they make of the
 * machine's CPUID.
 */
#include "core/cpu_policy.h"

#include "core/cpu_bits.h"
#include "core/heap.h"
#include "lib/string.h"
#include "pvabi/errno.h"

#define XCR0_X87            1ull
#define XCR0_SSE            2ull
#define XCR0_AVX            4ull
#define XCR0_AVX512         0xe0ull
#define B(bit)        (1u << (bit))
#define EXTENDED      0x80000000u
#define LEAF_CACHE    4u
#define LEAF_FEATURES 7u
#define LEAF_STATE    0xdu

/*
 * What may be seen, by words. Not there: what needs ring 0 (VME, PSE, PGE, MTRR, PSE36, PCID, x2APIC, SMEP,
 * SMAP, UMIP, INVPCID, PKU, XSAVES, CET, large pages of 1 GiB), virtualization, power management, debug
 * stores and tracing, and what the hypervisor does not switch between guests (SPEC_CTRL and what belongs to
 * it, MPX, AMX, PKRU, RDPID).
 */
static const uint32_t visible[CPU_POLICY_WORDS] = {
    [CPU_POLICY_1C] = B(0) | B(1) | B(9) | B(12) | B(13) | B(19) | B(20) | B(22) | B(23) | B(25) | B(26) |
                      B(28) | B(29) | B(30),
    [CPU_POLICY_1D] = B(0) | B(2) | B(4) | B(5) | B(6) | B(7) | B(8) | B(9) | B(11) | B(14) | B(15) | B(16) |
                      B(19) | B(22) | B(23) | B(24) | B(25) | B(26) | B(27) | B(28),
    [CPU_POLICY_7B] = B(0) | B(3) | B(5) | B(6) | B(8) | B(9) | B(11) | B(4) | B(13) | B(16) | B(17) | B(18) |
                      B(19) | B(21) | B(23) | B(24) | B(26) | B(27) | B(28) | B(29) | B(30) | B(31),
    [CPU_POLICY_7C] =
        B(0) | B(1) | B(6) | B(8) | B(9) | B(10) | B(11) | B(12) | B(14) | B(25) | B(27) | B(28),
    [CPU_POLICY_7D] = B(2) | B(3) | B(4) | B(8) | B(10) | B(14) | B(23),
    [CPU_POLICY_71A] = B(4) | B(5) | B(10) | B(11) | B(12),
    [CPU_POLICY_D1A] = B(0) | B(1) | B(2),
    [CPU_POLICY_E1C] = B(0) | B(1) | B(5) | B(6) | B(7) | B(8) | B(11) | B(16) | B(21) | B(26),
    [CPU_POLICY_E1D] = B(11) | B(20) | B(22) | B(25) | B(27) | B(29) | B(30) | B(31),
    [CPU_POLICY_E8B] = B(0) | B(2),
};

/* What cannot be used without XSAVE. */
static const uint32_t needs_xsave[CPU_POLICY_WORDS] = {
    [CPU_POLICY_1C] = B(12) | B(26) | B(28) | B(29),
    [CPU_POLICY_7B] = B(5) | B(16) | B(17) | B(21) | B(26) | B(27) | B(28) | B(30) | B(31),
    [CPU_POLICY_7C] = B(1) | B(6) | B(9) | B(10) | B(11) | B(12) | B(14),
    [CPU_POLICY_7D] = B(2) | B(3) | B(8) | B(23),
    [CPU_POLICY_71A] = B(4) | B(5),
    [CPU_POLICY_D1A] = ~0u,
    [CPU_POLICY_E1C] = B(11) | B(16),
};

/* Bits of leaf 1's edx that AMD repeats in 0x80000001. */
#define AMD_COMMON 0x0183f3ffu
/* x87, SSE, AVX, and AVX-512's three. */
#define STATES_VISIBLE 0xe7ull

static uint32_t *policy_word(struct guest_cpu_policy *p, enum cpu_policy_word word)
{
    switch (word) {
    case CPU_POLICY_1C:
        return &p->basic[1].c;
    case CPU_POLICY_1D:
        return &p->basic[1].d;
    case CPU_POLICY_7B:
        return &p->features[0].b;
    case CPU_POLICY_7C:
        return &p->features[0].c;
    case CPU_POLICY_7D:
        return &p->features[0].d;
    case CPU_POLICY_71A:
        return &p->features[1].a;
    case CPU_POLICY_D1A:
        return &p->state[1].a;
    case CPU_POLICY_E1C:
        return &p->extended[1].c;
    case CPU_POLICY_E1D:
        return &p->extended[1].d;
    case CPU_POLICY_E7D:
        return &p->extended[7].d;
    default:
        return &p->extended[8].b;
    }
}

uint32_t cpu_policy_word(const struct guest_cpu_policy *policy, enum cpu_policy_word word)
{
    return *policy_word((struct guest_cpu_policy *)(uintptr_t)policy, word);
}

bool cpu_policy_has(const struct guest_cpu_policy *policy, unsigned int feature)
{
    return cpu_policy_word(policy, (enum cpu_policy_word)(feature / 32)) >> (feature % 32) & 1;
}

bool cpu_policy_xcr0_valid(const struct guest_cpu_policy *policy, uint64_t value)
{
    uint64_t avx512 = value & XCR0_AVX512;

    if (value & ~cpu_policy_states(policy) || !(value & XCR0_X87)) {
        return false;
    }
    if (value & XCR0_AVX && !(value & XCR0_SSE)) {
        return false;
    }
    return avx512 == 0 || (avx512 == XCR0_AVX512 && value & XCR0_AVX);
}

uint64_t cpu_policy_states(const struct guest_cpu_policy *policy)
{
    return cpu_policy_has(policy, CPU_POLICY_XSAVE) ? policy->state[0].a | (uint64_t)policy->state[0].d << 32
                                                    : 0;
}

bool cpu_policy_is_intel(const struct guest_cpu_policy *policy)
{
    return policy->basic[0].b == 0x756e6547u; /* "Genu" */
}

bool cpu_policy_is_amd(const struct guest_cpu_policy *policy)
{
    return policy->basic[0].b == 0x68747541u || policy->basic[0].b == 0x6f677948u; /* "Auth", "Hygo" */
}

static void read_machine(struct guest_cpu_policy *p)
{
    uint32_t basic_max = MIN(port_cpuid(0, 0).a, CPU_POLICY_BASIC_LEAVES - 1);
    uint32_t extended_max = MIN(port_cpuid(EXTENDED, 0).a, EXTENDED + CPU_POLICY_EXTENDED_LEAVES - 1);

    for (uint32_t i = 0; i <= basic_max; i++) {
        p->basic[i] = port_cpuid(i, 0);
    }
    for (uint32_t i = 0; basic_max >= LEAF_CACHE && i < CPU_POLICY_CACHE_LEAVES; i++) {
        p->cache[i] = port_cpuid(LEAF_CACHE, i);
        if ((p->cache[i].a & 0x1f) == 0) {
            break;
        }
    }
    for (uint32_t i = 0; basic_max >= LEAF_FEATURES && i < CPU_POLICY_FEATURE_LEAVES; i++) {
        p->features[i] = port_cpuid(LEAF_FEATURES, i);
    }
    for (uint32_t i = 0; basic_max >= LEAF_STATE && i < CPU_POLICY_STATE_LEAVES; i++) {
        p->state[i] = port_cpuid(LEAF_STATE, i);
    }
    for (uint32_t i = EXTENDED; i <= extended_max; i++) {
        p->extended[i - EXTENDED] = port_cpuid(i, 0);
    }
    p->basic[0].a = basic_max;
    p->extended[0].a = extended_max;
}

/* Leaves that tell of topology, power, counters and what else a guest has no part in. */
static void hide_leaves(struct guest_cpu_policy *p)
{
    static const uint8_t hidden[] = {3, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xc, 0xd};

    for (unsigned int i = 0; i < ARRAY_SIZE(hidden); i++) {
        p->basic[hidden[i]] = (struct port_cpuid){0};
    }
    p->basic[1].b &= 0x0000ffff; /* APIC id and how many of them: of each vCPU */
    for (unsigned int i = 0; i < CPU_POLICY_CACHE_LEAVES; i++) {
        p->cache[i].a &= 0x00003fff; /* how many share it */
    }
    p->features[0].a = MIN(p->features[0].a, CPU_POLICY_FEATURE_LEAVES - 1);
    p->features[1].b = p->features[1].c = p->features[1].d = 0;
    p->extended[7].a = p->extended[7].b = p->extended[7].c = 0;
    p->extended[8].c = p->extended[8].d = 0;
}

/* Leaf 0xd by the states that remain. */
static void cut_states(struct guest_cpu_policy *p)
{
    uint64_t states = (p->state[0].a | (uint64_t)p->state[0].d << 32) & STATES_VISIBLE;
    uint32_t size = 576; /* the legacy area and the header */

    if (!cpu_policy_has(p, CPU_POLICY_AVX)) {
        states &= 3;
    }
    if (!cpu_policy_has(p, CPU_POLICY_XSAVE)) {
        memset(p->state, 0, sizeof(p->state));
        return;
    }
    for (unsigned int i = 2; i < CPU_POLICY_STATE_LEAVES; i++) {
        if (!(states >> i & 1)) {
            p->state[i] = (struct port_cpuid){0};
        }
        size = MAX(size, p->state[i].a + p->state[i].b);
        p->state[i].c &= 2; /* aligned in the compact form; none is a supervisor's */
        p->state[i].d = 0;
    }
    p->state[0] = (struct port_cpuid){(uint32_t)states, size, size, (uint32_t)(states >> 32)};
    p->state[1].b = p->state[1].c = p->state[1].d = 0;
}

static void cut_features(struct guest_cpu_policy *p)
{
    uint32_t common = cpu_policy_is_amd(p) ? AMD_COMMON & p->basic[1].d & visible[CPU_POLICY_1D] : 0;

    for (unsigned int i = 0; i < CPU_POLICY_WORDS; i++) {
        uint32_t mask = visible[i] | (i == CPU_POLICY_E1D ? common : 0);

        *policy_word(p, (enum cpu_policy_word)i) &= mask;
    }
    if (!cpu_policy_has(p, CPU_POLICY_XSAVE) || !(port_read_cr4() & GUEST_CR4_OSXSAVE)) {
        for (unsigned int i = 0; i < CPU_POLICY_WORDS; i++) {
            *policy_word(p, (enum cpu_policy_word)i) &= ~needs_xsave[i];
        }
    }
    p->basic[1].c |= B(31); /* there is a hypervisor */
}

void cpu_policy_max(struct guest_cpu_policy *policy)
{
    memset(policy, 0, sizeof(*policy));
    read_machine(policy);
    hide_leaves(policy);
    cut_features(policy);
    cut_states(policy);
}

struct guest_cpu_policy *cpu_policy_new(void)
{
    struct guest_cpu_policy *policy = heap_zalloc(sizeof(*policy));

    if (policy) {
        cpu_policy_max(policy);
    }
    return policy;
}

void cpu_policy_clamp(struct guest_cpu_policy *policy)
{
    struct guest_cpu_policy max;

    cpu_policy_max(&max);
    for (unsigned int i = 0; i < CPU_POLICY_WORDS; i++) {
        *policy_word(policy, (enum cpu_policy_word)i) &= cpu_policy_word(&max, (enum cpu_policy_word)i);
    }
    policy->basic[0].a = MIN(policy->basic[0].a, max.basic[0].a);
    policy->extended[0].a = MIN(policy->extended[0].a, max.extended[0].a);
    policy->features[0].a = MIN(policy->features[0].a, max.features[0].a);
    policy->state[0].a &= max.state[0].a;
    policy->state[0].d &= max.state[0].d;
    for (unsigned int i = 2; i < CPU_POLICY_STATE_LEAVES; i++) {
        policy->state[i] = max.state[i]; /* offsets are the machine's */
    }
    policy->extended[8].a = max.extended[8].a; /* widths of addresses, likewise */
    policy->platform_info &= max.platform_info;
    cut_features(policy);
    cut_states(policy);
}
