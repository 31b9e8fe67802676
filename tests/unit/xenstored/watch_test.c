/* SPDX-License-Identifier: MIT */
/* Watches: when they fire, with which path, for whom, and how they end. */
#include <string.h>

#include "suites.h"
#include "world.h"

static struct world world;
static struct conn *tool, *guest;

static void setup(void)
{
    world_begin(&world);
    tool = world_connect(&world, 0);
    guest = world_connect(&world, 1);
    ask_write(&world, tool, 0, "/local/domain/1/dev/state", "1");
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1\0n1");
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1/dev\0n1");
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1/dev/state\0n1");
}

static void teardown(void)
{
    ck_assert_str_eq(world_event(tool), "");
    ck_assert_str_eq(world_event(guest), "");
    ck_assert_ptr_null(world_wrong(&world));
    ck_assert_ptr_null(world_restore_differs(&world));
    world_end(&world);
}

START_TEST(fires_at_once)
{
    ck_assert_str_eq(ASK(&world, tool, XS_WATCH, 0, "/nothing/there\0tok"), "OK");
    ck_assert_str_eq(world_event(tool), "/nothing/there tok");
}
END_TEST

START_TEST(fires_for_the_node_and_below)
{
    ASK(&world, tool, XS_WATCH, 0, "/a/b\0t");
    world_event(tool);
    ask_write(&world, tool, 0, "/a/b/c/d", "");
    ck_assert_str_eq(world_event(tool), "/a/b/c/d t");
    ask_write(&world, tool, 0, "/a/b", "");
    ck_assert_str_eq(world_event(tool), "/a/b t");
    ask_write(&world, tool, 0, "/a/bb", "");
    ask_write(&world, tool, 0, "/a", "");
    ck_assert_str_eq(world_event(tool), "");
    ASK(&world, tool, XS_SET_PERMS, 0, "/a/b/c\0n0\0r1");
    ck_assert_str_eq(world_event(tool), "/a/b/c t");
}
END_TEST

START_TEST(removal_above_names_the_watched_path)
{
    ask_write(&world, tool, 0, "/a/b/c", "");
    ASK(&world, tool, XS_WATCH, 0, "/a/b\0t");
    world_event(tool);
    ASK(&world, tool, XS_RM, 0, "/a");
    ck_assert_str_eq(world_event(tool), "/a/b t");
    ck_assert_str_eq(world_event(tool), "");
}
END_TEST

START_TEST(relative_watch_gets_relative_paths)
{
    ck_assert_str_eq(ASK(&world, guest, XS_WATCH, 0, "dev\0token-7"), "OK");
    ck_assert_str_eq(world_event(guest), "dev token-7");
    ask_write(&world, tool, 0, "/local/domain/1/dev/state", "2");
    ck_assert_str_eq(world_event(guest), "dev/state token-7");
    ASK(&world, tool, XS_RM, 0, "/local");
    ck_assert_str_eq(world_event(guest), "dev token-7");
}
END_TEST

START_TEST(same_watch_twice_is_refused)
{
    ck_assert_str_eq(ASK(&world, tool, XS_WATCH, 0, "/a\0t"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_WATCH, 0, "/a\0t"), "EEXIST");
    ck_assert_str_eq(ASK(&world, tool, XS_WATCH, 0, "/a\0u"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_UNWATCH, 0, "/a\0t"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_UNWATCH, 0, "/a\0t"), "ENOENT");
    world_event(tool);
    world_event(tool);
    ask_write(&world, tool, 0, "/a", "");
    ck_assert_str_eq(world_event(tool), "/a u");
}
END_TEST

START_TEST(transaction_fires_at_its_commit)
{
    uint32_t tx;

    ASK(&world, tool, XS_WATCH, 0, "/a\0t");
    world_event(tool);
    tx = ask_start(&world, tool);
    ask_write(&world, tool, tx, "/a/2", "");
    ask_write(&world, tool, tx, "/a/1", "");
    ask_write(&world, tool, tx, "/a/2", "again");
    ck_assert_str_eq(world_event(tool), "");
    ASK(&world, tool, XS_TRANSACTION_END, tx, "T");
    ck_assert_str_eq(world_event(tool), "/a/2 t");
    ck_assert_str_eq(world_event(tool), "/a/1 t");
}
END_TEST

START_TEST(what_may_not_be_read_is_not_told)
{
    ASK(&world, guest, XS_WATCH, 0, "/secret\0t");
    world_event(guest);
    ask_write(&world, tool, 0, "/secret/x", "");
    ck_assert_str_eq(world_event(guest), "");
    ASK(&world, tool, XS_SET_PERMS, 0, "/secret/x\0n0\0r1");
    ck_assert_str_eq(world_event(guest), "/secret/x t");
    /* The loss of the right is told to who had it. */
    ASK(&world, tool, XS_SET_PERMS, 0, "/secret/x\0n0");
    ck_assert_str_eq(world_event(guest), "/secret/x t");
    ASK(&world, tool, XS_RM, 0, "/secret/x");
    ck_assert_str_eq(world_event(guest), "");
}
END_TEST

START_TEST(special_watches)
{
    ck_assert_str_eq(ASK(&world, tool, XS_WATCH, 0, "@introduceDomain\0i"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_WATCH, 0, "@unknown\0i"), "EINVAL");
    ck_assert_str_eq(world_event(tool), "@introduceDomain i");
    ck_assert_str_eq(ASK(&world, guest, XS_WATCH, 0, "@introduceDomain\0g"), "OK");
    ck_assert_str_eq(world_event(guest), "@introduceDomain g");
    ASK(&world, tool, XS_INTRODUCE, 0, "3\0001\0001");
    ck_assert_str_eq(world_event(tool), "@introduceDomain i");
    ck_assert_str_eq(world_event(guest), "");
    ck_assert_str_eq(ASK(&world, guest, XS_SET_PERMS, 0, "@introduceDomain\0n0\0r1"), "EACCES");
    ck_assert_str_eq(ASK(&world, tool, XS_SET_PERMS, 0, "@introduceDomain\0n0\0r1"), "OK");
    ASK(&world, tool, XS_INTRODUCE, 0, "4\0001\0001");
    ck_assert_str_eq(world_event(guest), "@introduceDomain g");
    ck_assert_str_eq(world_event(tool), "@introduceDomain i");
}
END_TEST

START_TEST(reset_ends_watches_and_transactions)
{
    uint32_t tx = ask_start(&world, guest);

    ASK(&world, guest, XS_WATCH, 0, "dev\0t");
    world_event(guest);
    ck_assert_str_eq(ASK(&world, guest, XS_RESET_WATCHES, 0, ""), "OK");
    ask_write(&world, tool, 0, "/local/domain/1/dev", "");
    ck_assert_str_eq(world_event(guest), "");
    ck_assert_str_eq(ASK(&world, guest, XS_TRANSACTION_END, tx, "T"), "ENOENT");
}
END_TEST

Suite *watch_suite(void)
{
    Suite *suite = suite_create("watch");
    TCase *tests = tcase_create("watch");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, fires_at_once);
    tcase_add_test(tests, fires_for_the_node_and_below);
    tcase_add_test(tests, removal_above_names_the_watched_path);
    tcase_add_test(tests, relative_watch_gets_relative_paths);
    tcase_add_test(tests, same_watch_twice_is_refused);
    tcase_add_test(tests, transaction_fires_at_its_commit);
    tcase_add_test(tests, what_may_not_be_read_is_not_told);
    tcase_add_test(tests, special_watches);
    tcase_add_test(tests, reset_ends_watches_and_transactions);
    suite_add_tcase(suite, tests);
    return suite;
}
