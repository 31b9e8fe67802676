/* SPDX-License-Identifier: MIT */
/*
 * The world of the memory tests: domains and vCPUs that have nothing but memory, on the fake machine, and
 * small address spaces. It brings its own domains, without life, so that only the memory modules are under
 * test.
 */
#ifndef TESTS_UNIT_HV_MM_WORLD_H
#define TESTS_UNIT_HV_MM_WORLD_H

#include <check.h>

#include "core/domain.h"
#include "core/frame.h"
#include "core/page_type.h"
#include "core/pte.h"
#include "fake.h"
#include "hypercall/hypercall.h"
#include "pvabi/errno.h"

#define WORLD_FRAMES  4096u
#define WORLD_DOMAINS 4u
#define WORLD_VCPUS   2u

#define RW (PTE_PRESENT | PTE_WRITE | PTE_USER)
#define RO (PTE_PRESENT | PTE_USER)

/* Starts the fake machine with two CPUs and domains 0 (privileged) to WORLD_DOMAINS - 1, each with
 * WORLD_VCPUS vCPUs; 1 runs. */
void world_start(void);

struct domain *world_domain(unsigned int id);
struct vcpu *world_vcpu(unsigned int domain, unsigned int vcpu);

/* How often a domain was crashed, and how many references its struct has. */
unsigned int world_crashes(unsigned int domain);

/* A frame of a domain, zeroed. */
mfn_t world_frame(unsigned int domain);

/* An address space of one domain: tables that were filled but not yet typed. */
struct space {
    unsigned int domain;
    mfn_t l4, l3, l2, l1; /* the ones that address 0 goes through */
};

struct space world_space(unsigned int domain);

/* An untyped table gets an entry. */
void world_set(mfn_t table, unsigned int index, mfn_t target, uint64_t flags);

/* Gives a vCPU a kernel root and lets it run on the current CPU. */
void world_enter(struct vcpu *v, mfn_t root);

/* Compares the frame table of all domains with what is counted anew, and looks for stale translations. */
void world_check(void);

/* mmu_update of one entry by the running vCPU: the result; done counts are checked. */
int64_t world_mmu_update(uint64_t ptr, uint64_t value, uint32_t foreign);

/* mmuext_op of one operation, until it is through: the result. */
int64_t world_mmuext(unsigned int cmd, uint64_t arg1, uint64_t arg2, uint32_t foreign);

/* The machine address of an entry. */
static inline uint64_t world_slot(mfn_t table, unsigned int index)
{
    return (table.n << PAGE_SHIFT) + index * sizeof(uint64_t);
}

#define TYPE_WORD(m)  (frame_of(m)->type)
#define TYPE_COUNT(m) (TYPE_WORD(m) & PAGE_TYPE_COUNT_MASK)
#define REF_COUNT(m)  (frame_of(m)->refs & FRAME_COUNT_MASK)

#endif
