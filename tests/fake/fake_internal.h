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

/* Whether this copy is the one that shall fail. */
bool fake_copy_fails(void);

#endif
