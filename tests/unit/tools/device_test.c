/* SPDX-License-Identifier: MIT */
/* Tests of disks and networks in a configuration: names and numbers, lists and their mistakes, words of the command
 * line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_bench.h"
#include "lib/json.h"
#include "lib/nbd_options.h"
#include "lib/schema.h"
#include "suites.h"

#define GOOD "{\n\"name\": \"web\",\n\"kernel\": \"/boot/vmlinuz\",\n\"memory\": \"512M\",\n"

/* The numbers are Xen's, which guests decode: 202 << 8 and 16 for each disk, then 1 << 28 and 256 for each. */
START_TEST(disk_numbers)
{
    static const struct {
        const char *name;
        uint32_t number;
    } good[] = {{"xvda", 51712}, {"xvda1", 51713}, {"xvdb", 51728}, {"xvdp15", 51967}, {"xvda16", 1u << 28 | 16},
                {"xvdq", 1u << 28 | 16 << 8}, {"xvdaa", 1u << 28 | 26 << 8}, {"xvdzz3", 1u << 28 | 701 << 8 | 3}};
    static const char *const bad[] = {"", "xvd", "sda", "xvdA", "xvda0", "xvda256", "xvdaaa", "xvda1x", "xvda-1"};
    char text[PV_TARGET_TEXT];
    uint32_t number;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(pv_disk_number(good[i].name, &number), "%s", good[i].name);
        ck_assert_uint_eq(number, good[i].number);
        ck_assert_str_eq(pv_disk_target(number, text), good[i].name);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!pv_disk_number(bad[i], &number), "%s", bad[i]);
    }
    ck_assert_str_eq(pv_disk_target(8 << 8, text), "");
}
END_TEST

START_TEST(addresses_and_rates)
{
    static const char *const bad_macs[] = {"", "00:16:3e:00:00", "00:16:3e:00:00:0", "00:16:3e:00:00:00:00",
                                           "00-16-3e-00-00-00", "0g:16:3e:00:00:00"};
    static const struct {
        const char *text;
        uint64_t rate;
    } rates[] = {{"100Mb/s", 12500000}, {"10MB/s", 10000000}, {"8kb/s", 1000}, {"1Gb/s", 125000000}, {"9000B/s", 9000}};
    static const char *const bad_rates[] = {"", "100", "100M", "100Mb", "100Mbps", "Mb/s", "-1Mb/s", "1Tb/s",
                                            "99999999999999999999b/s", "18446744073709551615Gb/s"};
    uint8_t mac[PV_MAC_SIZE];
    char text[PV_RATE_TEXT];
    uint64_t rate, again;

    ck_assert(pv_mac_parse("00:16:3E:0a:ff:01", mac));
    pv_mac_text(mac, text);
    ck_assert_str_eq(text, "00:16:3e:0a:ff:01");
    for (size_t i = 0; i < sizeof(bad_macs) / sizeof(bad_macs[0]); i++) {
        ck_assert_msg(!pv_mac_parse(bad_macs[i], mac), "%s", bad_macs[i]);
    }
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        ck_assert_msg(pv_rate_parse(rates[i].text, &rate), "%s", rates[i].text);
        ck_assert_uint_eq(rate, rates[i].rate);
        ck_assert(pv_rate_parse(pv_rate_text(rate, text), &again));
        ck_assert_uint_eq(again, rate);
    }
    for (size_t i = 0; i < sizeof(bad_rates) / sizeof(bad_rates[0]); i++) {
        ck_assert_msg(!pv_rate_parse(bad_rates[i], &rate), "%s", bad_rates[i]);
    }
}
END_TEST

START_TEST(vlans)
{
    static const char *const bad[] = {"", " ", "0", "4095", "7 ", " 7", "7,8", "9-8", "5-", "-5", "1-4095",
                                      "99999999999"};
    uint8_t set[PV_VLANS_SIZE];
    unsigned int count = 0;

    ck_assert(pv_vlans_parse("10 20-29 4094 25", set));
    for (unsigned int vlan = 0; vlan < PV_VLANS_SIZE * 8; vlan++) {
        count += pv_vlans_has(set, vlan);
    }
    ck_assert_uint_eq(count, 12);
    ck_assert(pv_vlans_has(set, 10) && pv_vlans_has(set, 20) && pv_vlans_has(set, 29) && pv_vlans_has(set, 4094));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!pv_vlans_parse(bad[i], set), "%s", bad[i]);
    }
}
END_TEST

