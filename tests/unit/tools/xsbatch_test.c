/* SPDX-License-Identifier: MIT */
/* Tests of batches of xenstore requests, against a store that answers as the test tells it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/attach_nodes.h"
#include "lib/xsbatch.h"
#include "pvabi/io/xs_wire.h"
#include "suites.h"

enum behaviour {
    STORE_KIND,     /* answers each write with OK, each read of /a with "value" */
    STORE_FORGETS,  /* removals find nothing */
    STORE_REFUSES,  /* writes are refused */
    STORE_ORDERLY,  /* once a state is written it refuses all but states */
    STORE_CONFUSED, /* answers with another request's number */
    STORE_BOASTS,   /* claims an answer that is too long */
    STORE_DIES,     /* closes in the middle of an answer */
};

static char path[64];
static struct pv_error error;

static void reply(int fd, const struct xsd_sockmsg *request, uint32_t type, const char *text, size_t size)
{
    struct xsd_sockmsg header = *request;

    header.type = type;
    header.len = (uint32_t)size;
    ck_assert_int_eq(send(fd, &header, sizeof(header), MSG_NOSIGNAL), sizeof(header));
    ck_assert_int_eq(send(fd, text, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* Whether another node than a state is written behind a state. */
static bool comes_late(const char *payload)
{
    static bool stated;
    const char *name = strrchr(payload, '/');
    bool state = name && strcmp(name, "/state") == 0;

    stated = stated || state;
    return stated && !state;
}

static void answer(int fd, enum behaviour behaviour, struct xsd_sockmsg *request, const char *payload)
{
    if (behaviour == STORE_CONFUSED) {
        request->req_id += 7;
    }
    if (behaviour == STORE_BOASTS) {
        request->len = XENSTORE_PAYLOAD_MAX + 1;
        send(fd, request, sizeof(*request), MSG_NOSIGNAL);
    } else if (behaviour == STORE_DIES) {
        send(fd, request, sizeof(*request) / 2, MSG_NOSIGNAL);
        _exit(0);
    } else if (request->type == XS_READ && strcmp(payload, "/a") != 0) {
        reply(fd, request, XS_ERROR, "ENOENT", sizeof("ENOENT"));
    } else if (request->type == XS_READ) {
        reply(fd, request, XS_READ, "value", strlen("value"));
    } else if (request->type == XS_RM && behaviour == STORE_FORGETS) {
        reply(fd, request, XS_ERROR, "ENOENT", sizeof("ENOENT"));
    } else if (request->type == XS_WRITE && behaviour == STORE_ORDERLY && comes_late(payload)) {
        reply(fd, request, XS_ERROR, "EINVAL", sizeof("EINVAL"));
    } else if (request->type == XS_WRITE && behaviour == STORE_REFUSES) {
        reply(fd, request, XS_ERROR, "ENOSPC", sizeof("ENOSPC"));
    } else {
        reply(fd, request, request->type, "OK", sizeof("OK"));
    }
}

static void serve(int listener, enum behaviour behaviour)
{
    int fd = accept(listener, NULL, NULL);
    struct xsd_sockmsg request;
    char payload[XENSTORE_PAYLOAD_MAX + 1];

    while (recv(fd, &request, sizeof(request), MSG_WAITALL) == sizeof(request) &&
           recv(fd, payload, request.len, MSG_WAITALL) == (ssize_t)request.len) {
        payload[request.len] = '\0';
        answer(fd, behaviour, &request, payload);
    }
    _exit(0);
}

/* A store of that behaviour in a process of its own, and a connection to it. */
static struct xs_client *start(enum behaviour behaviour)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct xs_client *xs;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(path, sizeof(path), "/tmp/parvis-store-%d", getpid());
    strcpy(address.sun_path, path);
    unlink(path);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    if (fork() == 0) {
        serve(listener, behaviour);
    }
    close(listener);
    setenv("XENSTORED_PATH", path, 1);
    memset(&error, 0, sizeof(error));
    xs = xs_open(&error);
    ck_assert_msg(xs != NULL, "%s", error.message);
    return xs;
}

static void stop(struct xs_client *xs)
{
    xs_close(xs);
    unlink(path);
    wait(NULL);
}

START_TEST(answers)
{
    struct xs_client *xs = start(STORE_KIND);
    struct xs_batch *batch = xs_batch_new();
    size_t first = xs_batch_read(batch, "/%s", "a"), second = xs_batch_read(batch, "/b"), write;

    write = xs_batch_write(batch, "/c", "%d", 5);
    xs_batch_perms(batch, "/c", 'n', 0, 'r', 5);
    xs_batch_introduce(batch, 5, 0x123456789, 1);
    ck_assert_msg(xs_batch_run(xs, batch, &error) == 0, "%s", error.message);
    ck_assert_str_eq(xs_batch_answer(batch, first), "value");
    ck_assert_ptr_null(xs_batch_answer(batch, second));
    ck_assert_ptr_null(xs_batch_answer(batch, write));
    ck_assert_ptr_null(xs_batch_answer(batch, 99));
    xs_batch_free(batch);
    stop(xs);
}
END_TEST

/* More requests than are on their way at once, each of them long. */
START_TEST(many)
{
    struct xs_client *xs = start(STORE_KIND);
    struct xs_batch *batch = xs_batch_new();

    for (int i = 0; i < 1000; i++) {
        xs_batch_write(batch, "/x", "%04000d", i);
    }
    ck_assert_msg(xs_batch_run(xs, batch, &error) == 0, "%s", error.message);
    xs_batch_free(batch);
    stop(xs);
}
END_TEST

START_TEST(removing_nothing)
{
    struct xs_client *xs = start(STORE_FORGETS);
    struct xs_batch *batch = xs_batch_new();

    xs_batch_rm(batch, "/local/domain/%d", 7);
    ck_assert_int_eq(xs_batch_run(xs, batch, &error), 0);
    xs_batch_free(batch);
    stop(xs);
}
END_TEST

START_TEST(refusal)
{
    struct xs_client *xs = start(STORE_REFUSES);
    struct xs_batch *batch = xs_batch_new();
    size_t read;

    xs_batch_write(batch, "/full", "x");
    read = xs_batch_read(batch, "/a");
    ck_assert_int_eq(xs_batch_run(xs, batch, &error), -1);
    ck_assert_int_eq(error.number, ENOSPC);
    ck_assert_ptr_nonnull(strstr(error.message, "/full"));
    ck_assert_str_eq(xs_batch_answer(batch, read), "value");
    xs_batch_free(batch);
    stop(xs);
}
END_TEST

START_TEST(bad_stores)
{
    struct xs_client *xs = start((enum behaviour)_i);
    struct xs_batch *batch = xs_batch_new();

    xs_batch_read(batch, "/a");
    xs_batch_read(batch, "/a");
    ck_assert_int_eq(xs_batch_run(xs, batch, &error), -1);
    ck_assert_int_ne(error.class, PV_ERROR_NONE);
    xs_batch_free(batch);
    stop(xs);
}
END_TEST

START_TEST(too_long)
{
    static char long_path[XENSTORE_PAYLOAD_MAX + 10];
    struct xs_client *xs = start(STORE_KIND);

    memset(long_path, 'x', sizeof(long_path) - 1);
    for (int which = 0; which < 3; which++) {
        struct xs_batch *batch = xs_batch_new();

        if (which == 0) {
            xs_batch_write(batch, long_path, "x");
        } else if (which == 1) {
            xs_batch_write(batch, "/x", "%s", long_path);
        } else {
            xs_batch_read(batch, "%s", long_path);
        }
        ck_assert_int_eq(xs_batch_run(xs, batch, &error), -1);
        xs_batch_free(batch);
    }
    stop(xs);
}
END_TEST

/* A guest that runs, and dom0's driver, look at a new device as soon as it has a state: the rest is there then. */
START_TEST(states_come_last)
{
    struct pv_disk disk = {.source = (char *)"/dev/a", .target = (char *)"xvda"};
    struct pv_network network = {.bridge = (char *)"xenbr0", .vlan = 5, .rate = 1000000};
    struct pv_node vbd = {.domid = 5, .kind = "vbd", .number = 51712}, vif = {.domid = 5, .kind = "vif"};
    struct xs_client *xs = start(STORE_ORDERLY);
    struct xs_batch *batch = xs_batch_new();

    if (_i == 0) {
        pv_node_put_disk(batch, &vbd, &disk, NULL);
    } else {
        pv_node_put_network(batch, &vif, &network);
    }
    ck_assert_msg(xs_batch_run(xs, batch, &error) == 0, "%s", error.message);
    xs_batch_free(batch);
    stop(xs);
}
END_TEST

Suite *xsbatch_suite(void)
{
    Suite *suite = suite_create("xenstore batches");
    TCase *tests = tcase_create("xsbatch");

    tcase_add_test(tests, answers);
    tcase_add_test(tests, many);
    tcase_add_test(tests, removing_nothing);
    tcase_add_test(tests, refusal);
    tcase_add_loop_test(tests, bad_stores, STORE_CONFUSED, STORE_DIES + 1);
    tcase_add_test(tests, too_long);
    tcase_add_loop_test(tests, states_come_last, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
