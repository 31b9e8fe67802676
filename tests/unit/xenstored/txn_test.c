/* SPDX-License-Identifier: MIT */
/* Transactions: isolation, conflicts and their absence, what a commit does, and progress under load. */
#include <string.h>

#include "suites.h"
#include "world.h"

static struct world world;
static struct conn *a, *b;

static void setup(void)
{
    world_begin(&world);
    a = world_connect(&world, 0);
    b = world_connect(&world, 0);
    ask_write(&world, a, 0, "/x/one", "1");
    ask_write(&world, a, 0, "/x/two", "2");
}

static void teardown(void)
{
    ck_assert_ptr_null(world_wrong(&world));
    ck_assert_ptr_null(world_restore_differs(&world));
    world_end(&world);
}

START_TEST(changes_are_seen_after_the_commit)
{
    uint32_t tx = ask_start(&world, a);

    ck_assert_str_eq(ask_write(&world, a, tx, "/x/new/deep", "v"), "OK");
    ck_assert_str_eq(ASK(&world, a, XS_RM, tx, "/x/one"), "OK");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/new/deep"), "ENOENT");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/one"), "1");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "OK");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/new/deep"), "v");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/one"), "ENOENT");
}
END_TEST

START_TEST(abort_changes_nothing)
{
    uint32_t tx = ask_start(&world, a);

    ask_write(&world, a, tx, "/x/one", "changed");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "F"), "OK");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/one"), "1");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "ENOENT");
}
END_TEST

START_TEST(ids_belong_to_a_connection)
{
    uint32_t tx = ask_start(&world, a);

    ck_assert_str_eq(ASK(&world, b, XS_READ, tx, "/x/one"), "ENOENT");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_START, tx, ""), "EBUSY");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, 0, "T"), "ENOENT");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "X"), "EINVAL");
}
END_TEST

START_TEST(what_was_read_must_still_be_so)
{
    uint32_t tx = ask_start(&world, a);

    ASK(&world, a, XS_READ, tx, "/x/one");
    ask_write(&world, a, tx, "/x/result", "from 1");
    ask_write(&world, b, 0, "/x/one", "other");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "EAGAIN");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/result"), "ENOENT");
}
END_TEST

START_TEST(what_was_missing_must_still_be_so)
{
    uint32_t tx = ask_start(&world, a);

    ck_assert_str_eq(ASK(&world, a, XS_READ, tx, "/x/name"), "ENOENT");
    ask_write(&world, a, tx, "/x/name", "a");
    ask_write(&world, b, 0, "/x/name", "b");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "EAGAIN");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/name"), "b");
}
END_TEST

START_TEST(a_listed_directory_must_still_be_so)
{
    uint32_t tx = ask_start(&world, a);

    ASK(&world, a, XS_DIRECTORY, tx, "/x");
    ask_write(&world, b, 0, "/x/three", "");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "EAGAIN");
}
END_TEST

START_TEST(others_elsewhere_do_not_conflict)
{
    uint32_t first = ask_start(&world, a), second = ask_start(&world, b);

    ask_write(&world, a, first, "/x/one", "a");
    ask_write(&world, a, first, "/x/made/by-a", "");
    ask_write(&world, b, second, "/x/two", "b");
    ask_write(&world, b, second, "/x/by-b", "");
    ask_write(&world, b, 0, "/elsewhere", "");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, first, "T"), "OK");
    ck_assert_str_eq(ASK(&world, b, XS_TRANSACTION_END, second, "T"), "OK");
    ck_assert_str_eq(ASK(&world, a, XS_READ, 0, "/x/one"), "a");
    ck_assert_str_eq(ASK(&world, a, XS_READ, 0, "/x/two"), "b");
    ck_assert_str_eq(ASK(&world, a, XS_READ, 0, "/x/by-b"), "");
    ck_assert_str_eq(ASK(&world, a, XS_READ, 0, "/elsewhere"), "");
}
END_TEST

START_TEST(a_parent_that_went_is_a_conflict)
{
    uint32_t tx = ask_start(&world, a);

    ask_write(&world, a, tx, "/x/new", "v");
    ASK(&world, b, XS_RM, 0, "/x");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "EAGAIN");
}
END_TEST

START_TEST(a_parent_with_other_rights_is_a_conflict)
{
    uint32_t tx = ask_start(&world, a);

    ask_write(&world, a, tx, "/x/new", "inherits");
    ASK(&world, b, XS_SET_PERMS, 0, "/x\0n0\0r1");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "EAGAIN");
}
END_TEST

START_TEST(a_change_below_a_removed_node_is_a_conflict)
{
    uint32_t tx = ask_start(&world, a);

    ASK(&world, a, XS_RM, tx, "/x");
    ask_write(&world, b, 0, "/x/one/deep", "late");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "EAGAIN");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/one/deep"), "late");
}
END_TEST

START_TEST(removed_and_made_again)
{
    uint32_t tx = ask_start(&world, a);

    ASK(&world, a, XS_RM, tx, "/x");
    ask_write(&world, a, tx, "/x/two", "new");
    ask_write(&world, b, 0, "/elsewhere", "");
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "OK");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/one"), "ENOENT");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/x/two"), "new");
    ck_assert_str_eq(ASK(&world, b, XS_READ, 0, "/elsewhere"), "");
}
END_TEST

START_TEST(a_loser_gets_its_turn)
{
    for (int i = 0; i < 4; i++) {
        uint32_t tx = ask_start(&world, a);

        ASK(&world, a, XS_READ, tx, "/x/one");
        ask_write(&world, b, 0, "/x/one", "again");
        ck_assert(store_may_serve(&world.store, b));
        ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, tx, "T"), "EAGAIN");
    }
    ck_assert(!store_may_serve(&world.store, b));
    ck_assert(store_may_serve(&world.store, a));
    ck_assert_str_eq(ASK(&world, a, XS_TRANSACTION_END, ask_start(&world, a), "T"), "OK");
    ck_assert(store_may_serve(&world.store, b));
    /* One that never comes back does not hold the others for long. */
    world.store.favoured = a;
    world.store.favoured_until_ms = world.store.now_ms + 100;
    ck_assert(!store_may_serve(&world.store, b));
    world.store.now_ms += 101;
    ck_assert(store_may_serve(&world.store, b));
}
END_TEST

Suite *txn_suite(void)
{
    Suite *suite = suite_create("txn");
    TCase *tests = tcase_create("txn");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, changes_are_seen_after_the_commit);
    tcase_add_test(tests, abort_changes_nothing);
    tcase_add_test(tests, ids_belong_to_a_connection);
    tcase_add_test(tests, what_was_read_must_still_be_so);
    tcase_add_test(tests, what_was_missing_must_still_be_so);
    tcase_add_test(tests, a_listed_directory_must_still_be_so);
    tcase_add_test(tests, others_elsewhere_do_not_conflict);
    tcase_add_test(tests, a_parent_that_went_is_a_conflict);
    tcase_add_test(tests, a_parent_with_other_rights_is_a_conflict);
    tcase_add_test(tests, a_change_below_a_removed_node_is_a_conflict);
    tcase_add_test(tests, removed_and_made_again);
    tcase_add_test(tests, a_loser_gets_its_turn);
    suite_add_tcase(suite, tests);
    return suite;
}