START_TEST(lists)
{
    struct pv_config *config = parse(
        GOOD "\"disks\": [{\"source\": \"/a\"}, {\"source\": \"/b\", \"target\": \"xvdb\", \"access\": \"ro\"}, "
             "{\"source\": \"/c\", \"cache\": \"writeback\"}],\n"
             "\"networks\": [{\"bridge\": \"br0\", \"rate\": \"8Mb/s\", \"vlan\": 5, \"ip\": \"10.0.0.2 fd00::2\"}, "
             "{\"bridge\": \"br1\", \"mac\": \"00:16:3e:00:00:01\"}]}");
    char *text;
    struct pv_network *network;

    ck_assert_msg(config != NULL, "%s", error.message);
    ck_assert_uint_eq(config->disks.count, 3);
    ck_assert_str_eq(pv_config_disk(config, 0)->target, "xvda");
    ck_assert_uint_eq(pv_config_disk(config, 1)->access, PV_ACCESS_READ_ONLY);
    ck_assert_str_eq(pv_config_disk(config, 2)->target, "xvdc");
    ck_assert_uint_eq(pv_config_disk(config, 2)->cache, PV_CACHE_WRITEBACK);
    network = pv_config_network(config, 0);
    ck_assert_uint_eq(network->rate, 1000000);
    ck_assert_uint_eq(network->vlan, 5);
    ck_assert_uint_eq(network->mac[2], 0x3e);
    ck_assert_uint_eq(pv_config_network(config, 1)->mac[5], 1);
    ck_assert_ptr_null(network->backend);
    pv_config_free(config);
    /* What another domain serves is no file of dom0's: the word stays as it is. */
    config = parse(GOOD "\"disks\": [{\"source\": \"ram:4\", \"backend\": \"driver\"}, {\"source\": \"b\"}]}");
    ck_assert_msg(config != NULL, "%s", error.message);
    ck_assert_str_eq(pv_config_disk(config, 0)->source, "ram:4");
    ck_assert_str_eq(pv_config_disk(config, 0)->backend, "driver");
    ck_assert_ptr_null(pv_config_disk(config, 1)->backend);
    pv_config_free(config);
    config = parse(GOOD "\"disks\": [{\"source\": \"nbd://store/a,b\"}, {\"source\": \"/b\", \"boot\": true}]}");
    ck_assert_msg(config != NULL, "%s", error.message);
    ck_assert(pv_disk_is_remote(pv_config_disk(config, 0)) && !pv_disk_is_remote(pv_config_disk(config, 1)));
    ck_assert(!pv_config_disk(config, 0)->boot && pv_config_disk(config, 1)->boot);
    text = pv_config_text(config);
    ck_assert_ptr_nonnull(strstr(text, "\"boot\": true"));
    ck_assert_ptr_null(strstr(text, "false"));
    free(text);
    pv_config_free(config);
}
END_TEST

