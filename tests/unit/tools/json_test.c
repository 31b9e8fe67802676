/* SPDX-License-Identifier: MIT */
/* Tests of the JSON reader and writer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "suites.h"

static struct pv_error error;

static struct pv_json *parse(const char *text)
{
    memset(&error, 0, sizeof(error));
    return pv_json_parse("x", text, strlen(text), &error);
}

START_TEST(tree)
{
    struct pv_json *json = parse("{\n \"a\": [1, \"two\",\n true, null],\n \"b\": {}\n}\n");
    const struct pv_json *array, *element;

    ck_assert_ptr_nonnull(json);
    ck_assert_int_eq(json->type, PV_JSON_OBJECT);
    array = json->children;
    ck_assert_str_eq(array->key, "a");
    ck_assert_int_eq(array->type, PV_JSON_ARRAY);
    ck_assert_uint_eq(array->line, 2);
    element = array->children;
    ck_assert_int_eq(element->type, PV_JSON_NUMBER);
    ck_assert_str_eq(element->text, "1");
    ck_assert_ptr_null(element->key);
    element = element->next;
    ck_assert_str_eq(element->text, "two");
    element = element->next;
    ck_assert(element->type == PV_JSON_BOOL && element->truth);
    ck_assert_uint_eq(element->line, 3);
    ck_assert_int_eq(element->next->type, PV_JSON_NULL);
    ck_assert_ptr_null(element->next->next);
    ck_assert_str_eq(array->next->key, "b");
    ck_assert_uint_eq(array->next->line, 4);
    pv_json_free(json);
}
END_TEST

START_TEST(broken)
{
    static const struct {
        const char *text;
        const char *place;
    } cases[] = {{"", "x:1:"},
                 {"{", "x:1:"},
                 {"{\n\"a\" 1}", "x:2:"},
                 {"{\"a\": 1,\n}", "x:2:"},
                 {"[1\n2]", "x:2:"},
                 {"{} {}", "x:1:"},
                 {"// no\n{}", "x:1:"},
                 {"\"\xff\"", "x:1:"},
                 {"{\"a\": tru}", "x:1:"},
                 {"\"a\nb\"", "x:"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(parse(cases[i].text) == NULL, "%s", cases[i].text);
        ck_assert_msg(strncmp(error.message, cases[i].place, strlen(cases[i].place)) == 0, "%s: %s",
                      cases[i].text, error.message);
        ck_assert_int_eq(error.class, PV_ERROR_USAGE);
    }
}
END_TEST

START_TEST(depth)
{
    char text[2 * PV_JSON_DEPTH + 3];
    struct pv_json *json;

    memset(text, '[', PV_JSON_DEPTH);
    memset(text + PV_JSON_DEPTH, ']', PV_JSON_DEPTH);
    text[2 * PV_JSON_DEPTH] = '\0';
    json = parse(text);
    ck_assert_msg(json != NULL, "%s", error.message);
    pv_json_free(json);
    memset(text, '[', PV_JSON_DEPTH + 1);
    memset(text + PV_JSON_DEPTH + 1, ']', PV_JSON_DEPTH + 1);
    text[2 * PV_JSON_DEPTH + 2] = '\0';
    ck_assert_ptr_null(parse(text));
    ck_assert_ptr_nonnull(strstr(error.message, "more than 32 brackets"));
}
END_TEST

START_TEST(writing)
{
    struct pv_json_writer *writer = pv_json_writer_new();
    struct pv_json *json;

    pv_json_open(writer, PV_JSON_OBJECT);
    pv_json_member_string(writer, "text", "a\"\n\x01");
    pv_json_member_integer(writer, "number", -5);
    pv_json_key(writer, "list");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_bool(writer, false);
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_OBJECT);
    json = parse(pv_json_writer_text(writer));
    ck_assert_msg(json != NULL, "%s", error.message);
    ck_assert_str_eq(json->children->text, "a\"\n\x01");
    ck_assert_str_eq(json->children->next->text, "-5");
    ck_assert_int_eq(json->children->next->next->children->truth, false);
    pv_json_free(json);
    pv_json_writer_free(writer);
}
END_TEST

Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tests = tcase_create("json");

    tcase_add_test(tests, tree);
    tcase_add_test(tests, broken);
    tcase_add_test(tests, depth);
    tcase_add_test(tests, writing);
    suite_add_tcase(suite, tests);
    return suite;
}
