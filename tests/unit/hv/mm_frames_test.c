/* SPDX-License-Identifier: MIT */
/* Free frames, the heap, accounts of domains: contents, alignment, limits, claims, failures of memory. */
#include "core/heap.h"
#include "mm_suites.h"
#include "mm_world.h"

#include <stdlib.h>
#include <string.h>

static uint64_t noise = 12345;

static unsigned int below(unsigned int n)
{
    noise = noise * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned int)(noise >> 33) % n;
}

static bool frame_is_zero(mfn_t m)
{
    for (unsigned int i = 0; i < 512; i++) {
        if (fake_peek(m, i)) {
            return false;
        }
    }
    return true;
}

START_TEST(blocks)
{
    uint64_t before;
    mfn_t m[FRAME_ORDER_MAX + 1];

    world_start();
    before = frame_free_count();
    ck_assert_uint_eq(before, WORLD_FRAMES);
    for (unsigned int order = 0; order <= 9; order++) {
        m[order] = frame_alloc(order, 0, NULL, true);
        ck_assert(mfn_valid_number(m[order]));
        ck_assert_uint_eq(m[order].n % (1ull << order), 0);
        for (uint64_t i = 0; i < 1ull << order; i++) {
            ck_assert(frame_is_zero(mfn(m[order].n + i)));
        }
    }
    ck_assert_uint_eq(frame_free_count(), before - 1023);
    for (unsigned int order = 0; order <= 9; order++) {
        frame_free(m[order], order, order & 1);
    }
    ck_assert_uint_eq(frame_free_count(), before);
    ck_assert(!mfn_valid_number(frame_alloc(13, 0, NULL, false)));
    ck_assert(!mfn_valid_number(frame_alloc(FRAME_ORDER_MAX + 1, 0, NULL, false)));
}
END_TEST

/* Whatever was taken and given back, all joins again to blocks as large as in the beginning. */
START_TEST(blocks_join)
{
    mfn_t taken[256];
    unsigned int orders[256], count = 0;
    uint64_t large = 0;

    world_start();
    while (frame_scrub_some()) {
        continue;
    }
    for (unsigned int i = 0; i < 5000; i++) {
        unsigned int order = below(6);

        if (below(2) && count < 256) {
            taken[count] = frame_alloc(order, 0, NULL, below(2));
            orders[count] = order;
            count += mfn_valid_number(taken[count]);
        } else if (count) {
            unsigned int which = below(count);

            frame_free(taken[which], orders[which], below(2));
            count--;
            taken[which] = taken[count];
            orders[which] = orders[count];
        }
        if (below(50) == 0) {
            frame_scrub_some();
        }
    }
    while (count) {
        count--;
        frame_free(taken[count], orders[count], false);
    }
    while (frame_scrub_some()) {
        continue;
    }
    ck_assert_uint_eq(frame_free_count(), WORLD_FRAMES);
    ck_assert_uint_eq(frame_dirty_count(), 0);
    /* 4096 frames from 0x100 on: blocks of 2^11 at 0x800 and of 2^8 around. */
    while (mfn_valid_number(frame_alloc(8, 0, NULL, false))) {
        large += 256;
    }
    ck_assert_uint_eq(large, WORLD_FRAMES);
}
END_TEST

START_TEST(address_limits)
{
    mfn_t m;

    world_start();
    /* 23 bits: frames below 0x800. High memory is used first where nothing is asked. */
    m = frame_alloc(0, 23, NULL, false);
    ck_assert(mfn_valid_number(m) && m.n < 0x800);
    m = frame_alloc(0, 0, NULL, false);
    ck_assert_uint_ge(m.n, 0x1000);
    ck_assert(!mfn_valid_number(frame_alloc(0, 20, NULL, false)));
    ck_assert(!mfn_valid_number(frame_alloc(0, 12, NULL, false)));
    ck_assert(!mfn_valid_number(frame_alloc(0, 1, NULL, false)));
    for (unsigned int i = 0; i < 0x700 - 1; i++) {
        m = frame_alloc(0, 23, NULL, false);
        ck_assert(mfn_valid_number(m) && m.n < 0x800);
    }
    ck_assert(!mfn_valid_number(frame_alloc(0, 23, NULL, false)));
    ck_assert(mfn_valid_number(frame_alloc(0, 64, NULL, false)));
}
END_TEST

START_TEST(content_does_not_leak)
{
    mfn_t m, other;
    unsigned int count = 0;

    world_start();
    m = world_frame(1);
    for (unsigned int i = 0; i < 512; i++) {
        fake_poke(m, i, 0x5ec2e7);
    }
    ck_assert_int_eq(mm_release(world_domain(1), m), 0);
    do {
        ck_assert_int_eq(mm_alloc(world_domain(2), 0, 0, &other), 0);
        ck_assert(frame_is_zero(other));
    } while (other.n != m.n && ++count < WORLD_FRAMES);
    ck_assert_uint_eq(other.n, m.n);
}
END_TEST

