/* SPDX-License-Identifier: MIT */
/*
 * The world of the fuzz targets of core/ and hypercall/: dom0 and two guests, each with two vCPUs, an address
 * space and a pool of frames, on the tests' machine with the real scheduler. An input is a sequence of
 * operations by whichever vCPU runs on a CPU; each begins in the same world, and ends with the death of all
 * domains and a count of what is left.
 */
#ifndef TESTS_FUZZ_HV_WORLD_H
#define TESTS_FUZZ_HV_WORLD_H

#include "core/domain.h"
#include "fake.h"
#include "hypercall/hypercall.h"

#define FUZZ_DOMAINS 3u
#define FUZZ_VCPUS   2u
#define FUZZ_CPUS    7u /* a CPU for each vCPU, and one that idles */
#define FUZZ_FRAMES  576u

/* Frames of a domain by the role that it has in mind for them: tables of level 1 to 4, and pages. */
#define FUZZ_ROLES     5u
#define FUZZ_PAGES     4u
#define FUZZ_OF_A_ROLE 4u

/* Guest memory that every domain has at the same place, and that is no frame: arguments, code, a stack. */
#define FUZZ_ARGS      0x10000000000ull
#define FUZZ_CODE      0x10100000000ull
#define FUZZ_STACK     0x10200000000ull
#define FUZZ_STACK_END (FUZZ_STACK + 4 * PAGE_SIZE)

/* The page that the first level-1 table maps at PAGE_SIZE * index: pages, then that table itself, read-only.
 */
#define FUZZ_MAPPED_PAGES 4u
#define FUZZ_MAPPED_TABLE 4u

/* ---- the input: 0 when it has come to its end ---- */
bool fuzz_more(void);
uint8_t fuzz_u8(void);
uint16_t fuzz_u16(void);
uint32_t fuzz_u32(void);
uint64_t fuzz_u64(void);
unsigned int fuzz_below(unsigned int n); /* n up to 256 */
bool fuzz_one_in(unsigned int n);        /* false when the input has ended */
#define FUZZ_PICK(array) ((array)[fuzz_below(ARRAY_SIZE(array))])

/* Numbers as hypercalls get them: small ones, edges, and anything. */
uint64_t fuzz_number(void);

/* A domain's id: mostly one of ours or DOMID_SELF. And the number of a domain or vCPU of ours. */
domid_t fuzz_domid(void);
unsigned int fuzz_domain(void);

/* A frame by number: of the running domain's pool mostly, else another domain's, the hypervisor's, or none.
 */
mfn_t fuzz_frame(void);
mfn_t fuzz_frame_of(unsigned int domain, unsigned int role);

/* An address in the running vCPU's tables, with an offset now and then; an entry for a table of a level. */
uint64_t fuzz_address(void);
uint64_t fuzz_entry(unsigned int role);

/* ---- what an operation gives to a hypercall ---- */

/*
 * A place of its own in the arguments' memory, at the beginning or the end of 8 KiB with nothing around,
 * filled from a copy; its address, or now and then a bad one. An operation has FUZZ_PLACES of them.
 */
#define FUZZ_PLACES     12u
#define FUZZ_PLACE_SIZE (2 * PAGE_SIZE)
guest_va_t fuzz_put(const void *data, size_t size);

/* Where the test finds what such an address leads to. */
void *fuzz_memory_at(guest_va_t at);

/* The page at FUZZ_CODE, and the words of the stack that ends at FUZZ_STACK_END. */
uint8_t *fuzz_code_memory(void);
uint64_t *fuzz_stack_memory(void);

/* The running vCPU issues a hypercall, until it is through or preempted so often that others go on first. */
void fuzz_issue(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* As fuzz_issue; arguments that take from the input do so in their order, with every compiler. */
#define fuzz_call(number, a, b, c, d)        \
    do {                                     \
        uint64_t number_ = (number);         \
        uint64_t a_ = (a);                   \
        uint64_t b_ = (b);                   \
        uint64_t c_ = (c);                   \
        uint64_t d_ = (d);                   \
                                             \
        fuzz_issue(number_, a_, b_, c_, d_); \
    } while (0)

/* ---- the sequence ---- */

struct vcpu *fuzz_vcpu(void); /* the one that runs; not idle within an operation */
domid_t fuzz_self(void);

/* Whether and how the guest writes memory that it maps, as the processor lets it; a fault is taken. */
void fuzz_guest_write(uint64_t address, uint64_t value);
void fuzz_guest_touch(uint64_t address, bool write);

typedef void fuzz_operation(void);

/* What a target looks at after each operation, whoever runs then; NULL: nothing more than all targets do. */
extern void (*fuzz_check)(void);

/* Runs an input as a sequence of these operations, and of what all targets have: another CPU goes on, time
 * passes, preemption and failures are armed. Checks after each and at the end. */
void fuzz_run(const uint8_t *data, size_t size, fuzz_operation *const *operations, unsigned int count);

/* Ends the sequence where it is. */
void fuzz_stop(void) NORETURN;

/* ---- for tests that say themselves what is done ---- */

/* The world as it was in the beginning; CPU 0. */
void fuzz_world_reset(void);

/* The way back into the guest on this CPU: timers, the scheduler, what is to be delivered. */
void fuzz_exit(void);

/* All is counted, all domains die, and nothing may be left. CPU and vCPU of the caller do not matter. */
void fuzz_end(void);

/* A vCPU that is there from the beginning, on its own CPU: the number of that. */
unsigned int fuzz_cpu_of(unsigned int domain, unsigned int vcpu);

/* Frame number i that a domain has for a role. */
mfn_t fuzz_pool(unsigned int domain, unsigned int role, unsigned int i);

#endif
