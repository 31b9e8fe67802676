/* SPDX-License-Identifier: MIT */
/* One entry of a page table: its bits, what a guest may write into it, and the references of a level-1 entry.
 */
#ifndef CORE_PTE_H
#define CORE_PTE_H

#include "lib/types.h"

struct domain;

#define PTE_PRESENT       0x1ull
#define PTE_WRITE         0x2ull
#define PTE_USER          0x4ull
#define PTE_WRITE_THROUGH 0x8ull
#define PTE_CACHE_DISABLE 0x10ull
#define PTE_ACCESSED      0x20ull
#define PTE_DIRTY         0x40ull
#define PTE_ATTRIBUTE     0x80ull /* PAT, level 1 */
#define PTE_SUPERPAGE     0x80ull /* PSE, above */
#define PTE_GLOBAL        0x100ull
#define PTE_AVAILABLE     (0xe00ull | 0x7ff0000000000000ull)
#define PTE_NO_EXECUTE    0x8000000000000000ull
#define PTE_FRAME_MASK    0x000ffffffffff000ull

/* Of a present level-1 entry: the guest's kernel uses it, not its user mode (both run in ring 3, so U is
 * always set). */
#define PTE_GUEST_KERNEL 0x0010000000000000ull

#define PTE_CACHE_BITS (PTE_WRITE_THROUGH | PTE_CACHE_DISABLE | PTE_ATTRIBUTE)

/* Bits that are no matter for references: a change of these alone needs no look at the frame. */
#define PTE_FREE_BITS (PTE_NO_EXECUTE | PTE_AVAILABLE | PTE_GLOBAL | PTE_DIRTY | PTE_ACCESSED | PTE_USER)

static inline mfn_t pte_frame(uint64_t entry)
{
    return mfn((entry & PTE_FRAME_MASK) >> PAGE_SHIFT);
}

static inline uint64_t pte_make(mfn_t m, uint64_t flags)
{
    return (m.n << PAGE_SHIFT & PTE_FRAME_MASK) | flags;
}

/* Whether the bits of a present entry are such as a guest may write: level 1 (of this domain's tables), and
 * levels 2 to 4. */
bool pte_l1_allowed(const struct domain *d, uint64_t entry);
bool pte_upper_allowed(uint64_t entry);

/* The form in which a present entry goes into a table: U forced, kernel pages marked, user pages global. */
uint64_t pte_l1_adjust(uint64_t entry);
uint64_t pte_upper_adjust(uint64_t entry);

/*
 * On a CPU with L1TF an entry that is not present must not point at memory that the cache may hold (and one
 * above level 1 must not be a large page): address bits that the CPU looks at are those of mask, and a value
 * of them that is not 0 must be limit or above. For the first domain and for others that is on or off. Set
 * once, at start of day.
 */
struct pte_l1tf {
    uint64_t mask, limit;
    bool first, others;
};

extern struct pte_l1tf pte_l1tf;

bool pte_absent_check(struct domain *d, unsigned int level, uint64_t entry);

/* Whether an entry that is not present may be written into a table of d; if not, d has been crashed. */
static inline bool pte_absent_allowed(struct domain *d, unsigned int level, uint64_t entry)
{
    return LIKELY(!(entry & (PTE_FRAME_MASK | PTE_SUPERPAGE))) || pte_absent_check(d, level, entry);
}

/*
 * Takes what a present level-1 entry in a table of table_owner needs to map a frame of data_owner: a frame
 * reference, and the writable type if it is writable; for I/O memory the right to it. 0 and *entry in its
 * final form. -XEN_EINVAL: bits; -XEN_EPERM: no right to this I/O memory; -XEN_EBUSY: not data_owner's, or
 * not to be had writable; -XEN_EACCES: a cache attribute on the hypervisor's memory.
 */
int pte_l1_get(struct domain *table_owner, struct domain *data_owner, uint64_t *entry) MUST_CHECK;

/* Gives back what an entry holds that is in no table of table_owner any more; not present: nothing. */
void pte_l1_put(struct domain *table_owner, uint64_t entry);

#endif
