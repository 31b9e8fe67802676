/* SPDX-License-Identifier: MIT */
/* Quotas: a guest reaches each limit, at the limit and not before, and hurts only itself. */
#include <stdio.h>
#include <string.h>

#include "suites.h"
#include "world.h"

static struct world world;
static struct conn *tool, *guest, *other;

static void setup(void)
{
    world_begin(&world);
    tool = world_connect(&world, 0);
    guest = world_connect(&world, 1);
    other = world_connect(&world, 2);
    ask_write(&world, tool, 0, "/local/domain/1", "");
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1\0n1");
    ask_write(&world, tool, 0, "/local/domain/2", "");
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/2\0n2");
}

static void teardown(void)
{
    ck_assert_ptr_null(world_wrong(&world));
    world_end(&world);
}

START_TEST(nodes)
{
    char path[32];

    /* One node is its own already. */
    for (int i = 0; i < 999; i++) {
        snprintf(path, sizeof(path), "n%d", i);
        ck_assert_str_eq(ask_write(&world, guest, 0, path, ""), "OK");
    }
    ck_assert_str_eq(ask_write(&world, guest, 0, "more", ""), "ENOSPC");
    ck_assert_str_eq(ask_write(&world, guest, 0, "n5", "still"), "OK");
    ck_assert_str_eq(ASK(&world, guest, XS_RM, 0, "n5"), "OK");
    ck_assert_str_eq(ask_write(&world, guest, 0, "a/b", ""), "ENOSPC");
    ck_assert_ptr_null(tree_find(&world.store.tree, "/local/domain/1/a"));
    ck_assert_str_eq(ask_write(&world, guest, 0, "more", ""), "OK");
    ck_assert_str_eq(ask_write(&world, other, 0, "x", ""), "OK");
    ck_assert_str_eq(ask_write(&world, tool, 0, "/local/domain/1/by-tool", ""), "OK");
}
END_TEST

START_TEST(nodes_of_transactions)
{
    uint32_t first, second;
    char path[32];

    for (int i = 0; i < 990; i++) {
        snprintf(path, sizeof(path), "n%d", i);
        ask_write(&world, guest, 0, path, "");
    }
    first = ask_start(&world, guest);
    second = ask_start(&world, guest);
    for (int i = 0; i < 9; i++) {
        snprintf(path, sizeof(path), "f%d", i);
        ck_assert_str_eq(ask_write(&world, guest, first, path, ""), "OK");
        snprintf(path, sizeof(path), "s%d", i);
        ck_assert_str_eq(ask_write(&world, guest, second, path, ""), "OK");
    }
    ck_assert_str_eq(ask_write(&world, guest, first, "f9", ""), "ENOSPC");
    ck_assert_str_eq(ASK(&world, guest, XS_TRANSACTION_END, first, "T"), "OK");
    ck_assert_str_eq(ASK(&world, guest, XS_TRANSACTION_END, second, "T"), "ENOSPC");
    ck_assert_uint_eq(accounts_node_count(&world.store.accounts, 1), 1000);
}
END_TEST

START_TEST(watches)
{
    char payload[32];
    struct answer event;

    for (int i = 0; i < 128; i++) {
        int length = snprintf(payload, sizeof(payload), "w%ct%d", '\0', i) + 1;

        ck_assert_str_eq(ask(&world, guest, XS_WATCH, 0, payload, (size_t)length), "OK");
        ck_assert(world_take(guest, &event));
    }
    ck_assert_str_eq(ASK(&world, guest, XS_WATCH, 0, "w\0more"), "E2BIG");
    ck_assert_str_eq(ASK(&world, guest, XS_UNWATCH, 0, "w\0t3"), "OK");
    ck_assert_str_eq(ASK(&world, guest, XS_WATCH, 0, "w\0more"), "OK");
}
END_TEST

START_TEST(transactions)
{
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_ne(ask_start(&world, guest), 0);
    }
    ck_assert_str_eq(ASK(&world, guest, XS_TRANSACTION_START, 0, ""), "ENOSPC");
    ck_assert_uint_ne(ask_start(&world, other), 0);
}
END_TEST

