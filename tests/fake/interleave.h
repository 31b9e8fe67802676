/* SPDX-License-Identifier: MIT */
/*
 * The interleaver: several CPUs in one thread, of which one goes on at a time. At every port call (a lock, an
 * atomic access, a flush, a copy from or to a guest) a schedule says who does, so that a race repeats. Who
 * waits for another CPU lets the others go on, whatever the schedule says.
 */
#ifndef TESTS_FAKE_INTERLEAVE_H
#define TESTS_FAKE_INTERLEAVE_H

#include "lib/types.h"

#define FAKE_ACTORS_MAX   4u
#define FAKE_SEGMENTS_MAX 1024u

struct fake_actor {
    unsigned int cpu;
    void (*run)(void *argument);
    void *argument;
};

/* Who goes on for how many points; at its end each goes on to its own end, in their order. */
struct fake_schedule {
    unsigned int count;
    struct {
        unsigned int actor, points;
    } segment[FAKE_SEGMENTS_MAX];
};

/* From a text like "0x12 1x3 0x7", as fake_interleave_text gives it; fails the test for another form. */
void fake_schedule_parse(struct fake_schedule *s, const char *text);

/* From a seed: up to so many segments of up to so many points, all actors taking part. */
void fake_schedule_random(struct fake_schedule *s, uint64_t seed, unsigned int actors, unsigned int segments,
                          unsigned int points);

/* Runs the actors by the schedule until all have come to their end. */
void fake_interleave(const struct fake_actor *actors, unsigned int count, const struct fake_schedule *s);

/* How many points an actor passed in the last run. */
unsigned int fake_interleave_points(unsigned int actor);

/* What really happened in the last run, or in the one that is going on, as a schedule that repeats it. */
const char *fake_interleave_text(void);

/* Whether a CPU is played by an actor that has not come to its end: nobody else may work as it. */
bool fake_interleave_plays(unsigned int cpu);

/* The machine's own: a CPU waits, another one goes on. */
void fake_interleave_wait(void);

#endif
