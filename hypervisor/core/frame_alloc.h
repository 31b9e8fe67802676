/* SPDX-License-Identifier: MIT */
/*
 * Free frames: a buddy allocator whose blocks are clean (zeros) or dirty (a former owner's content). Blocks
 * are kept by the highest bit of their address, so that limits on addresses and the sparing of low memory
 * cost nothing.
 */
#ifndef CORE_FRAME_ALLOC_H
#define CORE_FRAME_ALLOC_H

#include "lib/types.h"

struct domain;

#define FRAME_ORDER_MAX 18u

/* Adds frames of RAM at start of day; their content is unknown (dirty). The first MiB is never taken. */
void frame_add_free(mfn_t first, uint64_t count);

/*
 * A block of 2^order frames, aligned to its size, out of nobody's hands: no CPU holds a translation to it.
 * Zeroed if asked. address_bits limits the machine address, 0: no limit. claimer may use what it claimed
 * (NULL: nobody). MFN_INVALID if none.
 */
mfn_t frame_alloc(unsigned int order, unsigned int address_bits, struct domain *claimer, bool zeroed);

/* Gives back a block that nobody refers to. translated: some CPU may still hold a translation to it. */
void frame_free(mfn_t first, unsigned int order, bool translated);

/* Frames for the hypervisor itself, content unspecified, MFN_INVALID if none; port_hv_address makes them
 * reachable. */
mfn_t frame_alloc_hv(unsigned int order);
void frame_free_hv(mfn_t first, unsigned int order);

/* Cleans a few dirty free frames; for idle CPUs, no lock held. True: there is more to do; false also when
 * another CPU is at it. */
bool frame_scrub_some(void);

/* How many frames are free, and how many of these are dirty. */
uint64_t frame_free_count(void);
uint64_t frame_dirty_count(void);

/*
 * Reserves frames for d's later allocations: pages is what d shall own in the end (XENMEM_claim_pages), 0
 * cancels. 0, -XEN_ENOMEM when not so many are free, -XEN_EINVAL when d has, or may have, no more than that,
 * has a claim already, or is dying. mm_relinquish cancels.
 */
int frame_claim(struct domain *d, uint64_t pages) MUST_CHECK;

/* Frames that are free but claimed by domains. */
uint64_t frame_claimed_count(void);

#endif
