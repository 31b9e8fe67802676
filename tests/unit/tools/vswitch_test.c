/* SPDX-License-Identifier: MIT */
/* Tests of Open vSwitch's ports, against a database of our own that plays a part: it answers with given texts, a few
 * bytes at a time, and keeps what it was asked. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/json.h"
#include "lib/vswitch.h"
#include "suites.h"

#define ECHO     "{\"method\":\"echo\",\"id\":\"echo\",\"params\":[\"}\\\"{\"]}"
#define ANSWER(results) "{\"id\":0,\"error\":null,\"result\":[" results "]}"
#define ROW(id)  "{\"rows\":[{\"_uuid\":[\"uuid\",\"" id "\"]}]}"
#define NO_ROWS  "{\"rows\":[]}"
#define CONFLICT ANSWER("{},{},{},{},{},{\"error\":\"constraint violation\",\"details\":\"name\"}")
#define PIECE    7

static struct {
    const char *const *answers; /* NULL-terminated; the connection ends then */
    char asked[8][4096];
    unsigned int count;
    int listener;
    char folder[64], path[128];
    pthread_t thread;
} fake;

/* Reads until a question is whole: it ends as no other part of it does. */
static bool take_question(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;

    while (length < size - 1 && (got = recv(fd, text + length, size - 1 - length, 0)) > 0) {
        length += (size_t)got;
        text[length] = '\0';
        if (length > 4 && strcmp(text + length - 4, "]\n}\n") == 0) {
            return true;
        }
    }
    return false;
}

static void *serve(void *unused)
{
    int fd = accept(fake.listener, NULL, NULL);

    (void)unused;
    for (; fake.answers[fake.count]; fake.count++) {
        const char *answer = fake.answers[fake.count];

        if (!take_question(fd, fake.asked[fake.count], sizeof(fake.asked[0]))) {
            break;
        }
        for (size_t left = strlen(answer), piece; left > 0; left -= piece, answer += piece) {
            piece = left < PIECE ? left : PIECE;
            send(fd, answer, piece, MSG_NOSIGNAL);
        }
    }
    close(fd);
    return NULL;
}

static void begin(const char *const *answers)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memset(&fake, 0, sizeof(fake));
    fake.answers = answers;
    strcpy(fake.folder, "/tmp/vswitch-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fake.folder));
    snprintf(fake.path, sizeof(fake.path), "%s/db.sock", fake.folder);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", fake.path);
    setenv("OVS_RUNDIR", fake.folder, 1);
    fake.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fake.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fake.listener, 1), 0);
    ck_assert_int_eq(pthread_create(&fake.thread, NULL, serve, NULL), 0);
}

/* Ends the play; all its answers were asked for. */
static void end(unsigned int questions)
{
    pthread_join(fake.thread, NULL);
    close(fake.listener);
    unlink(fake.path);
    rmdir(fake.folder);
    ck_assert_uint_eq(fake.count, questions);
}

/* A question's text without its spaces and line ends. */
static const char *asked(unsigned int index)
{
    char *to = fake.asked[index];

    for (const char *from = to; *from; from++) {
        if (*from != ' ' && *from != '\n') {
            *to++ = *from;
        }
    }
    *to = '\0';
    return fake.asked[index];
}

static void has(unsigned int index, const char *part)
{
    ck_assert_msg(strstr(asked(index), part) != NULL, "%s is not in %s", part, fake.asked[index]);
}

static void lacks(unsigned int index, const char *part)
{
    ck_assert_msg(strstr(asked(index), part) == NULL, "%s is in %s", part, fake.asked[index]);
}

START_TEST(finds_bridges)
{
    static const char *const there[] = {ECHO ANSWER(ROW("b")), NULL}, *const not_there[] = {ANSWER(NO_ROWS), NULL};
    struct pv_error error;

    begin(there);
    ck_assert_int_eq(pv_vswitch_has_bridge("odd\"name", &error), 1);
    end(1);
    has(0, "[\"name\",\"==\",\"odd\\\"name\"]");
    begin(not_there);
    ck_assert_int_eq(pv_vswitch_has_bridge("ovs0", &error), 0);
    end(1);
}
END_TEST

START_TEST(adds_a_port)
{
    static const char *const fresh[] = {
        ANSWER(ROW("b1") "," NO_ROWS),
        ANSWER("{},{},{\"count\":1},{\"count\":1},{\"rows\":[{\"next_cfg\":5,\"cur_cfg\":4}]}"),
        ANSWER("{\"rows\":[{\"cur_cfg\":4}]},{\"rows\":[{\"error\":[\"set\",[]],\"ofport\":[\"set\",[]]}]}"),
        /* Somebody has put it in anew. */
        ANSWER("{\"rows\":[{\"cur_cfg\":5,\"next_cfg\":6}]},"
               "{\"rows\":[{\"error\":[\"set\",[]],\"ofport\":[\"set\",[]]}]}"),
        ANSWER("{\"rows\":[{\"cur_cfg\":6,\"next_cfg\":6}]},{\"rows\":[{\"error\":[\"set\",[]],\"ofport\":3}]}"), NULL};
    struct pv_network network = {.bridge = "ovs0", .mac = {0, 0x16, 0x3e, 0, 0, 9}, .vlan = 7, .trunks = "20-21 9"};
    struct pv_error error;

    begin(fresh);
    ck_assert_msg(pv_vswitch_add("vif1.0", &network, &error) == 0, "%s", error.message);
    end(5);
    has(1, "\"tag\":7");
    has(1, "\"trunks\":[\"set\",[9,20,21]]");
    has(1, "\"vlan_mode\":\"native-untagged\"");
    has(1, "[\"attached-mac\",\"00:16:3e:00:00:09\"]");
    has(1, "\"where\":[[\"_uuid\",\"==\",[\"uuid\",\"b1\"]]]");
    lacks(1, "\"delete\"");
}
END_TEST

