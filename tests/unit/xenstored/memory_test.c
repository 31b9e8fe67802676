/* SPDX-License-Identifier: MIT */
/* Without memory: the first, the second, ... allocation of a sequence of requests fails, and each time all
 * invariants hold and every request has its reply, or its connection has failed. */
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "world.h"

/* The linker gives every allocation of the program to these (-Wl,--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool reply_missing;
static unsigned long allocations_left; /* the one that makes this 0 fails; 0: none fails */

static bool allocation_fails(void)
{
    return allocations_left > 0 && --allocations_left == 0;
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return allocation_fails() ? NULL : __real_realloc(old, size);
}

/* Sends a request and drops what comes. */
static void send_request(struct world *world, struct conn *conn, uint32_t type, uint32_t tx,
                         const char *payload, size_t length)
{
    struct xsd_sockmsg header = {.type = type, .tx_id = tx, .len = (uint32_t)length};
    uint32_t queued = conn->out_total;

    if (conn->failed) {
        return;
    }
    memcpy(conn_input_place(conn), &header, sizeof(header));
    conn_input_came(conn, sizeof(header));
    memcpy(conn_input_place(conn), payload, length);
    conn_input_came(conn, (uint32_t)length);
    request_serve(&world->store, conn);
    /* Check allocates as well, so it must wait. */
    reply_missing |= !conn->failed && conn->out_total == queued;
    conn_output_clear(conn);
}

#define SEND(world, conn, type, tx, text) send_request(world, conn, type, tx, text, sizeof(text))

static void live(struct world *world, struct conn *tool, struct conn *guest)
{
    SEND(world, guest, XS_WATCH, 0, "a\0token");
    SEND(world, guest, XS_WRITE, 0, "a/b/c\0value");
    SEND(world, tool, XS_WATCH, 0, "/local\0token");
    SEND(world, tool, XS_TRANSACTION_START, 0, "");
    SEND(world, guest, XS_TRANSACTION_START, 0, "");
    SEND(world, tool, XS_WRITE, tool->last_txn_id, "/local/domain/1/x/y\0v");
    SEND(world, tool, XS_SET_PERMS, tool->last_txn_id, "/local/domain/1/x\0n2\0r1");
    SEND(world, guest, XS_WRITE, guest->last_txn_id, "q/r\0v");
    SEND(world, guest, XS_RM, guest->last_txn_id, "a");
    SEND(world, tool, XS_WRITE, 0, "/elsewhere/deep\0v");
    SEND(world, tool, XS_TRANSACTION_END, tool->last_txn_id, "T");
    SEND(world, guest, XS_TRANSACTION_END, guest->last_txn_id, "T");
    SEND(world, guest, XS_MKDIR, 0, "m/n");
    SEND(world, guest, XS_SET_PERMS, 0, "m\0n1\0r2");
    SEND(world, tool, XS_RM, 0, "/local/domain/1/x");
    SEND(world, guest, XS_UNWATCH, 0, "a\0token");
}

/* One life in which allocation number `nth` fails. Says whether there were so many. */
static bool live_with_failure(unsigned long nth)
{
    static struct world world;
    struct conn *tool, *guest;
    bool reached;

    world_begin(&world);
    tool = world_connect(&world, 0);
    guest = world_connect(&world, 1);
    ask_write(&world, tool, 0, "/local/domain/1", "");
    ASK(&world, tool, XS_SET_PERMS, 0, "/local/domain/1\0n1");
    allocations_left = nth;
    live(&world, tool, guest);
    store_forget_domain(&world.store, 2);
    reached = allocations_left == 0;
    allocations_left = 0;
    ck_assert(!reply_missing);
    ck_assert_ptr_null(world_wrong(&world));
    /* A journal that lacks a record says so, and the daemon then writes it anew. */
    if (!world.journal.failed && !tool->failed && !guest->failed) {
        journal_conn_changes(&world.journal, guest, 0);
        ck_assert_ptr_null(world_restore_differs(&world));
    }
    world_end(&world);
    return reached;
}

START_TEST(every_allocation_may_fail)
{
    unsigned long nth = 1;

    while (live_with_failure(nth)) {
        nth++;
    }
    ck_assert_uint_gt(nth, 50);
}
END_TEST

Suite *memory_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return suite;
}
