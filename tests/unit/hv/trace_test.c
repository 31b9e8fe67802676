/* SPDX-License-Identifier: MIT */
/* The trace's rings: records come out as they went in, wrap, are counted when lost; a reader that lies hurts
 * only itself. */
#include <stdlib.h>
#include <string.h>

#include "core/domain.h"
#include "core/frame.h"
#include "core/trace.h"
#include "gnttab_world.h"
#include "port/cpu.h"

#define TEST_COUNT 7
#define EVENT      (PVABI_TRC_CLASS + 9)

static struct t_buf *ring;
static const uint8_t *data;
static uint32_t size;

static void start(void)
{
    const struct t_info *info;

    gnttab_world_start();
    ck_assert_int_eq(trace_enable(true), -XEN_EINVAL);
    ck_assert_int_eq(trace_set_size(0), -XEN_EINVAL);
    ck_assert_int_eq(trace_set_size(1u << 20), -XEN_EINVAL);
    ck_assert_int_eq(trace_set_size(UINT32_MAX), -XEN_EINVAL);
    ck_assert_int_eq(trace_set_size(2), 0);
    ck_assert_int_eq(trace_set_size(2), 0);
    ck_assert_int_eq(trace_set_size(3), -XEN_EBUSY);
    ck_assert_int_eq(trace_enable(true), 0);
    info = port_hv_address(trace_info_frame());
    ck_assert_uint_eq(info->tbuf_size, 2);
    ring = port_hv_address(mfn(((const uint32_t *)(const void *)info)[info->mfn_offset[0]]));
    data = (const uint8_t *)(ring + 1);
    size = 2 * PAGE_SIZE - sizeof(*ring);
}

static void put(uint32_t value, unsigned int count)
{
    uint32_t words[TRACE_EXTRA_MAX];

    for (unsigned int i = 0; i < TRACE_EXTRA_MAX; i++) {
        words[i] = value + i;
    }
    trace_put(EVENT, words, count);
}

/* Takes the next record that is not a filler: its event, and its first word. 0 at the end. */
static uint32_t take(uint32_t *first)
{
    while (ring->cons != ring->prod) {
        uint32_t offset = ring->cons % size, head, extra, words;

        memcpy(&head, data + offset, sizeof(head));
        extra = TRC_HD_EXTRA(head);
        words = (TRC_HD_INCLUDES_CYCLE_COUNT(head) ? 3 : 1) + extra;
        ck_assert_uint_le(offset + words * 4, size);
        memcpy(first, data + offset + (words - extra) * 4, sizeof(*first));
        ring->cons = (ring->cons + words * 4) % (2 * size);
        if (TRC_HD_TO_EVENT(head) != TRC_TRACE_WRAP_BUFFER) {
            return (uint32_t)TRC_HD_TO_EVENT(head);
        }
    }
    return 0;
}

START_TEST(records_come_out_in_order)
{
    uint32_t first;

    for (uint32_t i = 0; i < 5000; i++) {
        put(i, 1 + i % TRACE_EXTRA_MAX);
        ck_assert_uint_eq(take(&first), EVENT);
        ck_assert_uint_eq(first, i);
        ck_assert_uint_eq(take(&first), 0);
    }
}
END_TEST

START_TEST(what_is_lost_is_told)
{
    uint32_t first, taken = 0, event;

    for (uint32_t i = 0; i < 1000; i++) {
        put(i, 3);
    }
    while (taken < 100 && take(&first) == EVENT) {
        ck_assert_uint_eq(first, taken++);
    }
    put(5000, 3);
    while ((event = take(&first)) == EVENT) {
        ck_assert_uint_eq(first, taken++);
    }
    ck_assert_uint_eq(event, TRC_LOST_RECORDS);
    ck_assert_uint_eq(first, 1000 - taken);
    ck_assert_uint_eq(take(&first), EVENT);
    ck_assert_uint_eq(first, 5000);
    ck_assert_uint_eq(take(&first), 0);
}
END_TEST

START_TEST(a_lying_reader_loses_records_only)
{
    static const uint32_t lies[] = {1, 3, 0x7fffffff, 0x80000000, 0xffffffff};

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        uint32_t before[4], after[4];

        /* What lies behind the ring must stay as it is. */
        memcpy(before, data + size, sizeof(before));
        for (uint32_t turn = 0; turn < 3000; turn++) {
            ring->cons = lies[i];
            ring->prod = lies[(i + turn) % 5];
            put(turn, turn % 8 > 7 ? 7 : turn % 8);
        }
        memcpy(after, data + size, sizeof(after));
        ck_assert_mem_eq(before, after, sizeof(before));
    }
}
END_TEST

