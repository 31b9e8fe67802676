/* SPDX-License-Identifier: MIT */
/* Tests of the cache of unpacked kernels and of its hash. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cache.h"
#include "lib/sha256.h"
#include "suites.h"

#define FILE_BYTES 200000UL

static char folder[64];
static char unpacked[FILE_BYTES];

static void setup(void)
{
    strcpy(folder, "/tmp/parvis-cache-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    strcat(folder, "/a/b");
    memset(unpacked, 0, sizeof(unpacked));
    memset(unpacked + 150000, 'x', 1000);
}

static void teardown(void)
{
    char command[128];

    folder[strlen(folder) - strlen("/a/b")] = '\0';
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static struct stat source_state(unsigned int number)
{
    return (struct stat){.st_ino = number, .st_size = 10, .st_ctim = {.tv_sec = 5, .tv_nsec = 7}};
}

/* The descriptor gives the unpacked bytes; it is closed. */
static void expect(int fd)
{
    static char content[FILE_BYTES + 1];

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, content, sizeof(content)), FILE_BYTES);
    ck_assert_mem_eq(content, unpacked, FILE_BYTES);
    close(fd);
}

START_TEST(keep_and_find)
{
    struct pv_cache *cache = pv_cache_open(folder, 1UL << 20);
    struct stat first = source_state(1), second = source_state(2), changed = first;

    ck_assert_ptr_nonnull(cache);
    ck_assert_int_lt(pv_cache_find_file(cache, &first), 0);
    ck_assert_int_lt(pv_cache_find_content(cache, &first, "source", 6), 0);
    pv_cache_keep(cache, &first, "source", 6, unpacked, FILE_BYTES);
    expect(pv_cache_find_file(cache, &first));
    changed.st_ctim.tv_nsec++;
    ck_assert_int_lt(pv_cache_find_file(cache, &changed), 0);
    ck_assert_int_lt(pv_cache_find_file(cache, &second), 0);
    expect(pv_cache_find_content(cache, &second, "source", 6));
    expect(pv_cache_find_file(cache, &second));
    ck_assert_int_lt(pv_cache_find_content(cache, &second, "other!", 6), 0);
    pv_cache_close(cache);
}
END_TEST

START_TEST(bounded)
{
    struct pv_cache *cache = pv_cache_open(folder, 2 * FILE_BYTES + 1000);
    struct stat state;
    char source[8];

    for (unsigned int i = 0; i < 5; i++) {
        snprintf(source, sizeof(source), "s%u", i);
        state = source_state(i);
        pv_cache_keep(cache, &state, source, strlen(source), unpacked, FILE_BYTES);
        usleep(20000);
    }
    for (unsigned int i = 0; i < 5; i++) {
        int fd;

        state = source_state(i);
        fd = pv_cache_find_file(cache, &state);
        ck_assert_msg((fd >= 0) == (i >= 3), "file %u of 5, where 2 fit", i);
        if (fd >= 0) {
            expect(fd);
        }
    }
    state = source_state(9);
    pv_cache_keep(cache, &state, "big", 3, unpacked, 3 * FILE_BYTES);
    ck_assert_int_lt(pv_cache_find_file(cache, &state), 0);
    pv_cache_close(cache);
}
END_TEST

START_TEST(others_cannot_write)
{
    struct pv_cache *cache = pv_cache_open(folder, 1UL << 20);
    struct stat state;

    ck_assert_ptr_nonnull(cache);
    pv_cache_close(cache);
    ck_assert_int_eq(stat(folder, &state), 0);
    ck_assert_uint_eq(state.st_mode & 0777, 0700);
    ck_assert_int_eq(chmod(folder, 0770), 0);
    ck_assert_ptr_null(pv_cache_open(folder, 1UL << 20));
    ck_assert_int_eq(chmod(folder, 0700), 0);
}
END_TEST

static void expect_digest(const void *data, size_t size, const char *hex)
{
    uint8_t digest[PV_SHA256_SIZE];
    char text[2 * PV_SHA256_SIZE + 1];

    pv_sha256(data, size, digest);
    for (int i = 0; i < PV_SHA256_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    ck_assert_str_eq(text, hex);
}

/* The examples of FIPS 180-4, and lengths around the padding's edges. */
START_TEST(sha256)
{
    static char million[1000000];

    memset(million, 'a', sizeof(million));
    expect_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect_digest(million, sizeof(million),
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    expect_digest(million, 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    expect_digest(million, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}
END_TEST

Suite *cache_suite(void)
{
    Suite *suite = suite_create("cache");
    TCase *tests = tcase_create("cache");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, keep_and_find);
    tcase_add_test(tests, bounded);
    tcase_add_test(tests, others_cannot_write);
    tcase_add_test(tests, sha256);
    suite_add_tcase(suite, tests);
    return suite;
}