START_TEST(mistakes)
{
    refuse(GOOD "\"disks\": {}}", "web.json:5: disks: must be an array, and is an object");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"boot\": \"true\"}]}",
           "web.json:5: disks[0].boot: must be true or false, and is a string");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"boot\": true}, {\"source\": \"/b\", \"boot\": true}]}",
           "web.json:5: disks[1].boot: another disk, xvda, is the one to boot from");
    refuse(GOOD "\"disks\": [3]}", "web.json:5: disks[0]: a disk must be an object, and is a number");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\"},\n{}]}", "web.json:6: disks[1].source: is missing");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\",\n\"size\": \"1G\"}]}",
           "web.json:6: disks[0]: size: there is no such key; parvis.json(5) lists them");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"source\": \"/b\"}]}",
           "web.json:5: disks[0].source: is there twice");
    refuse(GOOD "\"disks\": [{\"source\": 1}]}", "web.json:5: disks[0].source: must be a string, and is a number");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"target\": \"hda\"}]}",
           "web.json:5: disks[0].target: \"hda\" is not a disk's name, such as \"xvda\" or \"xvdb1\"");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"target\": \"xvda\"}, {\"source\": \"/b\", \"target\": \"xvda\"}]}",
           "web.json:5: disks[1].target: another disk is xvda too");
    refuse(GOOD "\"disks\": [{\"source\": \"ram:1\", \"backend\": \"driver\", \"cache\": \"writeback\"}]}",
           "web.json:5: disks[0].backend: format, cache and limits are for the disks that dom0 serves");
    refuse(GOOD "\"disks\": [{\"source\": \"ram:1\", \"backend\": \"driver\", \"iops\": 100}]}",
           "web.json:5: disks[0].backend: format, cache and limits are for the disks that dom0 serves");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"rate\": \"1MB/s\", \"write_rate\": \"1MB/s\"}]}",
           "web.json:5: disks[0].write_rate: cannot be together with rate");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"iops\": 5, \"read_iops\": 5}]}",
           "web.json:5: disks[0].read_iops: cannot be together with iops");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"iops\": 0}]}",
           "web.json:5: disks[0].iops: 0 is out of range: 1 to 10000000 are possible");
    refuse(GOOD "\"disks\": [{\"source\": \"/a\", \"rate\": 1000}]}",
           "web.json:5: disks[0].rate: must be a string, and is a number");
    refuse(GOOD "\"disks\": [{\"source\": \"ram:1\", \"backend\": 3}]}",
           "web.json:5: disks[0].backend: must be a string, and is a number");
    refuse(GOOD "\"networks\": [{\"bridge\": \"a/b\"}]}",
           "web.json:5: networks[0].bridge: \"a/b\" cannot be the name of a bridge");
    refuse(GOOD "\"networks\": [{\"bridge\": \"b\", \"vlan\": 4095}]}",
           "web.json:5: networks[0].vlan: 4095 is out of range: 1 to 4094 are possible");
    refuse(GOOD "\"networks\": [{\"bridge\": \"b\", \"ip\": \"10.0.0\"}]}",
           "web.json:5: networks[0].ip: \"10.0.0\" is not an address such as 10.0.0.2 or fd00::2");
    refuse(GOOD "\"networks\": [{\"bridge\": \"b\", \"mac\": \"01:16:3e:00:00:01\"}]}",
           "web.json:5: networks[0].mac: \"01:16:3e:00:00:01\" is a group's address, not one interface's");
    refuse(GOOD "\"networks\": [{\"bridge\": \"b\", \"mac\": \"00:16:3e:00:00:01\"}, {\"bridge\": \"c\", "
                "\"mac\": \"00:16:3E:00:00:01\"}]}",
           "web.json:5: networks[1].mac: another network has the same");
    refuse(GOOD "\"networks\": [{\"bridge\": \"b\", \"rate\": \"1b/s\"}]}",
           "web.json:5: networks[0].rate: \"1b/s\" is out of range: 1kB/s to 100GB/s are possible");
}
END_TEST

/* What a restart reads is what the domain had, its hardware addresses too. */
START_TEST(round_trip)
{
    struct pv_config *first = parse(GOOD "\"disks\": [{\"source\": \"/a\", \"read_rate\": \"8Mb/s\", \"iops\": 7}, "
                                         "{\"source\": \"ram:1\", \"backend\": \"d\"}], "
                                         "\"networks\": [{\"bridge\": \"br0\", \"backend\": \"driver\", "
                                         "\"rate\": \"100Mb/s\", \"vlan\": 9}]}"),
                     *second;
    char *text = pv_config_text(first), *again;

    second = parse(text);
    ck_assert_msg(second != NULL, "%s", error.message);
    again = pv_config_text(second);
    ck_assert_str_eq(text, again);
    ck_assert_uint_eq(pv_config_disk(second, 0)->limits[PV_LIMIT_READ_BYTES], 1000000);
    ck_assert_uint_eq(pv_config_disk(second, 0)->limits[PV_LIMIT_REQUESTS], 7);
    ck_assert(!pv_limits_any(pv_config_disk(second, 1)->limits));
    ck_assert_mem_eq(pv_config_network(first, 0)->mac, pv_config_network(second, 0)->mac, PV_MAC_SIZE);
    free(text);
    free(again);
    pv_config_free(first);
    pv_config_free(second);
}
END_TEST

START_TEST(overridden)
{
    char *good[] = {"disks=[{\"source\": \"/z\"}]"}, *object[] = {"disks={}"}, *broken[] = {"disks=["},
         *wrong[] = {"disks=[{\"target\": \"xvda\"}]"};
    struct pv_config *config = parse_with(GOOD "\"disks\": [{\"source\": \"/a\"}, {\"source\": \"/b\"}]}", good, 1);

    ck_assert_msg(config != NULL, "%s", error.message);
    ck_assert_uint_eq(config->disks.count, 1);
    ck_assert_str_eq(pv_config_disk(config, 0)->source, "/z");
    pv_config_free(config);
    ck_assert_ptr_null(parse_with(GOOD "\"vcpus\": 1}", object, 1));
    ck_assert_str_eq(error.message, "command line: disks: must be an array, and is an object");
    ck_assert_ptr_null(parse_with(GOOD "\"vcpus\": 1}", broken, 1));
    ck_assert_ptr_null(parse_with(GOOD "\"vcpus\": 1}", wrong, 1));
    ck_assert_str_eq(error.message, "command line: disks[0].source: is missing");
}
END_TEST

