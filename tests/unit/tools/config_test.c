/* SPDX-License-Identifier: MIT */
/* Tests of the configuration: each kind of mistake is one error that names file, line and key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_bench.h"
#include "lib/schema.h"
#include "suites.h"

#define GOOD "{\n\"name\": \"web\",\n\"kernel\": \"/boot/vmlinuz\",\n\"memory\": \"512M\""

START_TEST(defaults)
{
    struct pv_config *config = parse(GOOD "}");
    static const uint8_t no_uuid[16];

    ck_assert_msg(config != NULL, "%s", error.message);
    ck_assert_str_eq(config->name, "web");
    ck_assert_str_eq(config->kernel, "/boot/vmlinuz");
    ck_assert_str_eq(config->cmdline, "");
    ck_assert_ptr_null(config->ramdisk);
    ck_assert_uint_eq(config->memory, 512UL << 20);
    ck_assert_uint_eq(config->max_memory, 512UL << 20);
    ck_assert_uint_eq(config->vcpus, 1);
    ck_assert_uint_eq(config->max_vcpus, 1);
    ck_assert_uint_eq(config->cpu_weight, 0);
    ck_assert_uint_eq(config->on_poweroff, PV_ACTION_DESTROY);
    ck_assert_uint_eq(config->on_reboot, PV_ACTION_RESTART);
    ck_assert_uint_eq(config->on_crash, PV_ACTION_DESTROY);
    ck_assert(memcmp(config->uuid, no_uuid, sizeof(no_uuid)) != 0);
    ck_assert_uint_eq(config->uuid[6] >> 4, 4);
    pv_config_free(config);
}
END_TEST

START_TEST(limits_for_the_devices)
{
    struct pv_config *config = parse(GOOD ", \"vcpus\": 2}");
    char *text;

    ck_assert_uint_eq(config->max_event_channels, 1024);
    ck_assert_uint_eq(config->max_grant_frames, 64);
    pv_config_free(config);
    config = parse(GOOD ", \"vcpus\": 32, \"networks\": ["
                        "{\"bridge\": \"a\"}, {\"bridge\": \"a\"}, {\"bridge\": \"a\"}, "
                        "{\"bridge\": \"a\"}, {\"bridge\": \"a\"}, {\"bridge\": \"a\"}, {\"bridge\": \"a\"}, "
                        "{\"bridge\": \"a\"}, {\"bridge\": \"a\"}, {\"bridge\": \"a\"}, {\"bridge\": \"a\"}, "
                        "{\"bridge\": \"a\"}]}");
    ck_assert_msg(config != NULL, "%s", error.message);
    ck_assert_uint_eq(config->max_event_channels, 64 + 32 * (8 + 2 * 12));
    /* 12 networks of 8 queues of 514 grants each, and 16 frames to spare. */
    ck_assert_uint_eq(config->max_grant_frames, 16 + (12 * 8 * 514 + 511) / 512);
    pv_config_free(config);
    config = parse(GOOD ", \"vcpus\": 2, \"disks\": [{\"source\": \"/a\"}]}");
    ck_assert_uint_eq(config->max_grant_frames, 64);
    /* What follows from devices is not what was given. */
    text = pv_config_text(config);
    ck_assert_ptr_null(strstr(text, "max_grant_frames"));
    ck_assert_ptr_null(strstr(text, "max_event_channels"));
    free(text);
    pv_config_free(config);
    config = parse(GOOD ", \"max_event_channels\": 100, \"max_grant_frames\": 8}");
    text = pv_config_text(config);
    ck_assert_ptr_nonnull(strstr(text, "max_grant_frames"));
    ck_assert_ptr_nonnull(strstr(text, "max_event_channels"));
    free(text);
    ck_assert_uint_eq(config->max_event_channels, 100);
    ck_assert_uint_eq(config->max_grant_frames, 8);
    pv_config_free(config);
}
END_TEST

