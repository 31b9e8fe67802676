/* SPDX-License-Identifier: MIT */
/* The wire: messages that come in pieces, replies of each kind, malformed requests, paths. */
#include <stdio.h>
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
}

static void teardown(void)
{
    ck_assert_ptr_null(world_wrong(&world));
    world_end(&world);
}

START_TEST(message_comes_byte_by_byte)
{
    const struct xsd_sockmsg header = {.type = XS_READ, .req_id = 7, .tx_id = 0, .len = 6};
    const char *bytes = (const char *)&header;
    struct answer answer;

    for (size_t i = 0; i < sizeof(header) + 6; i++) {
        ck_assert_uint_gt(conn_input_wanted(tool), 0);
        *(char *)conn_input_place(tool) = i < sizeof(header) ? bytes[i] : "/tool"[i - sizeof(header)];
        conn_input_came(tool, 1);
    }
    ck_assert_uint_eq(conn_input_wanted(tool), 0);
    request_serve(&world.store, tool);
    ck_assert(world_take(tool, &answer));
    ck_assert_uint_eq(answer.header.type, XS_READ);
    ck_assert_uint_eq(answer.header.req_id, 7);
    ck_assert_uint_eq(answer.header.len, 0);
}
END_TEST

START_TEST(too_long_payload_ends_the_connection)
{
    const struct xsd_sockmsg header = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};

    memcpy(conn_input_place(guest), &header, sizeof(header));
    conn_input_came(guest, sizeof(header));
    ck_assert(guest->failed);
    ck_assert(!store_may_serve(&world.store, guest));
}
END_TEST

START_TEST(unknown_types_are_refused)
{
    static const uint32_t types[] = {XS_WATCH_EVENT, XS_ERROR,   XS_SET_TARGET + 1,
                                     XS_TYPE_COUNT,  XS_INVALID, UINT32_MAX};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        ck_assert_str_eq(ASK(&world, tool, types[i], 0, "/tool"), "ENOSYS");
    }
}
END_TEST

START_TEST(unterminated_strings_are_refused)
{
    static const uint32_t types[] = {
        XS_READ,  XS_DIRECTORY, XS_GET_PERMS,      XS_MKDIR,     XS_RM,      XS_WATCH,          XS_UNWATCH,
        XS_WRITE, XS_SET_PERMS, XS_DIRECTORY_PART, XS_INTRODUCE, XS_CONTROL, XS_GET_DOMAIN_PATH};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        ck_assert_str_eq(ask(&world, tool, types[i], 0, "/tool", 5), "EINVAL");
        ck_assert_str_eq(ask(&world, tool, types[i], 0, "", 0), "EINVAL");
    }
}
END_TEST

START_TEST(paths_are_checked)
{
    static const char *const bad[] = {"", "//", "/a/", "/a//b", "/a b", "/a\x80", "/a.b", "@x", "a/"};
    char path[XENSTORE_ABS_PATH_MAX + 8];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_str_eq(ask_write(&world, tool, 0, bad[i], "x"), "EINVAL");
    }
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[XENSTORE_REL_PATH_MAX + 1] = '\0';
    ck_assert_str_eq(ask_write(&world, tool, 0, path, "x"), "EINVAL");
    path[XENSTORE_REL_PATH_MAX] = '\0';
    ck_assert_str_eq(ask_write(&world, tool, 0, path, "x"), "OK");
}
END_TEST