START_TEST(replaces_what_is_left)
{
    static const char *const old[] = {
        ANSWER(ROW("b1") "," ROW("p1")), CONFLICT, ANSWER(ROW("b1") "," ROW("p2")),
        ANSWER("{},{},{},{},{},{\"rows\":[{\"next_cfg\":5,\"cur_cfg\":4}]}"),
        ANSWER("{\"rows\":[{\"cur_cfg\":6}]},{\"rows\":[{\"error\":\"no such device\",\"ofport\":-1}]}"), NULL};
    struct pv_network network = {.bridge = "ovs0"};
    struct pv_error error;

    begin(old);
    ck_assert_int_eq(pv_vswitch_add("vif1.0", &network, &error), -1);
    ck_assert_str_eq(error.message, "putting vif1.0 on the bridge ovs0: Open vSwitch says: no such device");
    end(5);
    has(1, "[\"ports\",\"delete\",[\"uuid\",\"p1\"]]");
    has(3, "[\"ports\",\"delete\",[\"uuid\",\"p2\"]]");
    lacks(3, "\"tag\"");
}
END_TEST

START_TEST(says_what_is_wrong)
{
    static const char *const no_bridge[] = {
        ANSWER(ROW("b") "," NO_ROWS), ANSWER("{},{},{},{},{\"rows\":[{\"next_cfg\":5,\"cur_cfg\":4}]}"),
        ANSWER("{\"rows\":[{\"cur_cfg\":5}]},{\"rows\":[{\"error\":[\"set\",[]],\"ofport\":[\"set\",[]]}]}"), NULL};
    static const char *const none[] = {ANSWER(NO_ROWS "," NO_ROWS), NULL};
    static const char *const refused[] = {ANSWER(ROW("b") "," NO_ROWS),
                                          ANSWER("{},null,{\"error\":\"resources exhausted\"}"), NULL};
    static const char *const nonsense[] = {"{\"id\":0,\"result\":{}}", NULL}, *const broken[] = {"{\"a\" 1}", NULL};
    static const char *const silent[] = {NULL};
    static const struct {
        const char *const *answers;
        unsigned int count;
        const char *message;
    } cases[] = {{none, 1, "Open vSwitch has no bridge ovs0"},
                 {no_bridge, 3, "Open vSwitch makes no port of it"},
                 {refused, 2, "Open vSwitch's database: resources exhausted"},
                 {nonsense, 1, "what is no result"},
                 {broken, 1, "Open vSwitch's answer:1"},
                 {silent, 0, "Connection reset"}};
    struct pv_network network = {.bridge = "ovs0"};
    struct pv_error error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(cases[i].answers);
        ck_assert_int_eq(pv_vswitch_add("vif1.0", &network, &error), -1);
        ck_assert_msg(strstr(error.message, cases[i].message) ||
                          (cases[i].answers == silent && strstr(error.message, "Broken pipe")),
                      "%s", error.message);
        end(cases[i].count);
    }
    setenv("OVS_RUNDIR", "/nowhere", 1);
    ck_assert_int_eq(pv_vswitch_has_bridge("ovs0", &error), -1);
    ck_assert_int_eq(error.class, PV_ERROR_NO_HOST);
    ck_assert_int_eq(error.number, ENOENT);
}
END_TEST

START_TEST(sweeps)
{
    static const char *const ports[] = {
        ANSWER("{\"rows\":[{\"name\":\"lo\",\"_uuid\":[\"uuid\",\"live\"]},"
               "{\"name\":\"vif99.0\",\"_uuid\":[\"uuid\",\"dead\"]},{\"name\":5}]}"),
        ANSWER("{},{},{\"rows\":[]}"), NULL};
    static const char *const none[] = {ANSWER(NO_ROWS), NULL};
    struct pv_error error;
    unsigned int count;

    begin(ports);
    ck_assert_int_eq(pv_vswitch_sweep(&count, &error), 0);
    ck_assert_uint_eq(count, 1);
    end(2);
    has(0, "[\"external_ids\",\"includes\",[\"map\",[[\"parvis\",\"guest\"]]]]");
    has(1, "[\"ports\",\"delete\",[\"uuid\",\"dead\"]]");
    lacks(1, "live");
    begin(none);
    ck_assert_int_eq(pv_vswitch_sweep(&count, &error), 0);
    ck_assert_uint_eq(count, 0);
    end(1);
}
END_TEST

Suite *vswitch_suite(void)
{
    Suite *suite = suite_create("vswitch");
    TCase *tests = tcase_create("vswitch");

    tcase_add_test(tests, finds_bridges);
    tcase_add_test(tests, adds_a_port);
    tcase_add_test(tests, replaces_what_is_left);
    tcase_add_test(tests, says_what_is_wrong);
    tcase_add_test(tests, sweeps);
    suite_add_tcase(suite, tests);
    return suite;
}
