/* SPDX-License-Identifier: MIT */
/* The interleaver: see interleave.h. Each actor is a coroutine with a stack of its own. */
#include "interleave.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "fake.h"
#include "fake_internal.h"
#include "poison.h"
#include "port/atomic.h"

#ifdef FAKE_POISONS
#include <sanitizer/common_interface_defs.h>
#define switch_begins(save, stack, size) __sanitizer_start_switch_fiber((save), (stack), (size))
#define switch_ended(save, stack, size)  __sanitizer_finish_switch_fiber((save), (stack), (size))
#else
#define switch_begins(save, stack, size) ((void)(save), (void)(stack), (void)(size))
#define switch_ended(save, stack, size)  ((void)(save), (void)(stack), (void)(size))
#endif

#define STACK_SIZE (1u << 18)
#define WAITS_MAX  3000u
#define TEXT_SIZE  16384u
#define NOBODY     FAKE_ACTORS_MAX

struct coroutine {
    ucontext_t context;
    struct fake_thread thread;
    void *fiber;
    const void *stack;
    size_t stack_size;
    unsigned int points;
    bool done;
};

bool fake_interleaving;

static struct coroutine coroutines[FAKE_ACTORS_MAX], home;
/* Not among what a snapshot has: what stands on a stack means nothing between two runs. */
static uint8_t stacks[FAKE_ACTORS_MAX][STACK_SIZE] __attribute__((section(".bss.stacks"), aligned(64)));
static const struct fake_actor *actors;
static unsigned int actor_count, now, waits;
static const struct fake_schedule *schedule;
static unsigned int segment, left;
static struct fake_schedule taken;
static bool turn_ended;

void fake_schedule_parse(struct fake_schedule *s, const char *text)
{
    s->count = 0;
    while (*text) {
        int length = 0;

        if (s->count == FAKE_SEGMENTS_MAX || sscanf(text, "%ux%u %n", &s->segment[s->count].actor,
                                                    &s->segment[s->count].points, &length) < 2) {
            fake_fail("no schedule: '%s'", text);
        }
        s->count++;
        text += length;
    }
}

void fake_schedule_random(struct fake_schedule *s, uint64_t seed, unsigned int count, unsigned int segments,
                          unsigned int points)
{
    uint64_t state = (seed + 1) * 0x9e3779b97f4a7c15ull;

    s->count = segments;
    for (unsigned int i = 0; i < segments; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        s->segment[i].actor = (unsigned int)(state >> 20) % count;
        s->segment[i].points = 1 + (unsigned int)(state >> 40) % points;
    }
}

unsigned int fake_interleave_points(unsigned int actor)
{
    return coroutines[actor].points;
}

const char *fake_interleave_text(void)
{
    static char text[TEXT_SIZE];
    size_t used = 0;

    text[0] = '\0';
    for (unsigned int i = 0; i < taken.count && used < TEXT_SIZE - 32; i++) {
        used += (size_t)snprintf(text + used, TEXT_SIZE - used, "%s%ux%u", i ? " " : "",
                                 taken.segment[i].actor, taken.segment[i].points);
    }
    return text;
}

/* Every choice is noted when it is made, so that the notes are a schedule. */
static void note_choice(unsigned int actor)
{
    coroutines[actor].points++;
    if (!turn_ended && taken.count && taken.segment[taken.count - 1].actor == actor) {
        taken.segment[taken.count - 1].points++;
    } else if (taken.count < FAKE_SEGMENTS_MAX) {
        taken.segment[taken.count].actor = actor;
        taken.segment[taken.count].points = 1;
        taken.count++;
    }
    turn_ended = false;
}

/* ---- switching ---- */

static void switch_to(struct coroutine *from, struct coroutine *to, bool last)
{
    fake_thread_save(&from->thread);
    switch_begins(last ? NULL : &from->fiber, to->stack, to->stack_size);
    swapcontext(&from->context, &to->context);
    switch_ended(from->fiber, NULL, NULL);
    fake_thread_load(&from->thread);
}

static void go_on(unsigned int next)
{
    unsigned int before = now;

    if (next != before) {
        now = next;
        switch_to(&coroutines[before], &coroutines[next], false);
    }
}

/* The next one after the present that has not ended; NOBODY if it is alone. */
static unsigned int another(void)
{
    for (unsigned int i = 1; i < actor_count; i++) {
        unsigned int next = (now + i) % actor_count;

        if (!coroutines[next].done) {
            return next;
        }
    }
    return NOBODY;
}

/* Whose turn it is by the schedule. */
static unsigned int scheduled(void)
{
    while (segment < schedule->count) {
        unsigned int actor = schedule->segment[segment].actor;

        if (left == 0) {
            left = schedule->segment[segment].points;
        }
        if (actor < actor_count && !coroutines[actor].done) {
            if (--left == 0) {
                segment++;
            }
            return actor;
        }
        segment++;
        left = 0;
    }
    return now;
}

void fake_interleave_point(void)
{
    unsigned int next = scheduled();

    note_choice(next);
    go_on(next);
}

void fake_interleave_wait(void)
{
    unsigned int next = another();

    if (++waits > WAITS_MAX) {
        fake_fail("all CPUs wait: a deadlock");
    }
    /* Its turn ends, in the schedule and in the notes. */
    if (segment < schedule->count && schedule->segment[segment].actor == now && left) {
        segment++;
        left = 0;
    }
    turn_ended = true;
    if (next != NOBODY) {
        go_on(next);
    }
}

bool fake_interleave_plays(unsigned int cpu)
{
    for (unsigned int i = 0; fake_interleaving && i < actor_count; i++) {
        if (actors[i].cpu == cpu && !coroutines[i].done) {
            return true;
        }
    }
    return false;
}

static void body(void)
{
    unsigned int next;

    /* The first one comes from home, and learns where that is. */
    switch_ended(NULL, home.stack ? NULL : &home.stack, home.stack ? NULL : &home.stack_size);
    fake_thread_load(&coroutines[now].thread);
    actors[now].run(actors[now].argument);
    coroutines[now].done = true;
    waits = 0;
    next = another();
    if (next == NOBODY) {
        switch_to(&coroutines[now], &home, true);
    } else {
        struct coroutine *from = &coroutines[now];

        now = next;
        switch_to(from, &coroutines[next], true);
    }
}

static void prepare(unsigned int i)
{
    struct coroutine *c = &coroutines[i];

    unpoison(stacks[i], STACK_SIZE); /* a run that was left in the middle has its marks there */
    *c = (struct coroutine){.thread = {.cpu = actors[i].cpu}, .stack = stacks[i], .stack_size = STACK_SIZE};
    if (getcontext(&c->context)) {
        fake_fail("no context for a coroutine");
    }
    c->context.uc_stack.ss_sp = stacks[i];
    c->context.uc_stack.ss_size = c->stack_size;
    makecontext(&c->context, body, 0);
}

void fake_interleave(const struct fake_actor *list, unsigned int count, const struct fake_schedule *s)
{
    if (count == 0 || count > FAKE_ACTORS_MAX || fake_interleaving) {
        fake_fail("%u actors cannot be interleaved", count);
    }
    actors = list;
    actor_count = count;
    schedule = s;
    segment = left = waits = taken.count = 0;
    turn_ended = false;
    for (unsigned int i = 0; i < count; i++) {
        prepare(i);
    }
    now = 0;
    now = scheduled();
    note_choice(now);
    fake_interleaving = true;
    switch_to(&home, &coroutines[now], false);
    fake_interleaving = false;
}