START_TEST(added_and_removed)
{
    struct pv_config *config = parse(GOOD "\"disks\": [{\"source\": \"/dev/null\"}]}");
    char *second[] = {(char *)"source=/dev/zero", (char *)"access=ro"};
    char *taken[] = {(char *)"source=/dev/zero", (char *)"target=xvda"}, *missing[] = {(char *)"source=/no/such"};

    ck_assert_int_eq(pv_config_add_item(config, PV_KEY_DISKS, second, 2, &error), 0);
    ck_assert_str_eq(pv_config_disk(config, 1)->target, "xvdb");
    ck_assert_int_eq(pv_config_add_item(config, PV_KEY_DISKS, taken, 2, &error), -1);
    ck_assert_int_eq(pv_config_add_item(config, PV_KEY_DISKS, missing, 1, &error), -1);
    ck_assert_str_eq(error.message, "command line: disks[2].source: /no/such: No such file or directory");
    ck_assert_uint_eq(config->disks.count, 2);
    pv_config_remove_item(config, PV_KEY_DISKS, 0);
    ck_assert_uint_eq(config->disks.count, 1);
    ck_assert_str_eq(pv_config_disk(config, 0)->source, "/dev/zero");
    pv_config_free(config);
}
END_TEST

START_TEST(limits_of_disks)
{
    static const char *const bad[] = {"rate", "rate=", "rate=x", "rates=1", "rate=1,", ",rate=1", "rate=1 ", "=1",
                                      "rate=1,iops", "rate=1iops=2"};
    uint64_t some[PV_LIMIT_COUNT] = {[PV_LIMIT_BYTES] = 2000000, [PV_LIMIT_WRITE_REQUESTS] = 9}, again[PV_LIMIT_COUNT];
    char text[PV_LIMITS_TEXT];

    ck_assert_str_eq(pv_limits_text(some, text), "rate=2000000,write_iops=9");
    ck_assert(pv_limits_parse(text, again));
    ck_assert_mem_eq(some, again, sizeof(some));
    ck_assert(pv_limits_parse("", again) && !pv_limits_any(again));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!pv_limits_parse(bad[i], again), "%s", bad[i]);
    }
    for (enum pv_disk_limit i = 0; i < PV_LIMIT_COUNT; i++) {
        ck_assert_str_eq(pv_limits_key(i), pv_schema_disks.entries[PV_DISK_RATE + i].key);
        some[i] = UINT64_MAX;
    }
    ck_assert(pv_limits_parse(pv_limits_text(some, text), again));
    ck_assert_mem_eq(some, again, sizeof(some));
}
END_TEST

/* The words for qemu-nbd: a source cannot add an option of its own. */
START_TEST(words_of_servers)
{
    char source[] = "/a,b,driver=null-co", group[PV_NBD_LIMITS], image[PV_NBD_IMAGE], longest[PATH_MAX];
    struct pv_disk disk = {.source = source, .format = PV_FORMAT_QCOW2};

    ck_assert_uint_eq(pv_nbd_answer_s(&disk), 30);
    disk.limits[PV_LIMIT_READ_BYTES] = 1000000;
    disk.limits[PV_LIMIT_REQUESTS] = 100;
    ck_assert_str_eq(pv_nbd_limits_option(&disk, group),
                     "{\"qom-type\":\"throttle-group\",\"id\":\"limits\",\"limits\":"
                     "{\"bps-read\":1000000,\"iops-total\":100}}");
    ck_assert_str_eq(pv_nbd_image_option(&disk, image), "driver=throttle,throttle-group=limits,file.driver=qcow2,"
                                                        "file.file.filename=/a,,b,,driver=null-co");
    /* All that can be under way, 160 MiB, goes before the last of it. */
    ck_assert_uint_eq(pv_nbd_answer_s(&disk), 30 + 168);
    memset(longest, ',', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    disk.source = longest;
    pv_nbd_image_option(&disk, image);
    ck_assert_uint_eq(strlen(strstr(image, "filename=")), 9 + 2 * (PATH_MAX - 1));
}
END_TEST

Suite *device_suite(void)
{
    Suite *suite = suite_create("device");
    TCase *tests = tcase_create("device");

    tcase_add_test(tests, disk_numbers);
    tcase_add_test(tests, addresses_and_rates);
    tcase_add_test(tests, vlans);
    tcase_add_test(tests, lists);
    tcase_add_test(tests, mistakes);
    tcase_add_test(tests, round_trip);
    tcase_add_test(tests, overridden);
    tcase_add_test(tests, added_and_removed);
    tcase_add_test(tests, limits_of_disks);
    tcase_add_test(tests, words_of_servers);
    suite_add_tcase(suite, tests);
    return suite;
}