START_TEST(all_keys)
{
    struct pv_config *config = parse(
        GOOD ", \"ramdisk\": \"/r\", \"cmdline\": \"console=hvc0\", \"max_memory\": \"1G\", \"vcpus\": 2, "
        "\"max_vcpus\": 4, \"uuid\": \"6f1ed002-ab55-4959-9c67-aa1b2c3d4e5f\", \"cpu_weight\": 512, \"cpu_cap\": 150, "
        "\"on_poweroff\": \"preserve\", \"on_reboot\": \"destroy\", \"on_crash\": \"restart\"}");
    char uuid[PV_UUID_TEXT];

    ck_assert_msg(config != NULL, "%s", error.message);
    ck_assert_str_eq(config->ramdisk, "/r");
    ck_assert_str_eq(config->cmdline, "console=hvc0");
    ck_assert_uint_eq(config->max_memory, 1UL << 30);
    ck_assert_uint_eq(config->max_vcpus, 4);
    ck_assert_uint_eq(config->cpu_weight, 512);
    ck_assert_uint_eq(config->cpu_cap, 150);
    ck_assert_uint_eq(config->on_poweroff, PV_ACTION_PRESERVE);
    ck_assert_uint_eq(config->on_crash, PV_ACTION_RESTART);
    pv_uuid_text(config->uuid, uuid);
    ck_assert_str_eq(uuid, "6f1ed002-ab55-4959-9c67-aa1b2c3d4e5f");
    pv_config_free(config);
}
END_TEST

START_TEST(mistakes)
{
    refuse(GOOD ",\n\"memroy\": \"1G\"}", "web.json:5: memroy: there is no such key; parvis.json(5) lists them");
    refuse(GOOD ",\n\"vcpus\": \"2\"}", "web.json:5: vcpus: must be a number, and is a string");
    refuse(GOOD ",\n\"vcpus\": 2.5}", "web.json:5: vcpus: \"2.5\" is not a whole number");
    refuse(GOOD ",\n\"vcpus\": -1}", "web.json:5: vcpus: \"-1\" is not a whole number");
    refuse(GOOD ",\n\"vcpus\": 33}", "web.json:5: vcpus: 33 is out of range: 1 to 32 are possible");
    refuse(GOOD ",\n\"vcpus\": 99999999999999999999}",
           "web.json:5: vcpus: 99999999999999999999 is out of range: 1 to 32 are possible");
    refuse(GOOD ",\n\"max_memory\": 512}",
           "web.json:5: max_memory: must be a string with its unit, such as \"512M\", and is a number");
    refuse(GOOD ",\n\"max_memory\": \"512\"}",
           "web.json:5: max_memory: \"512\" is not a size; write it with its unit, such as \"512M\" or \"2G\"");
    refuse(GOOD ",\n\"max_memory\": \"2T\"}",
           "web.json:5: max_memory: \"2T\" is out of range: 1M to 1T are possible");
    refuse(GOOD ",\n\"max_memory\": \"256M\"}",
           "web.json:5: max_memory: 256M is less than memory, which is 512M");
    refuse(GOOD ",\n\"vcpus\": 4,\n\"max_vcpus\": 2}",
           "web.json:6: max_vcpus: 2 is less than vcpus, which is 4");
    refuse(GOOD ",\n\"on_crash\": \"reboot\"}",
           "web.json:5: on_crash: \"reboot\" is not one of \"destroy\", \"restart\", \"preserve\"");
    refuse(GOOD ",\n\"uuid\": \"6f1ed002\"}",
           "web.json:5: uuid: \"6f1ed002\" is not a uuid, such as \"6f1ed002-ab55-4959-9c67-aa1b2c3d4e5f\"");
    refuse(GOOD ",\n\"name\": \"two\"}", "web.json:5: name: is there twice, first in line 2");
    refuse(GOOD ",\n\"ramdisk\": null}", "web.json:5: ramdisk: must be a string, and is null");
    refuse(GOOD ",\n\"ramdisk\": {}}", "web.json:5: ramdisk: must be a string, and is an object");
}
END_TEST

START_TEST(missing)
{
    refuse("{\"name\": \"web\", \"memory\": \"1G\"}", "web.json: kernel: is missing");
    refuse("{\"kernel\": \"/k\", \"memory\": \"1G\"}", "web.json: name: is missing");
    refuse("{\"name\": \"web\", \"kernel\": \"/k\"}", "web.json: memory: is missing");
    refuse("\n[]", "web.json:2: the configuration must be an object, { ... }, and is an array");
}
END_TEST