START_TEST(relative_paths_are_of_the_domain)
{
    ck_assert_str_eq(ask_write(&world, tool, 0, "/local/domain/1/x", "home"), "OK");
    ck_assert_str_eq(ask_write(&world, tool, 0, "y", "own"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_READ, 0, "/local/domain/0/y"), "own");
    ck_assert_str_eq(ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1/x\0n0\0r1"), "OK");
    ck_assert_str_eq(ASK(&world, guest, XS_READ, 0, "x"), "home");
}
END_TEST

START_TEST(directory_lists_names)
{
    struct answer answer;

    ask_write(&world, tool, 0, "/d/b", "");
    ask_write(&world, tool, 0, "/d/a", "");
    world_ask(&world, tool, XS_DIRECTORY, 0, "/d", 3, &answer);
    ck_assert_uint_eq(answer.header.len, 4);
    ck_assert_mem_eq(answer.bytes, "a\0b", 4);
    world_ask(&world, tool, XS_DIRECTORY, 0, "/d/a", 5, &answer);
    ck_assert_uint_eq(answer.header.len, 0);
}
END_TEST

START_TEST(large_directory_comes_in_parts)
{
    char path[128], request[64], generation[32] = "";
    uint32_t seen = 0;
    size_t offset = 0;
    bool last = false;

    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof(path), "/d/node-with-a-rather-long-name-number-%04d", i);
        ask_write(&world, tool, 0, path, "");
    }
    ck_assert_str_eq(ASK(&world, tool, XS_DIRECTORY, 0, "/d"), "E2BIG");
    while (!last) {
        struct answer answer;
        size_t at;
        int length = snprintf(request, sizeof(request), "/d%c%zu", '\0', offset) + 1;

        world_ask(&world, tool, XS_DIRECTORY_PART, 0, request, (size_t)length, &answer);
        ck_assert_uint_eq(answer.header.type, XS_DIRECTORY_PART);
        ck_assert(generation[0] == '\0' || !strcmp(generation, answer.bytes));
        strcpy(generation, answer.bytes);
        for (at = strlen(answer.bytes) + 1; at < answer.header.len; at += strlen(answer.bytes + at) + 1) {
            last |= answer.bytes[at] == '\0';
            seen += answer.bytes[at] != '\0';
            offset += strlen(answer.bytes + at) + 1;
        }
    }
    ck_assert_uint_eq(seen, 200);
}
END_TEST

START_TEST(domain_requests_are_the_privileged_ones)
{
    ck_assert_str_eq(ASK(&world, guest, XS_INTRODUCE, 0, "2\0001\0001"), "EACCES");
    ck_assert_str_eq(ASK(&world, guest, XS_RELEASE, 0, "2"), "EACCES");
    ck_assert_str_eq(ASK(&world, guest, XS_IS_DOMAIN_INTRODUCED, 0, "1"), "EACCES");
    ck_assert_str_eq(ASK(&world, guest, XS_CONTROL, 0, "help"), "EACCES");
    ck_assert_str_eq(ASK(&world, tool, XS_IS_DOMAIN_INTRODUCED, 0, "2"), "F");
    ck_assert_str_eq(ASK(&world, tool, XS_INTRODUCE, 0, "2\0001234\0005"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_IS_DOMAIN_INTRODUCED, 0, "2"), "T");
    ck_assert_str_eq(ASK(&world, tool, XS_INTRODUCE, 0, "2\0x\0005"), "EINVAL");
    ck_assert_str_eq(ASK(&world, tool, XS_INTRODUCE, 0, "40000\0001\0005"), "EINVAL");
    ck_assert_str_eq(ASK(&world, tool, XS_RELEASE, 0, "2"), "OK");
    ck_assert_str_eq(ASK(&world, tool, XS_RELEASE, 0, "2"), "ENOENT");
    ck_assert_str_eq(ASK(&world, guest, XS_GET_DOMAIN_PATH, 0, "77"), "/local/domain/77");
}
END_TEST

START_TEST(control_answers)
{
    ck_assert_str_eq(ASK(&world, tool, XS_CONTROL, 0, "check"), "OK");
    ck_assert_ptr_nonnull(strstr(ASK(&world, tool, XS_CONTROL, 0, "help"), "quota"));
    ck_assert_ptr_nonnull(strstr(ASK(&world, tool, XS_CONTROL, 0, "quota"), "watches"));
    ck_assert_str_eq(ASK(&world, tool, XS_CONTROL, 0, "quota\0set\0watches\0007"), "OK");
    ck_assert_uint_eq(world.store.limits.watches, 7);
    ck_assert_str_eq(ASK(&world, tool, XS_CONTROL, 0, "quota\0set\0nothing\0007"), "EINVAL");
    ck_assert_str_eq(ASK(&world, tool, XS_CONTROL, 0, "live-update"), "EINVAL");
}
END_TEST

Suite *wire_suite(void)
{
    Suite *suite = suite_create("wire");
    TCase *tests = tcase_create("wire");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, message_comes_byte_by_byte);
    tcase_add_test(tests, too_long_payload_ends_the_connection);
    tcase_add_test(tests, unknown_types_are_refused);
    tcase_add_test(tests, unterminated_strings_are_refused);
    tcase_add_test(tests, paths_are_checked);
    tcase_add_test(tests, relative_paths_are_of_the_domain);
    tcase_add_test(tests, directory_lists_names);
    tcase_add_test(tests, large_directory_comes_in_parts);
    tcase_add_test(tests, domain_requests_are_the_privileged_ones);
    tcase_add_test(tests, control_answers);
    suite_add_tcase(suite, tests);
    return suite;
}
