/* SPDX-License-Identifier: MIT */
/*
 * Threads as CPUs: two vCPUs map, unmap and copy what a third one grants and revokes at the same time. A
 * granter that revokes as the ABI says, and is told that nobody uses the entry, must be able to do with the
 * frame what it wants.
 */
#include "gnttab_suites.h"
#include "gnttab_world.h"

#include <pthread.h>
#include <stdlib.h>

#include "fake_internal.h"
#include "port/atomic.h"
#include "port/cpu.h"

#define ROUNDS  20000u
#define ENTRIES 4u
#define FIRST   8u
#define THREADS 3u

static mfn_t frames[ENTRIES];
static uint32_t done, revoked, mapped, copied;

/* Version 1: the entry goes only if it has no marks; a compare-and-swap settles both. */
static bool revoke_v1(grant_ref_t ref)
{
    volatile uint16_t *flags = &gnttab_entry_v1(world_domain(GRANTER)->gnttab, ref)->flags;
    uint16_t seen = port_read_u16(flags);

    do {
        if (seen & (GTF_reading | GTF_writing)) {
            return false;
        }
    } while (!port_cas_u16(flags, &seen, 0));
    return true;
}

/* Version 2: the entry goes first, then the marks are looked at; with marks it stays gone, but the frame is
 * in use. */
static bool revoke_v2(grant_ref_t ref)
{
    const struct gnttab *t = world_domain(GRANTER)->gnttab;
    unsigned int shift;
    uint32_t *status = gnttab_status_word(t, ref, &shift);

    port_write_u16(&gnttab_entry_v2(t, ref)->hdr.flags, 0);
    port_barrier();
    return !(port_read_u32(status) >> shift & (GTF_reading | GTF_writing));
}

static void grant(grant_ref_t ref, mfn_t frame)
{
    const struct gnttab *t = world_domain(GRANTER)->gnttab;

    if (t->version == 1) {
        struct grant_entry_v1 *entry = gnttab_entry_v1(t, ref);

        port_write_u32(&entry->frame, (uint32_t)frame.n);
        port_write_u16(&entry->domid, MAPPER);
        port_barrier();
        port_write_u16(&entry->flags, GTF_permit_access);
    } else {
        union grant_entry_v2 *entry = gnttab_entry_v2(t, ref);

        port_write_u64(&entry->full_page.frame, frame.n);
        port_write_u16(&entry->hdr.domid, MAPPER);
        port_barrier();
        port_write_u16(&entry->hdr.flags, GTF_permit_access);
    }
}

/* A frame that nobody else has may become a table: nobody can write to it any more. */
static void granter_step(unsigned int i)
{
    bool v1 = world_domain(GRANTER)->gnttab->version == 1;

    if (!(v1 ? revoke_v1(FIRST + i) : revoke_v2(FIRST + i))) {
        if (!v1) {
            grant(FIRST + i, frames[i]);
        }
        return;
    }
    if (frame_get_with_type(frames[i], world_domain(GRANTER), FRAME_L1)) {
        fake_fail("a frame whose grant was revoked is still writable for somebody");
    }
    frame_put_with_type(frames[i]);
    __atomic_add_fetch(&revoked, 1, __ATOMIC_RELAXED);
    grant(FIRST + i, frames[i]);
}

static void *granter(void *argument)
{
    unsigned int seed = 1;

    (void)argument;
    fake_become_cpu(0);
    fake_run(world_vcpu(GRANTER, 0));
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < THREADS - 1) {
        granter_step((unsigned int)rand_r(&seed) % ENTRIES);
    }
    fake_run(NULL);
    return NULL;
}

static void mapper_map(struct vcpu *v, unsigned int i)
{
    uint64_t place = ((uint64_t)v->id * 64 + i + 1) << PAGE_SHIFT;
    struct gnttab_map_grant_ref op = {
        .host_addr = place, .flags = GNTMAP_host_map | GNTMAP_device_map, .ref = FIRST + i, .dom = GRANTER};
    struct gnttab_unmap undo = {.host_addr = place};

    gnttab_map(v, &op);
    if (op.status != GNTST_okay) {
        return;
    }
    __atomic_add_fetch(&mapped, 1, __ATOMIC_RELAXED);
    undo.handle = op.handle;
    undo.dev_bus_addr = op.dev_bus_addr;
    gnttab_unmap_begin(v, &undo);
    gnttab_unmap_flush(v);
    gnttab_unmap_end(v, &undo);
    if (undo.status != GNTST_okay) {
        fake_fail("unmapping what was just mapped gives status %d", undo.status);
    }
}

static void mapper_copy(struct domain *d, unsigned int i, mfn_t own)
{
    struct gnttab_copy op = {.len = 64, .flags = GNTCOPY_dest_gref};

    op.source.domid = DOMID_SELF;
    op.source.u.gmfn = own.n;
    op.dest.domid = GRANTER;
    op.dest.u.ref = FIRST + i;
    gnttab_copy(d, &op);
    if (op.status == GNTST_okay) {
        __atomic_add_fetch(&copied, 1, __ATOMIC_RELAXED);
    }
}

static void *mapper(void *argument)
{
    unsigned int cpu = (unsigned int)(uintptr_t)argument, seed = cpu;
    struct vcpu *v = world_vcpu(MAPPER, cpu - 1);
    mfn_t own = world_frame(MAPPER);

    fake_become_cpu(cpu);
    fake_run(v);
    for (unsigned int round = 0; round < ROUNDS; round++) {
        unsigned int i = (unsigned int)rand_r(&seed) % ENTRIES;

        if (rand_r(&seed) % 2) {
            mapper_map(v, i);
        } else {
            mapper_copy(world_domain(MAPPER), i, own);
        }
    }
    fake_run(NULL);
    __atomic_add_fetch(&done, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* Copies fail when the entry is revoked; a writable frame that becomes a table between is refused by its
 * type. */
START_TEST(map_against_revoke)
{
    static void *(*const roles[THREADS])(void *) = {granter, mapper, mapper};
    pthread_t threads[THREADS];

    gnttab_world_start();
    ck_assert_int_eq(mm_set_kernel_root(world_vcpu(MAPPER, 1), gnttab_space().l4), 0);
    if (_i) {
        ck_assert_int_eq(gnttab_set_version(world_domain(GRANTER), 2), 0);
    }
    for (unsigned int i = 0; i < ENTRIES; i++) {
        frames[i] = world_frame(GRANTER);
        grant(FIRST + i, frames[i]);
    }
    fake_threads = true;
    for (unsigned int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, roles[i], (void *)(uintptr_t)i), 0);
    }
    for (unsigned int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    fake_threads = false;
    ck_assert_msg(revoked > 10 && mapped > 10 && copied > 10, "%u revoked, %u mapped, %u copied", revoked,
                  mapped, copied);
    gnttab_world_check();
}
END_TEST

Suite *gnttab_race_suite(void)
{
    Suite *suite = suite_create("gnttab_race");
    TCase *tests = tcase_create("race");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, map_against_revoke, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