START_TEST(names)
{
    char long_name[80];

    refuse("{\"name\": \"\"}", "web.json:1: name: a name has 1 to 63 characters, this has 0");
    refuse("{\"name\": \"12\"}", "web.json:1: name: \"12\" is a number, and could not be told from a domain's");
    memset(long_name, 'a', 64);
    long_name[64] = '\0';
    ck_assert_int_eq(pv_schema_set(&pv_schema[PV_KEY_NAME], &(struct pv_config){0}, long_name, &error), -1);
    ck_assert_int_eq(pv_schema_set(&pv_schema[PV_KEY_NAME], &(struct pv_config){0}, "../x", &error), -1);
    ck_assert_int_eq(pv_schema_set(&pv_schema[PV_KEY_NAME], &(struct pv_config){0}, "a/b", &error), -1);
    ck_assert_int_eq(pv_schema_set(&pv_schema[PV_KEY_NAME], &(struct pv_config){0}, "-x", &error), -1);
}
END_TEST

START_TEST(command_line_too_long)
{
    char text[4096];
    size_t start = (size_t)sprintf(text, GOOD ",\n\"cmdline\": \"");

    memset(text + start, 'x', 1024);
    strcpy(text + start + 1024, "\"}");
    refuse(text, "web.json:5: cmdline: is too long: 1024 bytes, and 1023 are possible");
    strcpy(text + start + 1023, "\"}");
    pv_config_free(parse(text));
    ck_assert_str_eq(error.message, "");
}
END_TEST

START_TEST(overrides)
{
    char *good[] = {"memory=1G", "vcpus=3", "name=other"};
    char *unknown[] = {"foo=1"}, *broken[] = {"foo"}, *wrong[] = {"vcpus=none"};
    struct pv_config *config = parse_with(GOOD "}", good, 3);

    ck_assert_msg(config != NULL, "%s", error.message);
    ck_assert_str_eq(config->name, "other");
    ck_assert_uint_eq(config->memory, 1UL << 30);
    ck_assert_uint_eq(config->max_memory, 1UL << 30);
    ck_assert_uint_eq(config->max_vcpus, 3);
    pv_config_free(config);
    ck_assert_ptr_null(parse_with(GOOD "}", unknown, 1));
    ck_assert_str_eq(error.message, "command line: foo: there is no such key; parvis.json(5) lists them");
    ck_assert_ptr_null(parse_with(GOOD "}", broken, 1));
    ck_assert_str_eq(error.message, "command line: \"foo\" is not key=value");
    ck_assert_ptr_null(parse_with(GOOD "}", wrong, 1));
    ck_assert_str_eq(error.message, "command line: vcpus: \"none\" is not a whole number");
}
END_TEST

START_TEST(sizes)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"1K", 1024}, {"512M", 512UL << 20}, {"2G", 2UL << 30}, {"1T", 1UL << 40}, {"3m", 3UL << 20},
                {"4MiB", 4UL << 20}, {"0K", 0}};
    static const char *const bad[] = {"", "M", "-1M", " 1M", "1", "1X", "1MM", "1MB", "1.5G", "99999999999999999999K",
                                      "18014398509481984K", "16777216T"};
    char text[PV_SIZE_TEXT];
    uint64_t bytes;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(pv_size_parse(good[i].text, &bytes), "%s", good[i].text);
        ck_assert_uint_eq(bytes, good[i].bytes);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!pv_size_parse(bad[i], &bytes), "%s", bad[i]);
    }
    ck_assert_str_eq(pv_size_text(1536UL << 20, text), "1536M");
    ck_assert_str_eq(pv_size_text(3UL << 30, text), "3G");
    ck_assert_str_eq(pv_size_text(4096, text), "4K");
    ck_assert_str_eq(pv_size_text(5UL << 40, text), "5T");
    ck_assert_str_eq(pv_size_text(0, text), "0K");
}
END_TEST

