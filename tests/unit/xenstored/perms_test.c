/* SPDX-License-Identifier: MIT */
/* Permissions: who may read, write and change what, what a stranger may learn, and what a dead domain leaves
 * behind. */
#include <string.h>

#include "suites.h"
#include "world.h"

static struct world world;
static struct conn *tool, *one, *two;

static void setup(void)
{
    world_begin(&world);
    tool = world_connect(&world, 0);
    one = world_connect(&world, 1);
    two = world_connect(&world, 2);
    ask_write(&world, tool, 0, "/local/domain/1", "");
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1\0n1");
}

static void teardown(void)
{
    ck_assert_ptr_null(world_wrong(&world));
    world_end(&world);
}

START_TEST(strings_go_both_ways)
{
    struct perms *perms;
    char text[64];

    ck_assert_int_eq(perms_parse("n0\0r5\0w65535\0b7", 16, &perms), 0);
    ck_assert_uint_eq(perms_format(perms, text, sizeof(text)), 16);
    ck_assert_mem_eq(text, "n0\0r5\0w65535\0b7", 16);
    perms_put(perms);
    ck_assert_int_eq(perms_parse("x0", 3, &perms), EINVAL);
    ck_assert_int_eq(perms_parse("r", 2, &perms), EINVAL);
    ck_assert_int_eq(perms_parse("r65536", 7, &perms), EINVAL);
    ck_assert_int_eq(perms_parse("r1", 2, &perms), EINVAL);
    ck_assert_int_eq(perms_parse("r-1", 4, &perms), EINVAL);
}
END_TEST

START_TEST(stranger_gets_only_what_is_given)
{
    ask_write(&world, one, 0, "x", "secret");
    ck_assert_str_eq(ASK(&world, two, XS_READ, 0, "/local/domain/1/x"), "EACCES");
    ck_assert_str_eq(ASK(&world, one, XS_SET_PERMS, 0, "x\0n1\0r2"), "OK");
    ck_assert_str_eq(ASK(&world, two, XS_READ, 0, "/local/domain/1/x"), "secret");
    ck_assert_str_eq(ask_write(&world, two, 0, "/local/domain/1/x", "mine"), "EACCES");
    ck_assert_str_eq(ASK(&world, two, XS_SET_PERMS, 0, "/local/domain/1/x\0b2"), "EACCES");
    ck_assert_str_eq(ASK(&world, one, XS_SET_PERMS, 0, "x\0n1\0b2"), "OK");
    ck_assert_str_eq(ask_write(&world, two, 0, "/local/domain/1/x", "mine"), "OK");
    ck_assert_str_eq(ASK(&world, two, XS_RM, 0, "/local/domain/1/x"), "OK");
}
END_TEST

START_TEST(missing_nodes_are_hidden_too)
{
    ck_assert_str_eq(ASK(&world, two, XS_READ, 0, "/local/domain/1/nothing"), "EACCES");
    ck_assert_str_eq(ASK(&world, one, XS_READ, 0, "nothing"), "ENOENT");
}
END_TEST

START_TEST(new_nodes_inherit)
{
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1\0n1\0r2");
    ask_write(&world, one, 0, "a/b", "v");
    ck_assert_str_eq(ASK(&world, two, XS_READ, 0, "/local/domain/1/a/b"), "v");
    /* What a guest makes below another's node is its own. */
    ASK(&world, one, XS_SET_PERMS, 0, "a\0n1\0b2");
    ask_write(&world, two, 0, "/local/domain/1/a/c", "v");
    ck_assert_uint_eq(node_owner(tree_find(&world.store.tree, "/local/domain/1/a/c")), 2);
    ask_write(&world, tool, 0, "/local/domain/1/a/d", "v");
    ck_assert_uint_eq(node_owner(tree_find(&world.store.tree, "/local/domain/1/a/d")), 1);
}
END_TEST

START_TEST(guest_cannot_give_nodes_away)
{
    ask_write(&world, one, 0, "x", "");
    ck_assert_str_eq(ASK(&world, one, XS_SET_PERMS, 0, "x\0n2"), "EPERM");
    ck_assert_str_eq(ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1/x\0n2"), "OK");
    ck_assert_uint_eq(accounts_node_count(&world.store.accounts, 2), 1);
}
END_TEST

START_TEST(target_has_its_rights_too)
{
    ask_write(&world, one, 0, "x", "v");
    ck_assert_str_eq(ASK(&world, two, XS_READ, 0, "/local/domain/1/x"), "EACCES");
    ck_assert_str_eq(ASK(&world, two, XS_SET_TARGET, 0, "2\0001"), "EACCES");
    ck_assert_str_eq(ASK(&world, tool, XS_SET_TARGET, 0, "2\0001"), "OK");
    ck_assert_str_eq(ASK(&world, two, XS_READ, 0, "/local/domain/1/x"), "v");
}
END_TEST

START_TEST(dead_domain_leaves_nothing)
{
    char perms[16];

    ask_write(&world, one, 0, "mine/deep", "");
    ask_write(&world, tool, 0, "/shared", "v");
    ASK(&world, tool, XS_SET_PERMS, 0, "/shared\0n0\0r1\0r2");
    store_disconnect(&world.store, one);
    ck_assert_int_eq(store_forget_domain(&world.store, 1), 0);
    ck_assert_ptr_null(tree_find(&world.store.tree, "/local/domain/1"));
    memcpy(perms, ASK(&world, tool, XS_GET_PERMS, 0, "/shared"), 6);
    ck_assert_mem_eq(perms, "n0\0r2", 6);
    /* A new domain of the same number has no rights of the old one's. */
    one = world_connect(&world, 1);
    ck_assert_str_eq(ASK(&world, one, XS_READ, 0, "/shared"), "EACCES");
    ck_assert_uint_eq(accounts_node_count(&world.store.accounts, 1), 0);
}
END_TEST

Suite *perms_suite(void)
{
    Suite *suite = suite_create("perms");
    TCase *tests = tcase_create("perms");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, strings_go_both_ways);
    tcase_add_test(tests, stranger_gets_only_what_is_given);
    tcase_add_test(tests, missing_nodes_are_hidden_too);
    tcase_add_test(tests, new_nodes_inherit);
    tcase_add_test(tests, guest_cannot_give_nodes_away);
    tcase_add_test(tests, target_has_its_rights_too);
    tcase_add_test(tests, dead_domain_leaves_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