START_TEST(scrubbing_when_idle)
{
    world_start();
    ck_assert_uint_eq(frame_dirty_count(), WORLD_FRAMES);
    ck_assert(frame_scrub_some());
    ck_assert_uint_lt(frame_dirty_count(), WORLD_FRAMES);
    while (frame_scrub_some()) {
        continue;
    }
    ck_assert_uint_eq(frame_dirty_count(), 0);
    ck_assert(!frame_scrub_some());
    ck_assert(frame_is_zero(frame_alloc(0, 0, NULL, false)));
    fake_check_idle();
}
END_TEST

START_TEST(maximum)
{
    struct domain *d;
    mfn_t m;

    world_start();
    d = world_domain(1);
    d->mm.frame_max = 10;
    ck_assert_int_eq(mm_alloc(d, 3, 0, &m), 0);
    ck_assert_int_eq(mm_alloc(d, 2, 0, &m), -XEN_ENOMEM);
    ck_assert_int_eq(mm_alloc(d, 1, 0, &m), 0);
    ck_assert_int_eq(mm_alloc(d, 0, 0, &m), -XEN_ENOMEM);
    ck_assert_int_eq(mm_alloc(d, 63, 0, &m), -XEN_ENOMEM);
    ck_assert_uint_eq(d->mm.frame_count, 10);
    d->mm.frame_max = 5; /* lowered below what it has */
    ck_assert_int_eq(mm_alloc(d, 0, 0, &m), -XEN_ENOMEM);
    ck_assert_int_eq(mm_release(d, m), 0);
    ck_assert_int_eq(mm_release(d, m), -XEN_EINVAL);
    ck_assert_int_eq(mm_release(world_domain(2), mfn(m.n + 1)), -XEN_EINVAL);
    world_check();
}
END_TEST

START_TEST(claims)
{
    struct domain *d, *other;
    uint64_t all, own;
    mfn_t m;

    world_start();
    d = world_domain(1);
    other = world_domain(2);
    all = frame_free_count();
    ck_assert_int_eq(frame_claim(d, all + 1), -XEN_EINVAL); /* over its maximum */
    d->mm.frame_max = other->mm.frame_max = 2 * all;
    ck_assert_int_eq(frame_claim(d, all + 1), -XEN_ENOMEM);
    ck_assert_int_eq(frame_claim(d, all - 2), 0);
    ck_assert_int_eq(frame_claim(d, all - 3), -XEN_EINVAL); /* has one */
    ck_assert_uint_eq(frame_claimed_count(), all - 2);
    ck_assert_int_eq(frame_claim(other, 3), -XEN_ENOMEM);
    ck_assert_int_eq(mm_alloc(other, 1, 0, &m), 0);
    ck_assert_int_eq(mm_alloc(other, 0, 0, &m), -XEN_ENOMEM);
    for (own = 0; mm_alloc(d, 0, 0, &m) == 0; own++) {
        continue;
    }
    ck_assert_uint_eq(own, all - 2);
    ck_assert_uint_eq(frame_claimed_count(), 0);
    ck_assert_int_eq(frame_claim(d, own), -XEN_EINVAL); /* no more than it has */
    ck_assert_int_eq(frame_claim(d, 0), 0);
    world_check();
}
END_TEST

START_TEST(claim_is_given_up)
{
    struct domain *d;

    world_start();
    d = world_domain(1);
    ck_assert_int_eq(frame_claim(d, 100), 0);
    ck_assert_int_eq(frame_claim(d, 0), 0);
    ck_assert_uint_eq(frame_claimed_count(), 0);
    ck_assert_int_eq(frame_claim(d, 100), 0);
    d->life = DOMAIN_DYING;
    ck_assert_int_eq(mm_relinquish(d), 0);
    ck_assert_uint_eq(frame_claimed_count(), 0);
    ck_assert_int_eq(frame_claim(d, 100), -XEN_EINVAL);
}
END_TEST

START_TEST(stealing)
{
    struct domain *d;
    mfn_t m;

    world_start();
    d = world_domain(1);
    m = world_frame(1);
    fake_poke(m, 7, 4711);
    ck_assert_int_eq(mm_steal(world_domain(2), m), -XEN_EINVAL);
    ck_assert_int_eq(mm_steal(d, mfn(3)), -XEN_EINVAL);
    ck_assert_int_eq(mm_steal(d, mfn(1ull << 40)), -XEN_EINVAL);
    ck_assert_int_eq(frame_get_with_type(m, d, FRAME_WRITABLE), 0);
    ck_assert_int_eq(mm_steal(d, m), -XEN_EINVAL);
    frame_put_with_type(m);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, m, 1), -XEN_EPERM);
    fake_poke(m, 7, 0);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, m, 1), 0);
    ck_assert_int_eq(mm_steal(d, m), -XEN_EINVAL);
    ck_assert_int_eq(mm_unpin(world_vcpu(1, 0), d, m), 0);
    ck_assert_int_eq(mm_steal(d, m), 0);
    ck_assert(!frame_get(m, d));
    ck_assert_uint_eq(d->refs, 1);
    world_domain(2)->mm.frame_max = 0;
    ck_assert_int_eq(mm_give(world_domain(2), m, true), -XEN_ENOMEM);
    ck_assert_int_eq(mm_give(world_domain(2), m, false), 0);
    ck_assert_uint_eq(world_domain(2)->mm.frame_count, 1);
    world_check();
    ck_assert_int_eq(mm_steal(d, port_hv_frame(mm_share_frame(d, true))), -XEN_EINVAL);
    world_check();
}
END_TEST

