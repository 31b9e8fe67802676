/* SPDX-License-Identifier: MIT */
/* What the files of the tests' machine share among themselves. */
#ifndef TESTS_FAKE_INTERNAL_H
#define TESTS_FAKE_INTERNAL_H

#include "lib/types.h"

extern bool fake_threads; /* several threads are CPUs: waiting makes sense */

void fake_memory_start(uint64_t frames);
void fake_time_start(void);
void fake_check_unmapped(void);

/* This CPU's root changes and everything of it is flushed; MFN_INVALID: none of a guest's. */
void fake_tlb_switch(mfn_t root);

/* What a CPU has in the thread that plays it: put away while another one plays in the same thread. */
#define FAKE_HELD_MAX 8u
struct spinlock;

struct fake_thread {
    unsigned int cpu, held_count, preempt_every, preempt_left;
    const struct spinlock *held[FAKE_HELD_MAX];
};

void fake_thread_save(struct fake_thread *t);
void fake_thread_load(const struct fake_thread *t);

/* This CPU is number 0 again, holds no lock and is never preempted: the part that is a thread's own. */
void fake_thread_reset(void);

/* For snapshots: the frames' contents, and then a function is called with each piece of the tables about them. */
void fake_memory_save(void);
void fake_memory_restore(void);
void fake_memory_pieces(void (*piece)(void *start, size_t size));

/* After the tables were written anew: what is mapped can be touched, all else cannot. */
void fake_memory_repoison(void);

/* The frames are free again: nobody may touch them, though the hypervisor once asked for their address for good. */
void fake_memory_disown(mfn_t first, uint64_t count);

/* heap_zalloc, and what is not the object's cannot be touched (heap_guard.c). */
void *fake_heap_zalloc(size_t size);

void fake_heap_reset(void);

/* Whether this copy is the one that shall fail. */
bool fake_copy_fails(void);

/* An access of a port that PCI configuration space takes (pci.c): one of write and read is set. */
bool fake_pci_port(uint16_t port, unsigned int bytes, const uint32_t *write, uint32_t *read);

#endif
