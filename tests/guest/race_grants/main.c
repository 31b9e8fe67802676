/* SPDX-License-Identifier: MIT */
/*
 * Attack: a grant is revoked and given again on one vCPU while it is mapped on another; two vCPUs unmap one mapping at
 * once. A map works or not, but what is mapped is what was granted, and each mapping ends once.
 */
#include "guest/test.h"

#define ROUNDS       2000
#define ROUNDS_LEAST 50
#define PATIENCE     (2 * TIME_S)
#define UNLUCKY      (20 * TIME_S) /* until it must have worked once */
#define MARK         0x4711
#define GIVEN        500 /* turns for which the grant stays given */

static volatile bool stop;
static volatile grant_handle_t shared;
static volatile unsigned int go, ended;
static volatile uint64_t *window;
static domid_t self;
static grant_ref_t ref;

/* Takes the grant back as a guest does, by a compare-and-swap while nobody uses it, and gives it again. */
static void revoker(void *argument)
{
    uint16_t *flags = &grant_table()[ref].flags;

    (void)argument;
    time_stop_tick();
    while (!stop) {
        uint16_t unused = GTF_permit_access;

        if (__atomic_compare_exchange_n(flags, &unused, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            __atomic_store_n(flags, GTF_permit_access, __ATOMIC_SEQ_CST);
        }
        /* Some maps shall succeed. */
        for (unsigned int i = 0; i < GIVEN; i++) {
            x86_pause();
        }
    }
}

static bool patient(unsigned int round, uint64_t end)
{
    return round < ROUNDS && (round < ROUNDS_LEAST || time_now() < end);
}

static void map_against_revoke(void)
{
    uint64_t end = time_now() + PATIENCE;
    grant_handle_t handle;
    unsigned int mapped = 0;

    stop = false;
    ASSERT_EQ(vcpu_start(1, revoker, NULL), 0);
    for (unsigned int round = 0; patient(round, end) || (mapped == 0 && time_now() < end + UNLUCKY); round++) {
        int status = grant_map((void *)window, self, ref, 0, &handle);

        EXPECT(status == GNTST_okay || status == GNTST_general_error);
        if (status == GNTST_okay) {
            mapped++;
            EXPECT_EQ(window[0], MARK);
            EXPECT_EQ(grant_table()[ref].flags, GTF_permit_access | GTF_reading | GTF_writing);
            EXPECT_EQ(grant_unmap((void *)window, handle), GNTST_okay);
        }
    }
    stop = true;
    vcpu_wait_down(1);
    EXPECT(mapped > 0);
    EXPECT_EQ(grant_table()[ref].flags, GTF_permit_access);
}

static int unmap_shared(void)
{
    int status = grant_unmap((void *)window, shared);

    EXPECT(status == GNTST_okay || status == GNTST_bad_handle || status == GNTST_general_error);
    return status;
}

static void second_unmapper(void *argument)
{
    unsigned int done = 0;

    (void)argument;
    time_stop_tick();
    while (!stop) {
        if (go != done) {
            done = go;
            __atomic_add_fetch(&ended, unmap_shared() == GNTST_okay, __ATOMIC_SEQ_CST);
            __atomic_add_fetch(&ended, 0x100, __ATOMIC_SEQ_CST);
        }
    }
}

static void unmap_on_two(void)
{
    uint64_t end = time_now() + PATIENCE;
    grant_handle_t handle;

    stop = false;
    go = 0;
    ASSERT_EQ(vcpu_start(1, second_unmapper, NULL), 0);
    for (unsigned int round = 0; patient(round, end); round++) {
        ASSERT_EQ(grant_map((void *)window, self, ref, 0, &handle), GNTST_okay);
        shared = handle;
        ended = 0;
        go++;
        __atomic_add_fetch(&ended, unmap_shared() == GNTST_okay, __ATOMIC_SEQ_CST);
        while (ended < 0x100) {
            x86_pause();
        }
        ASSERT_EQ(ended, 0x101);
        ASSERT_EQ(pt_get((void *)window), 0);
    }
    stop = true;
    vcpu_wait_down(1);
    EXPECT_EQ(grant_table()[ref].flags, GTF_permit_access);
}

GUEST_TEST(race_grants)
{
    uint64_t *page = memory_page_alloc();
    int given;

    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    window = pt_reserve(1);
    self = event_own_domain();
    page[0] = MARK;
    given = grant_give(self, memory_va_to_mfn(page), false);
    ASSERT(given > 0);
    ref = (grant_ref_t)given;
    map_against_revoke();
    unmap_on_two();
    EXPECT(grant_end(ref));
    memory_page_free(page);
}
