/* SPDX-License-Identifier: MIT */
/* The tree: snapshots keep what they saw, changes copy only their path, nodes are made and removed as the
 * protocol says. */
#include <stdio.h>
#include <string.h>

#include "suites.h"
#include "world.h"

static struct world world;
static struct conn *tool;

static void setup(void)
{
    world_begin(&world);
    tool = world_connect(&world, 0);
}

static void teardown(void)
{
    ck_assert_ptr_null(world_wrong(&world));
    world_end(&world);
}

START_TEST(snapshot_keeps_what_it_saw)
{
    struct tree *tree = &world.store.tree, before;
    uint64_t generation;

    ask_write(&world, tool, 0, "/a/b/c", "old");
    ask_write(&world, tool, 0, "/a/x", "same");
    generation = tree_find(tree, "/a")->generation;
    tree_snapshot(tree, &before);
    ask_write(&world, tool, 0, "/a/b/c", "new");
    ASK(&world, tool, XS_RM, 0, "/a/x");
    ck_assert_mem_eq(tree_find(&before, "/a/b/c")->value->bytes, "old", 3);
    ck_assert_mem_eq(tree_find(tree, "/a/b/c")->value->bytes, "new", 3);
    ck_assert_ptr_nonnull(tree_find(&before, "/a/x"));
    ck_assert_ptr_null(tree_find(tree, "/a/x"));
    ck_assert_uint_eq(tree_find(&before, "/a")->generation, generation);
    ck_assert_uint_ne(tree_find(tree, "/a")->generation, generation);
    ck_assert_ptr_eq(tree_find(&before, "/tool"), tree_find(tree, "/tool"));
    tree_clear(&before);
}
END_TEST

START_TEST(change_without_snapshot_is_in_place)
{
    const struct node *node;

    ask_write(&world, tool, 0, "/a/b", "1");
    node = tree_find(&world.store.tree, "/a");
    ask_write(&world, tool, 0, "/a/b", "2");
    ck_assert_ptr_eq(node, tree_find(&world.store.tree, "/a"));
}
END_TEST

START_TEST(write_makes_parents)
{
    ck_assert_str_eq(ask_write(&world, tool, 0, "/p/q/r", "v"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_READ, 0, "/p/q"), "");
    ck_assert_str_eq(ASK(&world, tool, XS_READ, 0, "/p/q/r"), "v");
}
END_TEST

START_TEST(values_are_bytes)
{
    struct answer answer;

    ck_assert_str_eq(ask(&world, tool, XS_WRITE, 0, "/v\0a\0b\0", 7), "OK");
    world_ask(&world, tool, XS_READ, 0, "/v", 3, &answer);
    ck_assert_uint_eq(answer.header.len, 4);
    ck_assert_mem_eq(answer.bytes, "a\0b", 4);
    ck_assert_str_eq(ask_write(&world, tool, 0, "/v", ""), "OK");
    world_ask(&world, tool, XS_READ, 0, "/v", 3, &answer);
    ck_assert_uint_eq(answer.header.len, 0);
}
END_TEST

START_TEST(mkdir_twice_is_no_error)
{
    ck_assert_str_eq(ask_write(&world, tool, 0, "/m", "kept"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_MKDIR, 0, "/m"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_READ, 0, "/m"), "kept");
}
END_TEST

START_TEST(rm_knows_four_cases)
{
    ask_write(&world, tool, 0, "/a/b/c", "");
    ck_assert_str_eq(ASK(&world, tool, XS_RM, 0, "/"), "EINVAL");
    ck_assert_str_eq(ASK(&world, tool, XS_RM, 0, "/a/nothing"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_RM, 0, "/nothing/below"), "ENOENT");
    ck_assert_str_eq(ASK(&world, tool, XS_RM, 0, "/a"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_READ, 0, "/a/b/c"), "ENOENT");
}
END_TEST

START_TEST(many_children_stay_sorted)
{
    char path[32];

    for (int i = 0; i < 500; i++) {
        snprintf(path, sizeof(path), "/many/%d", i * 7919 % 500);
        ck_assert_str_eq(ask_write(&world, tool, 0, path, "x"), "OK");
    }
    ck_assert_uint_eq(tree_find(&world.store.tree, "/many")->child_count, 500);
    ck_assert_ptr_null(world_wrong(&world));
    for (int i = 0; i < 500; i += 2) {
        snprintf(path, sizeof(path), "/many/%d", i);
        ask(&world, tool, XS_RM, 0, path, strlen(path) + 1);
    }
    ck_assert_uint_eq(tree_find(&world.store.tree, "/many")->child_count, 250);
}
END_TEST

Suite *tree_suite(void)
{
    Suite *suite = suite_create("tree");
    TCase *tests = tcase_create("tree");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, snapshot_keeps_what_it_saw);
    tcase_add_test(tests, change_without_snapshot_is_in_place);
    tcase_add_test(tests, write_makes_parents);
    tcase_add_test(tests, values_are_bytes);
    tcase_add_test(tests, mkdir_twice_is_no_error);
    tcase_add_test(tests, rm_knows_four_cases);
    tcase_add_test(tests, many_children_stay_sorted);
    suite_add_tcase(suite, tests);
    return suite;
}