/* What is written is read again, and is the same: restarts depend on it. */
START_TEST(round_trip)
{
    struct pv_config *first =
        parse(GOOD ",\"vcpus\": 2,\"cmdline\":\"a \\\"b\\\" \\u00e4\",\"on_crash\":\"preserve\"}");
    char *text = pv_config_text(first), *again;
    struct pv_config *second = parse(text);

    ck_assert_msg(second != NULL, "%s", error.message);
    again = pv_config_text(second);
    ck_assert_str_eq(text, again);
    ck_assert_mem_eq(first->uuid, second->uuid, sizeof(first->uuid));
    ck_assert_str_eq(first->cmdline, second->cmdline);
    ck_assert_uint_eq(second->cpu_weight, 0);
    free(text);
    free(again);
    pv_config_free(first);
    pv_config_free(second);
}
END_TEST

START_TEST(missing_file)
{
    char path[] = "/tmp/parvis-config-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    fputs("{\"name\": \"web\",\n\"kernel\": \"no-such-kernel\", \"memory\": \"1G\"}", file);
    fclose(file);
    ck_assert_ptr_null(pv_config_read(path, NULL, 0, &error));
    ck_assert_ptr_nonnull(strstr(error.message, ":2: kernel: /tmp/no-such-kernel: No such file"));
    ck_assert_int_eq(error.class, PV_ERROR_USAGE);
    remove(path);
    ck_assert_ptr_null(pv_config_read(path, NULL, 0, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "cannot be read: No such file"));
}
END_TEST

/* Each key is in each form of the documentation. */
START_TEST(documentation)
{
    for (int format = PV_SCHEMA_TEXT; format <= PV_SCHEMA_MAN; format++) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        ck_assert_int_eq(pv_schema_print(out, (enum pv_schema_format)format, &error), 0);
        fclose(out);
        for (int key = 0; key < PV_KEY_COUNT; key++) {
            ck_assert_msg(strstr(text, pv_schema[key].key) != NULL, "%s in format %d", pv_schema[key].key, format);
        }
        free(text);
    }
}
END_TEST

/* The committed pages are those that the table makes. */
static void check_page(const char *path, enum pv_schema_format format)
{
    char *made = NULL, page[65536];
    size_t size, page_size;
    FILE *out = open_memstream(&made, &size), *file = fopen(path, "r");

    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_int_eq(pv_schema_print(out, format, &error), 0);
    fclose(out);
    page_size = fread(page, 1, sizeof(page) - 1, file);
    page[page_size] = '\0';
    fclose(file);
    ck_assert_msg(strcmp(page, made) == 0, "%s is old: make it anew by parvis schema", path);
    free(made);
}

START_TEST(pages)
{
    check_page(SOURCE_FOLDER "/docs/configuration.md", PV_SCHEMA_MARKDOWN);
    check_page(SOURCE_FOLDER "/dom0-tools/man/parvis.json.5", PV_SCHEMA_MAN);
    check_page(SOURCE_FOLDER "/dom0-tools/examples/parvis.schema.json", PV_SCHEMA_JSON);
}
END_TEST

START_TEST(examples)
{
    static const char *const paths[] = {SOURCE_FOLDER "/dom0-tools/examples/debian.json",
                                        SOURCE_FOLDER "/dom0-tools/examples/tiny.json"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct pv_config *config = pv_config_load(paths[i], &error);

        ck_assert_msg(config != NULL, "%s", error.message);
        pv_config_free(config);
    }
}
END_TEST

Suite *config_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("config");

    tcase_add_test(tests, defaults);
    tcase_add_test(tests, limits_for_the_devices);
    tcase_add_test(tests, all_keys);
    tcase_add_test(tests, mistakes);
    tcase_add_test(tests, missing);
    tcase_add_test(tests, names);
    tcase_add_test(tests, command_line_too_long);
    tcase_add_test(tests, overrides);
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, round_trip);
    tcase_add_test(tests, missing_file);
    tcase_add_test(tests, documentation);
    tcase_add_test(tests, pages);
    tcase_add_test(tests, examples);
    suite_add_tcase(suite, tests);
    return suite;
}
