/* SPDX-License-Identifier: MIT */
/*
 * The bench of the tests of races: what several CPUs do at once is run again and again, by every schedule
 * with up to two switches and by many random ones (tests/fake/interleave.h), each time in the same world
 * (tests/fuzz/hv/world.h) that is counted and dies at the end. A failure prints its schedule, which
 * race_replay takes.
 */
#ifndef TESTS_UNIT_HV_RACE_BENCH_H
#define TESTS_UNIT_HV_RACE_BENCH_H

#include <check.h>

#include "tests/fuzz/hv/world.h"

#define RACE_SIDES_MAX 3u

struct race {
    const char *name;
    void (*prepare)(void); /* on CPU 0, before */
    struct {
        unsigned int domain, vcpu;
        void (*act)(void);
    } side[RACE_SIDES_MAX]; /* act NULL: no more */
    void (*check)(void);    /* on CPU 0, afterwards; may be NULL */
};

/* All of them (PARVIS_RACE=TEXT in the environment: only of races whose name has that); and one by its text.
 */
void race_explore(const struct race *race);
void race_replay(const struct race *race, const char *schedule);

/* Ends the test, with the schedule. */
void race_require(bool condition, const char *what);

/* The CPU of a vCPU goes on, in prepare and check. */
void race_become(unsigned int domain, unsigned int vcpu);

/* A hypercall of the vCPU that runs, with its restarts. The argument is copied to guest memory and back. */
int64_t race_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
int64_t race_command(uint64_t number, uint64_t command, void *op, size_t size, uint64_t count);

/* The commands that many races need; 0 or what the hypercall returned. */
int64_t race_mmuext(unsigned int command, mfn_t m);
int64_t race_mmu_update(mfn_t table, unsigned int index, uint64_t entry);
int64_t race_event(unsigned int command, void *op, size_t size);
int64_t race_domctl(unsigned int command, domid_t id, struct xen_domctl *op);

#define RACE_RW 7ull /* present, writable, user */

TCase *race_memory_tests(void);
TCase *race_grant_tests(void);
TCase *race_event_tests(void);
TCase *race_life_tests(void);

#endif
