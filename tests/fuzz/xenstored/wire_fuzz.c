/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: requests of domain 0 and of two guests, in any order. Each one must get exactly one reply;
 * afterwards all invariants hold, and the journal restores the same store.
 *
 * Input: records of a byte for who asks, a type, a transaction (an index into those that are open), a length,
 * and as many bytes of payload.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"
#include "xenstored/txn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_HEADER 4
#define FUZZ_CONNS  4

static void fuzz_fail(const char *what)
{
    fprintf(stderr, "invariant: %s\n", what);
    abort();
}

static uint32_t fuzz_txn(const struct conn *conn, uint8_t choice)
{
    const struct txn *txn = conn->txns;

    if (choice == 0 || !txn) {
        return 0;
    }
    for (; choice > 1 && txn->next; choice--) {
        txn = txn->next;
    }
    return txn->id;
}

static void fuzz_prepare(struct world *world, struct conn *conns[FUZZ_CONNS])
{
    static const uint16_t domids[FUZZ_CONNS] = {0, 1, 2, 0};

    world_begin(world);
    for (size_t i = 0; i < FUZZ_CONNS; i++) {
        conns[i] = world_connect(world, domids[i]);
    }
    ask_write(world, conns[0], 0, "/local/domain/1", "");
    ASK(world, conns[0], XS_SET_PERMS, 0, "/local/domain/1\0n1");
    ask_write(world, conns[0], 0, "/local/domain/2", "");
    ASK(world, conns[0], XS_SET_PERMS, 0, "/local/domain/2\0n2\0b1");
    world->store.limits.nodes = 16;
    world->store.limits.watches = 4;
    world->store.limits.transactions = 3;
    world->store.limits.transaction_nodes = 12;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    static struct answer answer;
    struct conn *conns[FUZZ_CONNS];
    struct quota_limits limits;
    const char *wrong;

    fuzz_prepare(&world, conns);
    limits = world.store.limits;
    while (size >= FUZZ_HEADER) {
        struct conn *conn = conns[data[0] % FUZZ_CONNS];
        uint32_t type = data[1] % (XS_TYPE_COUNT + 1);
        uint32_t tx = fuzz_txn(conn, data[2] % 4);
        size_t length = data[3] < size - FUZZ_HEADER ? data[3] : size - FUZZ_HEADER;

        /* Time passes, so that nobody is held back for ever, and clients read what they get now and then. */
        world.store.now_ms += data[0] / 16;
        world_ask(&world, conn, type, tx, data + FUZZ_HEADER, length, &answer);
        world.store.limits = limits; /* a CONTROL may have changed them below what is in use */
        if (data[2] & 0x80) {
            conn_output_clear(conn);
        }
        data += FUZZ_HEADER + length;
        size -= FUZZ_HEADER + length;
    }
    wrong = world_wrong(&world);
    wrong = wrong ? wrong : world_restore_differs(&world);
    if (wrong) {
        fuzz_fail(wrong);
    }
    world_end(&world);
    return 0;
}
