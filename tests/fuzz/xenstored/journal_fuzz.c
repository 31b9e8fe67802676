/* SPDX-License-Identifier: MIT */
/* Fuzz target: any bytes as a journal. They are read or refused; what was read is a store whose invariants
 * hold. */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conn *fuzz_domain(void *context, const struct journal_domain *record)
{
    struct world *world = context;
    struct conn *conn = world->store.conns;

    while (conn && conn->subject.domid != record->domid) {
        conn = conn->next;
    }
    return conn ? conn : store_connect(&world->store, record->domid, true);
}

static void fuzz_gone(void *context, uint16_t domid)
{
    struct world *world = context;
    struct conn *conn = world->store.conns;

    while (conn && conn->subject.domid != domid) {
        conn = conn->next;
    }
    if (conn) {
        store_disconnect(&world->store, conn);
    }
    store_forget_domain(&world->store, domid);
}

static void fuzz_input(void *context, struct conn *conn, uint32_t req_cons)
{
    (void)context;
    (void)conn;
    (void)req_cons;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    const struct journal_reader reader = {
        .store = &world.store,
        .context = &world,
        .domain = fuzz_domain,
        .domain_gone = fuzz_gone,
        .input = fuzz_input,
    };
    size_t used = 0;

    world_begin(&world);
    world.store.journal = NULL;
    world.store.limits.watches = UINT32_MAX;
    world.store.limits.transactions = UINT32_MAX;
    if (journal_read(&reader, (const char *)data, size, &used) == 0) {
        const char *wrong = used <= size ? world_wrong(&world) : "more was read than there is";

        if (wrong) {
            fprintf(stderr, "invariant: %s\n", wrong);
            abort();
        }
    }
    world_end(&world);
    return 0;
}
