/* SPDX-License-Identifier: MIT */
/*
 * Two CPUs at once on the tables of one domain: validation, undoing, updates and roots race; afterwards the
 * oracle counts, and the domain dies without a rest. A deadlock ends by the test's timeout.
 */
#include <pthread.h>

#include "core/page_table.h"
#include "core/pt_update.h"
#include "mm_suites.h"
#include "mm_world.h"

#define POOL    15u
#define STEPS   100000u
#define THREADS 2u
#define ROLES   5u

struct worker {
    pthread_t thread;
    unsigned int cpu;
    uint64_t state;
    unsigned int done; /* operations that succeeded */
};

static mfn_t pool[POOL];

static unsigned int below(struct worker *w, unsigned int n)
{
    w->state ^= w->state << 13;
    w->state ^= w->state >> 7;
    w->state ^= w->state << 17;
    return (unsigned int)(w->state >> 20) % n;
}

static mfn_t of_role(struct worker *w, unsigned int role)
{
    return pool[below(w, POOL / ROLES) * ROLES + role];
}

static uint64_t entry_for(struct worker *w, unsigned int role)
{
    unsigned int target = below(w, 8) ? (role + ROLES - 1) % ROLES : below(w, ROLES);

    return below(w, 4) ? pte_make(of_role(w, target), below(w, 3) ? RW : RO) : 0;
}

static void step_write(struct worker *w)
{
    unsigned int role = below(w, ROLES);
    mfn_t m = of_role(w, role);

    if (frame_get_with_type(m, world_domain(1), FRAME_WRITABLE) == 0) {
        fake_poke(m, below(w, 4), entry_for(w, role));
        frame_put_with_type(m);
        w->done++;
    }
}

static void step_update(struct worker *w, struct vcpu *v)
{
    unsigned int role = below(w, ROLES);
    struct pt_update u = {
        .table_owner = world_domain(1),
        .data_owner = world_domain(1),
        .table = of_role(w, role),
        .index = below(w, 4),
        .value = entry_for(w, role),
    };

    if (mm_finish_old_table(v) == 0 && frame_get(u.table, world_domain(1))) {
        w->done += pt_update(v, &u) == 0;
        frame_put(u.table);
    }
}

static void step(struct worker *w, struct vcpu *v)
{
    unsigned int level = 1 + below(w, 4);

    switch (below(w, 8)) {
    case 0:
    case 1:
    case 2:
        step_write(w);
        break;
    case 3:
    case 4:
        step_update(w, v);
        break;
    case 5:
        w->done += mm_pin(v, world_domain(1), of_role(w, level - 1), level) == 0;
        break;
    case 6:
        w->done += mm_unpin(v, world_domain(1), of_role(w, below(w, 4))) == 0;
        break;
    default:
        w->done += mm_set_user_root(v, below(w, 3) ? of_role(w, 3) : MFN_INVALID) == 0;
        break;
    }
}

static void *work(void *argument)
{
    struct worker *w = argument;
    struct vcpu *v = world_vcpu(1, w->cpu);

    fake_become_cpu(w->cpu);
    fake_run(v);
    fake_preempt_every(3);
    for (unsigned int i = 0; i < STEPS; i++) {
        step(w, v);
    }
    fake_preempt_every(0);
    fake_run(NULL);
    return NULL;
}

static void end(uint64_t free_before)
{
    struct domain *d = world_domain(1);

    d->life = DOMAIN_DYING;
    for (unsigned int i = 0; i < WORLD_VCPUS; i++) {
        ck_assert_int_eq(mm_drop_roots(world_vcpu(1, i)), 0);
    }
    ck_assert_int_eq(mm_relinquish(d), 0);
    world_check();
    ck_assert_uint_eq(d->mm.frame_count, 0);
    ck_assert_uint_eq(frame_free_count(), free_before);
}

START_TEST(two_cpus)
{
    struct worker workers[THREADS];
    uint64_t free_before;

    world_start();
    free_before = frame_free_count();
    for (unsigned int i = 0; i < POOL; i++) {
        pool[i] = world_frame(1);
    }
    fake_run(NULL);
    fake_use_threads(true);
    for (unsigned int i = 0; i < THREADS; i++) {
        workers[i] =
            (struct worker){.cpu = i, .state = 0x2545f4914f6cdd1dull * (uint64_t)(2 * _i + (int)i + 1)};
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
        ck_assert_uint_gt(workers[i].done, STEPS / 20);
    }
    fake_use_threads(false);
    world_check();
    end(free_before);
}
END_TEST

Suite *mm_threads_suite(void)
{
    Suite *suite = suite_create("mm threads");
    TCase *tests = tcase_create("threads");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, two_cpus, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
