/* SPDX-License-Identifier: MIT */
/*
 * In-guest tests: each file holds one, and any set of files linked together makes a guest that runs them in
 * order.
 *
 *     GUEST_TEST(name) { EXPECT_EQ(hypercall_..., -XEN_EINVAL); }
 *
 * A test's outcome is one line: "TEST name: success", "skip REASON", "error REASON" (the test broke) or
 * "failure REASON" (the hypervisor broke); the last line counts them. A test must leave the guest as it found
 * it.
 */
#ifndef GUEST_TEST_H
#define GUEST_TEST_H

#include <stdbool.h>

#include "guest/guest.h"

struct guest_test {
    const char *name;
    void (*run)(void);
};

#define GUEST_TEST(test)                                                                                \
    static void test##_run(void);                                                                       \
    extern const struct guest_test guest_test_##test;                                                   \
    const struct guest_test guest_test_##test = {#test, test##_run};                                    \
    static const struct guest_test *const test##_entry __attribute__((section(".guest_tests"), used)) = \
        &guest_test_##test;                                                                             \
    static void test##_run(void)

/* Go on after a failure, which is noted. */
#define EXPECT(condition) test_expect((condition), __FILE__, __LINE__, #condition)
#define EXPECT_EQ(actual, expected) \
    test_expect_equal((long)(actual), (long)(expected), __FILE__, __LINE__, #actual, #expected)
/* A call that only the first domain may make: others may be told -XEN_EPERM before the arguments are looked
 * at. */
#define EXPECT_EQ_OR_EPERM(actual, expected) \
    test_expect_or_eperm((long)(actual), (long)(expected), __FILE__, __LINE__, #actual, #expected)
/* End the test: what follows would make no sense. */
#define ASSERT(condition) test_assert((condition), __FILE__, __LINE__, #condition)
#define ASSERT_EQ(actual, expected) \
    test_assert(EXPECT_EQ(actual, expected), __FILE__, __LINE__, #actual " == " #expected)

bool test_expect(bool condition, const char *file, int line, const char *text);
bool test_expect_equal(long actual, long expected, const char *file, int line, const char *actual_text,
                       const char *expected_text);
bool test_expect_or_eperm(long actual, long expected, const char *file, int line, const char *actual_text,
                          const char *expected_text);
void test_assert(bool condition, const char *file, int line, const char *text);
/* End the test with the outcome skip or error. */
void test_skip(const char *reason) __attribute__((noreturn));
void test_error(const char *reason) __attribute__((noreturn));

/*
 * For a guest that its last act must crash: says so, calls act(argument), and fails if it comes back. Who
 * started the guest sees "expects a crash" as its last line of this test, and then the domain's crash.
 */
void test_expect_crash(const char *name, void (*act)(void *), void *argument);

/* Runs every test that is linked in; returns the guest's status: 0 if none failed. */
int test_run_all(void);

/*
 * Bad guest pointers by kind, and how each is called: not canonical, the hypervisor's, and not mapped. Unlike
 * -EFAULT from a real address these must be refused whatever a hypercall does with them.
 */
#define TEST_BAD_POINTER_COUNT 4
extern const unsigned long test_bad_pointers[TEST_BAD_POINTER_COUNT];

#endif
