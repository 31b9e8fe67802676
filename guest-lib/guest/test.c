/* SPDX-License-Identifier: MIT */
/* Runs tests, notes what they expected in vain, and prints their outcomes. */
#include "guest/test.h"

#define REASON_SIZE 200

enum outcome { SUCCESS, SKIP, ERROR, FAILURE, OUTCOME_COUNT };

static const char *const outcome_names[OUTCOME_COUNT] = {"success", "skip", "error", "failure"};

extern const struct guest_test *const guest_tests_start[], *const guest_tests_end[];

const unsigned long test_bad_pointers[TEST_BAD_POINTER_COUNT] = {
    0x0000800000000000ul, /* the first address that is not canonical */
    0xffff7ffffffff000ul, /* the last one */
    0xffff830000000000ul, /* the hypervisor's range */
    0x00000000dead0000ul, /* canonical, the guest's, never mapped */
};

static enum outcome outcome;
static char reason[REASON_SIZE];
static struct jump *test_end;

static void note(enum outcome seen, const char *format, ...)
{
    va_list arguments;

    if (seen <= outcome) {
        return;
    }
    outcome = seen;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
}

static const char *file_name(const char *path)
{
    const char *start = strstr(path, "tests/guest/");

    return start ? start + strlen("tests/guest/") : path;
}

bool test_expect(bool condition, const char *file, int line, const char *text)
{
    if (!condition) {
        printf("  %s:%d: expected %s\n", file_name(file), line, text);
        note(FAILURE, "%s:%d: expected %s", file_name(file), line, text);
    }
    return condition;
}

bool test_expect_equal(long actual, long expected, const char *file, int line, const char *actual_text,
                       const char *expected_text)
{
    if (actual != expected) {
        printf("  %s:%d: %s is %ld (%lx), expected %s, %ld (%lx)\n", file_name(file), line, actual_text,
               actual, (unsigned long)actual, expected_text, expected, (unsigned long)expected);
        note(FAILURE, "%s:%d: %s is %ld, expected %s", file_name(file), line, actual_text, actual,
             expected_text);
    }
    return actual == expected;
}

bool test_expect_or_eperm(long actual, long expected, const char *file, int line, const char *actual_text,
                          const char *expected_text)
{
    if (!guest_is_initial_domain() && actual == -XEN_EPERM) {
        return true;
    }
    return test_expect_equal(actual, expected, file, line, actual_text, expected_text);
}

void test_assert(bool condition, const char *file, int line, const char *text)
{
    if (!test_expect(condition, file, line, text)) {
        jump_restore(test_end, 1);
    }
}

void test_skip(const char *why)
{
    note(SKIP, "%s", why);
    jump_restore(test_end, 1);
}

void test_error(const char *why)
{
    note(ERROR, "%s", why);
    jump_restore(test_end, 1);
}

static void run_guarded(void *argument)
{
    const struct guest_test *test = argument;
    struct jump here;

    if (jump_save(&here) == 0) {
        test_end = &here;
        test->run();
    }
}

static enum outcome run_one(const struct guest_test *test)
{
    struct trap_frame frame;

    outcome = SUCCESS;
    reason[0] = 0;
    if (trap_catch(run_guarded, (void *)test, &frame)) {
        trap_print(&frame);
        note(FAILURE, "unexpected trap %lu at %lx", frame.vector, frame.rip);
    }
    printf("TEST %s: %s%s%s\n", test->name, outcome_names[outcome], reason[0] ? " " : "", reason);
    return outcome;
}

void test_expect_crash(const char *name, void (*act)(void *), void *argument)
{
    printf("TEST %s: expects a crash\n", name);
    act(argument);
    printf("TEST %s: failure survived\n", name);
}

int test_run_all(void)
{
    unsigned int counts[OUTCOME_COUNT] = {0};
    unsigned int all = 0;
    char wanted[64] = "";

    guest_get_option("test", wanted, sizeof(wanted));
    for (const struct guest_test *const *test = guest_tests_start; test < guest_tests_end; test++) {
        if (!wanted[0] || strcmp(wanted, (*test)->name) == 0) {
            counts[run_one(*test)]++;
        }
        all++;
    }
    if (!all) {
        printf("this image has neither a guest_main nor a GUEST_TEST\n");
        return 1;
    }
    printf("%u passed, %u failed, %u skipped\n", counts[SUCCESS], counts[FAILURE] + counts[ERROR],
           counts[SKIP]);
    return counts[FAILURE] + counts[ERROR] ? 1 : 0;
}
