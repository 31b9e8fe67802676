/* SPDX-License-Identifier: MIT */
/* Tests of the sandbox: its child works on what it was given, and anything else ends it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sandbox.h"
#include "suites.h"

#define WAIT_S 60

static int kept[2], other; /* a pipe, of which the child keeps the writing end; and a file that it must lose */

static int tells(void *context)
{
    (void)context;
    return write(kept[1], "done", 4) == 4 ? 0 : -1;
}

static int gives_up(void *context)
{
    (void)context;
    return -1;
}

static int spins(void *context)
{
    volatile unsigned long *turns = context;

    while (*turns != ~0ul) {
        (*turns)++;
    }
    return 0;
}

static int reads_other(void *context)
{
    (void)context;
    return read(other, &(char){0}, 1) == 1 ? 0 : -1;
}

static int opens(void *context)
{
    (void)context;
    return open("/etc/passwd", O_RDONLY) >= 0 ? 0 : -1;
}

static int makes_socket(void *context)
{
    (void)context;
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : -1;
}

static int runs_program(void *context)
{
    (void)context;
    return execl("/bin/true", "true", (char *)NULL);
}

static int forks(void *context)
{
    (void)context;
    return (int)syscall(SYS_fork);
}

static int asks_device(void *context)
{
    (void)context;
    return (int)syscall(SYS_ioctl, STDIN_FILENO, 0, 0);
}

/* What the child came to; `error` has the words. The sanitizers' own memory is not to be limited. */
static int run(int (*work)(void *), struct pv_error *error)
{
    const struct pv_sandbox_limits limits = {.memory = RLIM_INFINITY, .file_size = 100, .seconds = 1};
    unsigned long turns = 0;
    pid_t child;

    ck_assert_int_eq(pipe2(kept, O_CLOEXEC), 0);
    other = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(other, 0);
    pv_error_set(error, PV_ERROR_FAILURE, "nothing told");
    child = pv_sandbox_start(&limits, &kept[1], 1, work, &turns, error);
    ck_assert_int_gt(child, 0);
    close(kept[1]);
    close(other);
    return pv_sandbox_wait(child, WAIT_S, error);
}

START_TEST(work_is_done)
{
    struct pv_error error;
    char got[8] = "";

    ck_assert_msg(run(tells, &error) == 0, "%s", error.message);
    ck_assert_int_eq(read(kept[0], got, sizeof(got)), 4);
    ck_assert_str_eq(got, "done");
    close(kept[0]);
}
END_TEST

START_TEST(failure_is_told)
{
    struct pv_error error;

    ck_assert_int_eq(run(gives_up, &error), -1);
    ck_assert_str_eq(error.message, "nothing told");
    close(kept[0]);
}
END_TEST

START_TEST(other_files_are_closed)
{
    struct pv_error error;

    ck_assert_int_eq(run(reads_other, &error), -1);
    ck_assert_str_eq(error.message, "nothing told");
    close(kept[0]);
}
END_TEST

START_TEST(endless_work_ends)
{
    struct pv_error error;

    ck_assert_int_eq(run(spins, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.message, "took too long"));
    close(kept[0]);
}
END_TEST

START_TEST(other_calls_end_it)
{
    static int (*const works[])(void *) = {opens, makes_socket, runs_program, forks, asks_device};
    struct pv_error error;

    ck_assert_int_eq(run(works[_i], &error), -1);
    ck_assert_ptr_nonnull(strstr(error.message, "what it may not"));
    close(kept[0]);
}
END_TEST

Suite *sandbox_suite(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tests = tcase_create("sandbox");

    tcase_set_timeout(tests, WAIT_S);
    tcase_add_test(tests, work_is_done);
    tcase_add_test(tests, failure_is_told);
    tcase_add_test(tests, other_files_are_closed);
    tcase_add_test(tests, endless_work_ends);
    tcase_add_loop_test(tests, other_calls_end_it, 0, 5);
    suite_add_tcase(suite, tests);
    return suite;
}
