/* SPDX-License-Identifier: MIT */
/* The ring: bytes across its end, a full and an empty one, indices that wrap and indices that lie. */
#include <string.h>

#include "suites.h"
#include "xenstored/ring.h"

static struct xenstore_domain_interface page;
static struct ring ring;

static void setup(void)
{
    memset(&page, 0, sizeof(page));
    ring = (struct ring){.page = &page};
}

static void guest_sends(const char *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        page.req[MASK_XENSTORE_IDX(page.req_prod++)] = bytes[i];
    }
}

START_TEST(bytes_arrive_across_the_end)
{
    char got[16];

    page.req_prod = page.req_cons = ring.req_cons = UINT32_MAX - 3;
    guest_sends("0123456789", 10);
    ck_assert_int_eq(ring_read(&ring, got, 3), 3);
    ck_assert_int_eq(ring_read(&ring, got + 3, 13), 7);
    ck_assert_mem_eq(got, "0123456789", 10);
    ck_assert_int_eq(ring_read(&ring, got, 16), 0);
    ck_assert_uint_eq(page.req_cons, UINT32_MAX - 3);
    ring_publish_input(&ring);
    ck_assert_uint_eq(page.req_cons, 6);
}
END_TEST

START_TEST(a_full_ring_takes_no_more)
{
    char bytes[XENSTORE_RING_SIZE + 100];

    memset(bytes, 'x', sizeof(bytes));
    page.rsp_prod = page.rsp_cons = ring.rsp_prod = 1000;
    ck_assert_int_eq(ring_write(&ring, bytes, sizeof(bytes)), XENSTORE_RING_SIZE);
    ck_assert_int_eq(ring_write(&ring, bytes, 1), 0);
    ring_publish_output(&ring);
    ck_assert_uint_eq(page.rsp_prod, 1000 + XENSTORE_RING_SIZE);
    page.rsp_cons += 10;
    ck_assert_int_eq(ring_write(&ring, bytes, 100), 10);
}
END_TEST

START_TEST(lying_indices_are_seen)
{
    char got[8];

    page.req_prod = XENSTORE_RING_SIZE + 1;
    ck_assert_int_eq(ring_read(&ring, got, sizeof(got)), -1);
    page.req_prod = UINT32_MAX;
    ck_assert_int_eq(ring_read(&ring, got, sizeof(got)), -1);
    page.rsp_cons = 1;
    ck_assert_int_eq(ring_write(&ring, "a", 1), -1);
    page.rsp_cons = 0 - XENSTORE_RING_SIZE - 1U;
    ck_assert_int_eq(ring_write(&ring, "a", 1), -1);
}
END_TEST

START_TEST(our_own_indices_are_not_read_back)
{
    char got[8];

    guest_sends("abcd", 4);
    page.req_cons = 4;
    ck_assert_int_eq(ring_read(&ring, got, sizeof(got)), 4);
    ck_assert_mem_eq(got, "abcd", 4);
}
END_TEST

Suite *ring_suite(void)
{
    Suite *suite = suite_create("ring");
    TCase *tests = tcase_create("ring");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, bytes_arrive_across_the_end);
    tcase_add_test(tests, a_full_ring_takes_no_more);
    tcase_add_test(tests, lying_indices_are_seen);
    tcase_add_test(tests, our_own_indices_are_not_read_back);
    suite_add_tcase(suite, tests);
    return suite;
}
