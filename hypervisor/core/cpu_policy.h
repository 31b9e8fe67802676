/* SPDX-License-Identifier: MIT */
/*
 * CPUID as a domain sees it: the machine's leaves, cut down by tables to what a PV guest may use, and changed
 * by the toolstack within that. MSRs that tell of features go with it.
 */
#ifndef CORE_CPU_POLICY_H
#define CORE_CPU_POLICY_H

#include "lib/types.h"
#include "port/machine.h"
#include "pvabi/xen.h"

struct vcpu;

#define CPU_POLICY_BASIC_LEAVES    14u /* 0 to 0xd */
#define CPU_POLICY_CACHE_LEAVES    6u  /* subleaves of 4 */
#define CPU_POLICY_FEATURE_LEAVES  2u  /* subleaves of 7 */
#define CPU_POLICY_STATE_LEAVES    9u  /* subleaves of 0xd */
#define CPU_POLICY_EXTENDED_LEAVES 9u  /* 0x80000000 to 0x80000008 */

struct guest_cpu_policy {
    struct port_cpuid basic[CPU_POLICY_BASIC_LEAVES]; /* those with subleaves are unused here */
    struct port_cpuid cache[CPU_POLICY_CACHE_LEAVES];
    struct port_cpuid features[CPU_POLICY_FEATURE_LEAVES];
    struct port_cpuid state[CPU_POLICY_STATE_LEAVES];
    struct port_cpuid extended[CPU_POLICY_EXTENDED_LEAVES];
    uint64_t platform_info; /* MSR 0xce */
};

/* The words that hold features. */
enum cpu_policy_word {
    CPU_POLICY_1C,
    CPU_POLICY_1D,
    CPU_POLICY_7B,
    CPU_POLICY_7C,
    CPU_POLICY_7D,
    CPU_POLICY_71A,
    CPU_POLICY_D1A,
    CPU_POLICY_E1C,
    CPU_POLICY_E1D,
    CPU_POLICY_E7D,
    CPU_POLICY_E8B,
    CPU_POLICY_WORDS,
};

#define CPU_POLICY_FEATURE(word, bit) ((unsigned int)(word)*32u + (bit))
#define CPU_POLICY_XSAVE              CPU_POLICY_FEATURE(CPU_POLICY_1C, 26)
#define CPU_POLICY_OSXSAVE            CPU_POLICY_FEATURE(CPU_POLICY_1C, 27)
#define CPU_POLICY_AVX                CPU_POLICY_FEATURE(CPU_POLICY_1C, 28)
#define CPU_POLICY_FSGSBASE           CPU_POLICY_FEATURE(CPU_POLICY_7B, 0)
#define CPU_POLICY_RDTSCP             CPU_POLICY_FEATURE(CPU_POLICY_E1D, 27)

#define CPU_POLICY_LEAVES_MAX                                                                                \
    (CPU_POLICY_BASIC_LEAVES + CPU_POLICY_CACHE_LEAVES + CPU_POLICY_FEATURE_LEAVES +                         \
     CPU_POLICY_STATE_LEAVES + CPU_POLICY_EXTENDED_LEAVES + 2u)
#define CPU_POLICY_MSRS 2u

/*
 * All that a PV guest can have on this machine: the default of a new domain, and the limit of what a
 * toolstack may set.
 */
void cpu_policy_max(struct guest_cpu_policy *policy);

/* A new domain's; NULL if there is no memory. heap_free ends it. */
struct guest_cpu_policy *cpu_policy_new(void) MUST_CHECK;

/* Whether it has a feature (CPU_POLICY_FEATURE). */
bool cpu_policy_has(const struct guest_cpu_policy *policy, unsigned int feature);

/* A word of features. */
uint32_t cpu_policy_word(const struct guest_cpu_policy *policy, enum cpu_policy_word word);

/* The bits that a guest may set in XCR0; 0 without XSAVE. */
uint64_t cpu_policy_states(const struct guest_cpu_policy *policy);

/* Whether a guest may have this in XCR0: only what it has, and nothing without what it builds on. */
bool cpu_policy_xcr0_valid(const struct guest_cpu_policy *policy, uint64_t value);

/* Whether the CPU is of this maker, by the policy. */
bool cpu_policy_is_intel(const struct guest_cpu_policy *policy);
bool cpu_policy_is_amd(const struct guest_cpu_policy *policy);

/*
 * As the ABI's arrays: fills leaves (CPU_POLICY_LEAVES_MAX of them) and msrs (CPU_POLICY_MSRS), and returns
 * how many there are.
 */
uint32_t cpu_policy_leaves(const struct guest_cpu_policy *policy, xen_cpuid_leaf_t *leaves);
uint32_t cpu_policy_msrs(const struct guest_cpu_policy *policy, xen_msr_entry_t *msrs);

/* Takes one entry over into policy. 0; -XEN_ERANGE: no such leaf or MSR here; -XEN_EINVAL: it makes no sense. */
int cpu_policy_put_leaf(struct guest_cpu_policy *policy, const xen_cpuid_leaf_t *leaf) MUST_CHECK;
int cpu_policy_put_msr(struct guest_cpu_policy *policy, const xen_msr_entry_t *msr) MUST_CHECK;

/* Cuts a policy that was changed down to what this machine can give. */
void cpu_policy_clamp(struct guest_cpu_policy *policy);

/*
 * CPUID for the running vCPU. forced: the guest's kernel asked through the emulation prefix, and sees OSXSAVE
 * as the machine has it; else as the guest set it.
 */
struct port_cpuid cpu_policy_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf, bool forced);

#endif