/* The first, second, ... allocation fails: nothing else happens. */
START_TEST(failing_allocations)
{
    struct domain *d;
    uint64_t before;
    mfn_t m;

    world_start();
    d = world_domain(1);
    before = frame_free_count();
    fake_fail_alloc(1);
    ck_assert_int_eq(mm_alloc(d, 2, 0, &m), -XEN_ENOMEM);
    ck_assert_uint_eq(d->refs, 1);
    fake_fail_alloc(1);
    ck_assert_ptr_null(mm_share_frame(d, true));
    ck_assert_uint_eq(d->refs, 1);
    fake_fail_alloc(0);
    ck_assert_uint_eq(frame_free_count(), before);
    world_check();
}
END_TEST

START_TEST(dying_domain_gets_nothing)
{
    struct domain *d;
    uint64_t before;
    mfn_t m;

    world_start();
    d = world_domain(1);
    before = frame_free_count();
    d->life = DOMAIN_DYING;
    ck_assert_int_eq(mm_alloc(d, 0, 0, &m), -XEN_ENOMEM);
    m = frame_alloc(0, 0, NULL, true);
    ck_assert_int_eq(mm_give(d, m, false), -XEN_ENOMEM);
    frame_free(m, 0, false);
    ck_assert_uint_eq(frame_free_count(), before);
    world_check();
}
END_TEST

static bool all_bytes(const uint8_t *bytes, size_t size, uint8_t value)
{
    return bytes[0] == value && memcmp(bytes, bytes + 1, size - 1) == 0;
}

START_TEST(heap_objects)
{
    uint8_t *objects[400];
    size_t sizes[400];
    uint64_t before;

    world_start();
    before = frame_free_count();
    ck_assert_ptr_null(heap_zalloc(0));
    ck_assert_ptr_null(heap_zalloc(SIZE_MAX));
    ck_assert_ptr_null(heap_zalloc((1ull << 30) + 1));
    ck_assert_ptr_null(heap_zalloc(1ull << 30));
    heap_free(NULL);
    memset(objects, 0, sizeof(objects));
    for (unsigned int i = 0; i < 6000; i++) {
        unsigned int which = below(400);

        if (objects[which]) {
            ck_assert(all_bytes(objects[which], sizes[which], (uint8_t)which));
            heap_free(objects[which]);
            objects[which] = NULL;
        } else {
            sizes[which] = below(20) ? 1 + below(600) : 1 + below(20000);
            objects[which] = heap_zalloc(sizes[which]);
            ck_assert_ptr_nonnull(objects[which]);
            ck_assert_uint_eq((uintptr_t)objects[which] % (sizes[which] >= PAGE_SIZE ? PAGE_SIZE : 16), 0);
            ck_assert(all_bytes(objects[which], sizes[which], 0));
            memset(objects[which], (int)which, sizes[which]);
        }
    }
    for (unsigned int which = 0; which < 400; which++) {
        heap_free(objects[which]);
    }
    ck_assert_uint_eq(heap_frame_count(), 0);
    ck_assert_uint_eq(frame_free_count(), before);
    fake_check_idle();
}
END_TEST

START_TEST(heap_ends)
{
    uint64_t before;
    void **list = NULL, **next;

    world_start();
    before = frame_free_count();
    while ((next = heap_zalloc(2048))) {
        *next = list;
        list = next;
    }
    ck_assert_uint_eq(frame_free_count(), 0);
    ck_assert_ptr_null(heap_zalloc(4096));
    for (; list; list = next) {
        next = *list;
        heap_free(list);
    }
    ck_assert_uint_eq(frame_free_count(), before);
}
END_TEST

Suite *mm_frames_suite(void)
{
    Suite *suite = suite_create("mm frames");
    TCase *tests = tcase_create("frames");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, blocks);
    tcase_add_test(tests, blocks_join);
    tcase_add_test(tests, address_limits);
    tcase_add_test(tests, content_does_not_leak);
    tcase_add_test(tests, scrubbing_when_idle);
    tcase_add_test(tests, maximum);
    tcase_add_test(tests, claims);
    tcase_add_test(tests, claim_is_given_up);
    tcase_add_test(tests, stealing);
    tcase_add_test(tests, failing_allocations);
    tcase_add_test(tests, dying_domain_gets_nothing);
    tcase_add_test(tests, heap_objects);
    tcase_add_test(tests, heap_ends);
    suite_add_tcase(suite, tests);
    return suite;
}
