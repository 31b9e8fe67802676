/* SPDX-License-Identifier: MIT */
/* The bench of the tests of races: see race_bench.h. */
#include "race_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_internal.h"
#include "interleave.h"
#include "port/atomic.h"
#include "port/cpu.h"

#define ALL          100000u /* points: to the end */
#define SEGMENTS     12u
#define RESTARTS_MAX 5000u

/* How many schedules are tried of each kind; the long tests (./check --full) try them all, or many more. */
struct effort {
    unsigned int one_switch, two_switches, random;
};

static const struct effort short_effort = {120, 80, 40}, long_effort = {4000, 1500, 400};

static const struct race *now;

static void tell_schedule(void)
{
    if (now) {
        fprintf(stderr, "the race \"%s\" by the schedule \"%s\"\n", now->name, fake_interleave_text());
    }
}

void race_require(bool condition, const char *what)
{
    if (!condition) {
        fake_fail("%s", what);
    }
}

void race_become(unsigned int domain, unsigned int vcpu)
{
    fake_become_cpu(fuzz_cpu_of(domain, vcpu));
    fuzz_exit();
}

static void side_run(void *argument)
{
    unsigned int side = (unsigned int)(uintptr_t)argument;
    const struct vcpu *v = port_current();

    /* Another side may have ended or stopped it before it began. */
    if (!v->is_idle && v->domain->id == now->side[side].domain) {
        now->side[side].act();
    }
    fuzz_exit();
}

static void all_exit(void)
{
    for (unsigned int cpu = 0; cpu < FUZZ_CPUS; cpu++) {
        fake_become_cpu(cpu);
        fuzz_exit();
    }
    fake_become_cpu(0);
}

static unsigned int race_run(const struct race *race, const struct fake_schedule *schedule)
{
    struct fake_actor actors[RACE_SIDES_MAX];
    unsigned int count = 0;

    now = race;
    fuzz_world_reset();
    fake_on_fail = tell_schedule;
    if (race->prepare) {
        race->prepare();
    }
    for (; count < RACE_SIDES_MAX && race->side[count].act; count++) {
        unsigned int cpu = fuzz_cpu_of(race->side[count].domain, race->side[count].vcpu);

        actors[count] = (struct fake_actor){cpu, side_run, (void *)(uintptr_t)count};
    }
    fake_become_cpu(0);
    fake_interleave(actors, count, schedule);
    fake_check_locks();
    fake_tlb_check();
    all_exit();
    if (race->check) {
        race->check();
        all_exit();
    }
    fuzz_end();
    return count;
}

void race_replay(const struct race *race, const char *schedule)
{
    static struct fake_schedule s;

    fake_schedule_parse(&s, schedule);
    race_run(race, &s);
}

static void set_segment(struct fake_schedule *s, unsigned int actor, unsigned int points)
{
    if (points) {
        s->segment[s->count].actor = actor;
        s->segment[s->count].points = points;
        s->count++;
    }
}

/* One goes on for i points, the other for j, then each to its end. */
static void run_pair(const struct race *race, unsigned int first, unsigned int second, unsigned int i,
                     unsigned int j)
{
    static struct fake_schedule s;

    s.count = 0;
    set_segment(&s, first, i);
    set_segment(&s, second, j);
    set_segment(&s, first, ALL);
    set_segment(&s, second, ALL);
    race_run(race, &s);
}

/* The step with which so many values make no more than so many choices. */
static unsigned int stride_for(unsigned int values, unsigned int choices)
{
    return values / choices + 1;
}

static void run_pairs(const struct race *race, unsigned int first, unsigned int second,
                      const struct effort *effort)
{
    unsigned int length_first, length_second, stride = 1;

    run_pair(race, first, second, ALL, ALL);
    length_first = fake_interleave_points(first) + 1;
    length_second = fake_interleave_points(second) + 1;
    for (unsigned int i = 1; i < length_first; i += stride_for(length_first, effort->one_switch)) {
        run_pair(race, first, second, i, ALL);
    }
    while (length_first / stride * (length_second / stride) > effort->two_switches) {
        stride++;
    }
    for (unsigned int i = 1; i < length_first; i += stride) {
        for (unsigned int j = 1; j < length_second; j += stride) {
            run_pair(race, first, second, i, j);
        }
    }
}

void race_explore(const struct race *race)
{
    static struct fake_schedule s;
    const char *only = getenv("PARVIS_RACE"), *full = getenv("PARVIS_FULL");
    const struct effort *effort = full && *full ? &long_effort : &short_effort;
    unsigned int count = race->side[2].act ? 3 : 2;

    if (only && !strstr(race->name, only)) {
        return;
    }
    for (unsigned int pair = 0; pair < count * count; pair++) {
        if (pair / count != pair % count) {
            run_pairs(race, pair / count, pair % count, effort);
        }
    }
    for (unsigned int seed = 0; seed < effort->random; seed++) {
        fake_schedule_random(&s, seed, count, SEGMENTS, 4 + seed % 60);
        race_run(race, &s);
    }
}

/* ---- hypercalls ---- */

int64_t race_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    struct hypercall_args args = {{a, b, c, d}};
    const struct vcpu *v = port_current();
    int64_t result;

    for (unsigned int i = 0; i < RESTARTS_MAX; i++) {
        result = hypercall_run(number, &args);
        if (result != HYPERCALL_RESTART) {
            return result;
        }
        fuzz_exit();
        if (port_current() != v) {
            return result; /* it was stopped */
        }
        if (fake_interleaving) {
            fake_interleave_wait(); /* it may wait for what another CPU has begun */
        }
    }
    fake_fail("hypercall %lu does not come to its end", number);
}

int64_t race_command(uint64_t number, uint64_t command, void *op, size_t size, uint64_t count)
{
    guest_va_t at = fuzz_put(op, size);
    int64_t result = race_call(number, command, at.n, count, 0);

    memcpy(op, fuzz_memory_at(at), size);
    return result;
}

int64_t race_mmuext(unsigned int command, mfn_t m)
{
    struct mmuext_op op = {.cmd = command};

    op.arg1.mfn = m.n;
    return race_call(__HYPERVISOR_mmuext_op, fuzz_put(&op, sizeof(op)).n, 1, 0, DOMID_SELF);
}

int64_t race_mmu_update(mfn_t table, unsigned int index, uint64_t entry)
{
    struct mmu_update update = {(table.n << PAGE_SHIFT) + index * sizeof(uint64_t), entry};

    return race_call(__HYPERVISOR_mmu_update, fuzz_put(&update, sizeof(update)).n, 1, 0, DOMID_SELF);
}

int64_t race_event(unsigned int command, void *op, size_t size)
{
    return race_command(__HYPERVISOR_event_channel_op, command, op, size, 0);
}

int64_t race_domctl(unsigned int command, domid_t id, struct xen_domctl *op)
{
    op->cmd = command;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    return race_call(__HYPERVISOR_domctl, fuzz_put(op, sizeof(*op)).n, 0, 0, 0);
}
