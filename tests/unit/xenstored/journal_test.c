/* SPDX-License-Identifier: MIT */
/* The journal: what it restores, at whatever record it was cut, and that damaged bytes are refused. */
#include <stdlib.h>
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
    ask_write(&world, tool, 0, "/local/domain/1", "");
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1\0n1");
}

static void teardown(void)
{
    world_end(&world);
}

static void live(void)
{
    uint32_t tx = ask_start(&world, guest);

    ask_write(&world, guest, 0, "a/b/c", "value");
    ask_write(&world, guest, tx, "in/transaction", "t");
    ASK(&world, guest, XS_WATCH, 0, "a\0relative");
    ASK(&world, guest, XS_WATCH, 0, "/local\0absolute");
    ASK(&world, guest, XS_WATCH, 0, "@releaseDomain\0special");
    ASK(&world, guest, XS_UNWATCH, 0, "/local\0absolute");
    ASK(&world, guest, XS_TRANSACTION_END, tx, "T");
    ASK(&world, tool, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r1");
    ask_start(&world, guest);
    ASK(&world, guest, XS_RM, 0, "a/b");
    ASK(&world, guest, XS_SET_PERMS, 0, "a\0n1\0b2");
}

START_TEST(restores_what_was)
{
    live();
    ck_assert_ptr_null(world_restore_differs(&world));
}
END_TEST

START_TEST(restores_a_snapshot_as_well)
{
    struct journal_domain record = {.domid = 1, .fresh = 1};

    live();
    journal_empty(&world.journal);
    journal_store(&world.journal, &world.store);
    journal_domain(&world.journal, &record);
    journal_conn(&world.journal, guest, 0);
    ck_assert_ptr_null(world_restore_differs(&world));
}
END_TEST

static struct conn *no_domain(void *context, const struct journal_domain *record)
{
    struct store *store = context;
    struct conn *conn = store->conns;

    while (conn && conn->subject.domid != record->domid) {
        conn = conn->next;
    }
    return conn ? conn : store_connect(store, record->domid, true);
}

static void no_gone(void *context, uint16_t domid)
{
    (void)context;
    (void)domid;
}

static void no_input(void *context, struct conn *conn, uint32_t req_cons)
{
    (void)context;
    (void)conn;
    (void)req_cons;
}

static int read_bytes(const char *bytes, size_t length, size_t *used)
{
    static struct store store;
    struct journal_reader reader = {
        .store = &store, .context = &store, .domain = no_domain, .domain_gone = no_gone, .input = no_input};
    char *copy = malloc(length);
    int result;

    ck_assert(length == 0 || copy);
    memcpy(copy, bytes, length);
    ck_assert_int_eq(store_init(&store, &quota_defaults), 0);
    result = journal_read(&reader, copy, length, used);
    store_clear(&store);
    free(copy);
    return result;
}

START_TEST(a_cut_journal_is_read_to_the_cut)
{
    size_t used, last = 0;

    live();
    for (size_t length = 0; length <= world.journal.length; length++) {
        ck_assert_int_eq(read_bytes(world.journal.bytes, length, &used), 0);
        ck_assert_uint_le(used, length);
        ck_assert_uint_ge(used, last);
        last = used;
    }
    ck_assert_uint_eq(last, world.journal.length);
}
END_TEST

START_TEST(damaged_bytes_do_no_harm)
{
    size_t used;

    live();
    for (size_t i = 0; i < world.journal.length; i++) {
        char old = world.journal.bytes[i];

        world.journal.bytes[i] = (char)(old ^ 0x41);
        read_bytes(world.journal.bytes, world.journal.length, &used);
        world.journal.bytes[i] = old;
    }
}
END_TEST

START_TEST(an_open_transaction_fails_after_a_restart)
{
    uint32_t tx = ask_start(&world, guest);

    /* What reading the journal does to it. */
    guest->txns->lost = true;
    ck_assert_str_eq(ask_write(&world, guest, tx, "x", "v"), "OK");
    ck_assert_str_eq(ASK(&world, guest, XS_TRANSACTION_END, tx, "T"), "EAGAIN");
    ck_assert_str_eq(ASK(&world, guest, XS_READ, 0, "x"), "ENOENT");
}
END_TEST

Suite *journal_suite(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, restores_what_was);
    tcase_add_test(tests, restores_a_snapshot_as_well);
    tcase_add_test(tests, a_cut_journal_is_read_to_the_cut);
    tcase_add_test(tests, damaged_bytes_do_no_harm);
    tcase_add_test(tests, an_open_transaction_fails_after_a_restart);
    suite_add_tcase(suite, tests);
    return suite;
}