START_TEST(values_and_permissions)
{
    char value[2050];

    memset(value, 'v', sizeof(value));
    value[2049] = '\0';
    ck_assert_str_eq(ask_write(&world, guest, 0, "x", value), "ENOSPC");
    value[2048] = '\0';
    ck_assert_str_eq(ask_write(&world, guest, 0, "x", value), "OK");
    ck_assert_str_eq(ASK(&world, guest, XS_SET_PERMS, 0, "x\0n1\0r2\0r3\0r4\0r5"), "OK");
    ck_assert_str_eq(ASK(&world, guest, XS_SET_PERMS, 0, "x\0n1\0r2\0r3\0r4\0r5\0r6"), "ENOSPC");
}
END_TEST

START_TEST(nodes_that_a_transaction_touches)
{
    uint32_t tx = ask_start(&world, guest);
    char path[32];

    for (int i = 0; i < 1024; i++) {
        snprintf(path, sizeof(path), "missing%d", i);
        ck_assert_str_eq(ask(&world, guest, XS_READ, tx, path, strlen(path) + 1), "ENOENT");
    }
    ck_assert_str_eq(ASK(&world, guest, XS_READ, tx, "one-more"), "ENOSPC");
}
END_TEST

START_TEST(unread_events_are_bounded)
{
    char path[64];

    ASK(&world, guest, XS_WATCH, 0, "e\0t");
    for (int i = 0; i < 70000; i++) {
        snprintf(path, sizeof(path), "/local/domain/1/e/a-node-that-makes-an-event-%d", i);
        ask_write(&world, tool, 0, path, "");
    }
    ck_assert(guest->events_dropped);
    ck_assert_uint_le(guest->out_bytes, world.store.limits.output_bytes);
    ck_assert(!guest->failed);
}
END_TEST

START_TEST(the_same_event_waits_once)
{
    ASK(&world, guest, XS_WATCH, 0, "e\0t");
    for (int i = 0; i < 100; i++) {
        ask_write(&world, tool, 0, "/local/domain/1/e", "");
    }
    ck_assert_str_eq(world_event(guest), "e t");
    ck_assert_str_eq(world_event(guest), "");
}
END_TEST

START_TEST(writes_while_others_have_transactions_cost)
{
    ask_write(&world, guest, 0, "x", "");
    for (int i = 0; i < 100; i++) {
        ask_write(&world, guest, 0, "x", "");
    }
    ck_assert(store_may_serve(&world.store, guest));
    ask_start(&world, tool);
    for (int i = 0; i < 20 && store_may_serve(&world.store, guest); i++) {
        ask_write(&world, guest, 0, "x", "");
    }
    ck_assert(!store_may_serve(&world.store, guest));
    ck_assert(store_may_serve(&world.store, other));
    ck_assert(store_may_serve(&world.store, tool));
    world.store.now_ms += store_wait(&world.store, guest);
    ck_assert(store_may_serve(&world.store, guest));
}
END_TEST

START_TEST(unfetched_replies_stop_service)
{
    struct xsd_sockmsg header = {.type = XS_READ};

    for (uint32_t i = 0; i < world.store.limits.outstanding; i++) {
        ck_assert(store_may_serve(&world.store, guest));
        conn_send(guest, &header, NULL);
    }
    ck_assert(!store_may_serve(&world.store, guest));
}
END_TEST

Suite *quota_suite(void)
{
    Suite *suite = suite_create("quota");
    TCase *tests = tcase_create("quota");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, nodes);
    tcase_add_test(tests, nodes_of_transactions);
    tcase_add_test(tests, watches);
    tcase_add_test(tests, transactions);
    tcase_add_test(tests, values_and_permissions);
    tcase_add_test(tests, nodes_that_a_transaction_touches);
    tcase_add_test(tests, unread_events_are_bounded);
    tcase_add_test(tests, the_same_event_waits_once);
    tcase_add_test(tests, writes_while_others_have_transactions_cost);
    tcase_add_test(tests, unfetched_replies_stop_service);
    suite_add_tcase(suite, tests);
    return suite;
}