START_TEST(the_mask_chooses)
{
    uint32_t first;

    trace_set_mask(TRC_GEN);
    put(1, 1);
    ck_assert_uint_eq(take(&first), 0);
    trace_set_mask(PVABI_TRC_CLASS);
    put(2, 1);
    ck_assert_uint_eq(take(&first), EVENT);
    ck_assert_int_eq(trace_enable(false), 0);
    put(3, 1);
    ck_assert_uint_eq(take(&first), 0);
}
END_TEST

START_TEST(hypercalls_say_who)
{
    uint64_t args[5] = {1, 2, 3, 0x1234567890ull, 5};
    uint32_t first;

    trace_hypercall(port_current(), 1, args);
    trace_hypercall_end(port_current(), 1, -XEN_EINVAL);
    trace_hypercall(port_current(), 1000, args);
    ck_assert_uint_eq(take(&first), PVABI_TRC_HYPERCALL);
    ck_assert_uint_eq(first, (uint32_t)port_current()->domain->id << 16 | 1);
    ck_assert_uint_eq(take(&first), PVABI_TRC_ARGUMENTS);
    ck_assert_uint_eq(take(&first), PVABI_TRC_RESULT);
    ck_assert_uint_eq(take(&first), PVABI_TRC_HYPERCALL);
    ck_assert_uint_eq(first & 0xff, 0xff);
}
END_TEST

START_TEST(exceptions_and_events_say_where)
{
    struct vcpu *v = port_current();
    uint32_t first, id = (uint32_t)v->domain->id;

    trace_exception(v, 14, 6, 0x401000, 0x123456789);
    trace_event(v->domain, 1, 77);
    memcpy(&first, data + 4 * 4, sizeof(first));
    ck_assert_uint_eq(first, 6); /* behind header, time, who: the error code */
    memcpy(&first, data + 8 * 4, sizeof(first));
    ck_assert_uint_eq(first, 0x1);
    memcpy(&first, data + 7 * 4, sizeof(first));
    ck_assert_uint_eq(first, 0x23456789);
    ck_assert_uint_eq(take(&first), PVABI_TRC_EXCEPTION);
    ck_assert_uint_eq(first, id << 16 | v->id << 8 | 14);
    ck_assert_uint_eq(take(&first), PVABI_TRC_EVENT);
    ck_assert_uint_eq(first, id << 16 | 1 << 8);
    trace_syscall(v, 60, 0x401000);
    ck_assert_uint_eq(take(&first), PVABI_TRC_SYSCALL);
    ck_assert_uint_eq(first, id << 16 | v->id << 8);
    ck_assert_uint_eq(take(&first), 0);
}
END_TEST

/* Without memory for all rings there is none, and nothing is lost: neither at the first page, nor at a later one. */
START_TEST(no_memory_for_rings)
{
    uint64_t before;

    gnttab_world_start();
    before = frame_free_count();
    for (unsigned int n = 1; n <= 3; n++) { /* the list of rings, and a ring for each of two CPUs */
        fake_fail_alloc(n);
        ck_assert_int_eq(trace_set_size(4), -XEN_ENOMEM);
        ck_assert(fake_failed_alloc());
        ck_assert_uint_eq(frame_free_count(), before);
        ck_assert_uint_eq(trace_info_size(), 0);
        ck_assert_uint_eq(trace_info_frame().n, 0);
    }
    fake_fail_alloc(0);
    ck_assert_int_eq(trace_set_size(4), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    TCase *bare = tcase_create("bare");
    int failed;

    suite_add_tcase(suite, bare);
    tcase_add_test(bare, no_memory_for_rings);
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, start, NULL);
    tcase_add_test(all, records_come_out_in_order);
    tcase_add_test(all, what_is_lost_is_told);
    tcase_add_test(all, a_lying_reader_loses_records_only);
    tcase_add_test(all, the_mask_chooses);
    tcase_add_test(all, hypercalls_say_who);
    tcase_add_test(all, exceptions_and_events_say_where);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner) + (srunner_ntests_run(runner) != TEST_COUNT);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
