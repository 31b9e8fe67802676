/* SPDX-License-Identifier: MIT */
/* A store without rings and sockets: connections that a test speaks for, and checks that must always hold. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenstored/txn.h"

static void world_must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "world: %s\n", what);
        abort();
    }
}

static int world_introduce(void *context, uint16_t domid, uint64_t mfn, uint32_t port)
{
    struct world *world = context;

    (void)mfn;
    (void)port;
    if (domid == 0 || domid >= WORLD_DOMAINS) {
        return EINVAL;
    }
    world->introduced[domid] = true;
    store_fire_special(&world->store, STORE_INTRODUCE);
    return 0;
}

static int world_release(void *context, uint16_t domid)
{
    struct world *world = context;

    if (domid == 0) {
        return EINVAL;
    }
    if (domid >= WORLD_DOMAINS || !world->introduced[domid]) {
        return ENOENT;
    }
    world->introduced[domid] = false;
    world->released++;
    store_fire_special(&world->store, STORE_RELEASE);
    return 0;
}

static int world_resume(void *context, uint16_t domid)
{
    const struct world *world = context;

    return domid < WORLD_DOMAINS && world->introduced[domid] ? 0 : ENOENT;
}

static int world_set_target(void *context, uint16_t domid, uint16_t target)
{
    struct world *world = context;
    struct conn *conn = world->store.conns;

    while (conn && conn->subject.domid != domid) {
        conn = conn->next;
    }
    if (!conn) {
        return ENOENT;
    }
    conn->subject.target = target;
    return 0;
}

static bool world_is_introduced(void *context, uint16_t domid)
{
    const struct world *world = context;

    return domid < WORLD_DOMAINS && world->introduced[domid];
}

static const struct store_domains world_domains = {
    .introduce = world_introduce,
    .release = world_release,
    .resume = world_resume,
    .set_target = world_set_target,
    .is_introduced = world_is_introduced,
};

static void world_prepare(struct world *world)
{
    memset(world, 0, sizeof(*world));
    world_must(store_init(&world->store, &quota_defaults) == 0, "no memory");
    world->store.domains = &world_domains;
    world->store.domains_context = world;
}

void world_begin(struct world *world)
{
    world_prepare(world);
    world->store.journal = &world->journal;
    journal_store(&world->journal, &world->store);
}

void world_end(struct world *world)
{
    store_clear(&world->store);
    journal_clear(&world->journal);
}

struct conn *world_connect(struct world *world, uint16_t domid)
{
    struct conn *conn = store_connect(&world->store, domid, domid != 0);
    struct journal_domain record = {.domid = domid, .fresh = 1};

    world_must(conn, "no memory");
    if (domid != 0) {
        world->introduced[domid % WORLD_DOMAINS] = true;
        journal_domain(world->store.journal, &record);
    }
    return conn;
}

/* Gives a connection bytes, as a ring or a socket does. */
static void world_feed(struct conn *conn, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        uint32_t wanted = conn_input_wanted(conn);

        world_must(wanted > 0 && !conn->failed, "a message longer than its header says");
        wanted = wanted < length ? wanted : (uint32_t)length;
        memcpy(conn_input_place(conn), at, wanted);
        conn_input_came(conn, wanted);
        at += wanted;
        length -= wanted;
    }
}

bool world_take(struct conn *conn, struct answer *answer)
{
    struct conn_chunk *chunk = conn->out_first;

    if (!chunk) {
        return false;
    }
    world_must(chunk->done == 0 && chunk->length >= sizeof(answer->header), "half a message");
    memcpy(&answer->header, chunk->bytes, sizeof(answer->header));
    world_must(answer->header.len <= XENSTORE_PAYLOAD_MAX, "too long a message");
    world_must(chunk->length == sizeof(answer->header) + answer->header.len, "a message of another length");
    memcpy(answer->bytes, chunk->bytes + sizeof(answer->header), answer->header.len);
    answer->bytes[answer->header.len] = '\0';
    conn_output_went(conn, chunk->length);
    return true;
}

/* Takes the reply out of the queue: every message is taken once, and the events are put back in their order.
 */
static void world_take_reply(struct conn *conn, struct answer *answer)
{
    struct answer *message = malloc(sizeof(*message));
    uint32_t count = 0, replies = 0;

    world_must(message, "no memory");
    for (const struct conn_chunk *chunk = conn->out_first; chunk; chunk = chunk->next) {
        count++;
    }
    for (; count > 0; count--) {
        world_must(world_take(conn, message), "no message");
        if (message->header.type == XS_WATCH_EVENT) {
            conn_send(conn, &message->header, message->bytes);
        } else {
            *answer = *message;
            replies++;
        }
    }
    world_must(replies == 1, "not one reply");
    free(message);
}

void world_ask(struct world *world, struct conn *conn, uint32_t type, uint32_t tx, const void *payload,
               size_t length, struct answer *answer)
{
    static uint32_t request_id;
    struct xsd_sockmsg header = {.type = type, .req_id = ++request_id, .tx_id = tx, .len = (uint32_t)length};

    world_feed(conn, &header, sizeof(header));
    world_feed(conn, payload, length);
    world_must(conn_input_wanted(conn) == 0, "an incomplete message");
    request_serve(&world->store, conn);
    if (conn->is_domain) {
        journal_conn_changes(&world->journal, conn, 0);
    }
    world_take_reply(conn, answer);
    world_must(answer->header.req_id == request_id && answer->header.tx_id == tx, "another request's reply");
    world_must(answer->header.type == type || answer->header.type == XS_ERROR, "another type of reply");
}

const char *ask(struct world *world, struct conn *conn, uint32_t type, uint32_t tx, const char *payload,
                size_t length)
{
    static struct answer answer;

    world_ask(world, conn, type, tx, payload, length, &answer);
    return answer.bytes;
}

const char *ask_write(struct world *world, struct conn *conn, uint32_t tx, const char *path,
                      const char *value)
{
    char payload[XENSTORE_PAYLOAD_MAX];
    size_t path_size = strlen(path) + 1;

    memcpy(payload, path, path_size);
    memcpy(payload + path_size, value, strlen(value));
    return ask(world, conn, XS_WRITE, tx, payload, path_size + strlen(value));
}

uint32_t ask_start(struct world *world, struct conn *conn)
{
    return (uint32_t)strtoul(ASK(world, conn, XS_TRANSACTION_START, 0, ""), NULL, 10);
}

const char *world_event(struct conn *conn)
{
    static char text[XENSTORE_PAYLOAD_MAX + 2];
    static struct answer answer;

    if (!world_take(conn, &answer)) {
        return "";
    }
    world_must(answer.header.type == XS_WATCH_EVENT, "no event");
    world_must(answer.header.req_id == 0 && answer.header.tx_id == 0, "an event with an id");
    snprintf(text, sizeof(text), "%s %s", answer.bytes, answer.bytes + strlen(answer.bytes) + 1);
    return text;
}

static const char *world_wrong_node(const struct node *node)
{
    for (uint32_t i = 0; i < node->child_count; i++) {
        const struct node *child = node->children[i];
        const char *wrong;

        if (i > 0 && strcmp(node->children[i - 1]->name, child->name) >= 0) {
            return "children out of order";
        }
        if (child->name[0] == '\0' || strchr(child->name, '/')) {
            return "an impossible name";
        }
        if (child->perms->count == 0) {
            return "a node without an owner";
        }
        wrong = world_wrong_node(child);
        if (wrong) {
            return wrong;
        }
    }
    return NULL;
}

static const char *world_wrong_counts(struct world *world)
{
    uint32_t counts[WORLD_DOMAINS];

    for (uint16_t domid = 0; domid < WORLD_DOMAINS; domid++) {
        counts[domid] = accounts_node_count(&world->store.accounts, domid);
    }
    world_must(store_recount(&world->store) == 0, "no memory");
    for (uint16_t domid = 0; domid < WORLD_DOMAINS; domid++) {
        if (counts[domid] != accounts_node_count(&world->store.accounts, domid)) {
            return "a domain's count of nodes";
        }
    }
    return NULL;
}

const char *world_wrong(struct world *world)
{
    const char *wrong = world_wrong_node(world->store.tree.root);
    uint32_t txns = 0;

    for (const struct conn *conn = world->store.conns; conn; conn = conn->next) {
        uint32_t watches = 0, own = 0;

        for (const struct watch *watch = conn->watches; watch; watch = watch->next_of_conn) {
            watches++;
        }
        for (const struct txn *txn = conn->txns; txn; txn = txn->next) {
            own++;
        }
        if (watches != conn->watch_count || own != conn->txn_count) {
            return "a connection's counts";
        }
        if (!conn->subject.privileged &&
            (watches > world->store.limits.watches || own > world->store.limits.transactions)) {
            return "a connection's quota";
        }
        txns += own;
    }
    if (txns != world->store.txn_count) {
        return "the count of transactions";
    }
    return wrong ? wrong : world_wrong_counts(world);
}

static bool world_same_node(const struct node *a, const struct node *b)
{
    if (strcmp(a->name, b->name) != 0 || a->child_count != b->child_count ||
        !perms_equal(a->perms, b->perms) || node_value_length(a) != node_value_length(b)) {
        return false;
    }
    if (node_value_length(a) && memcmp(a->value->bytes, b->value->bytes, node_value_length(a)) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < a->child_count; i++) {
        if (!world_same_node(a->children[i], b->children[i])) {
            return false;
        }
    }
    return true;
}

static struct conn *world_restore_domain(void *context, const struct journal_domain *record)
{
    struct world *world = context;
    struct conn *conn = world->store.conns;

    while (conn && conn->subject.domid != record->domid) {
        conn = conn->next;
    }
    return conn ? conn : store_connect(&world->store, record->domid, true);
}

static void world_restore_gone(void *context, uint16_t domid)
{
    (void)context;
    (void)domid;
}

static void world_restore_input(void *context, struct conn *conn, uint32_t req_cons)
{
    (void)context;
    (void)conn;
    (void)req_cons;
}

static bool world_same_conn(const struct conn *a, const struct conn *b)
{
    const struct watch *first = a->watches, *second = b->watches;
    uint32_t waiting = 0, promised = 0;

    for (; first && second; first = first->next_of_conn, second = second->next_of_conn) {
        if (strcmp(first->token, second->token) != 0 || strcmp(watch_path(first), watch_path(second)) != 0 ||
            first->strip != second->strip) {
            return false;
        }
    }
    for (const struct conn_chunk *chunk = b->out_first; chunk; chunk = chunk->next) {
        promised += chunk->length;
    }
    for (const struct conn_chunk *chunk = a->out_first; chunk; chunk = chunk->next) {
        waiting += chunk->length - chunk->done;
    }
    return !first && !second && a->txn_count == b->txn_count && promised >= waiting &&
           a->header_have == b->header_have && a->payload_have == b->payload_have;
}

const char *world_restore_differs(struct world *world)
{
    struct world *other = malloc(sizeof(*other));
    struct journal_reader reader = {
        .store = &other->store,
        .context = other,
        .domain = world_restore_domain,
        .domain_gone = world_restore_gone,
        .input = world_restore_input,
    };
    const char *differs = NULL;
    size_t used = 0;

    world_must(other, "no memory");
    world_prepare(other);
    if (journal_read(&reader, world->journal.bytes, world->journal.length, &used) != 0) {
        differs = "the journal cannot be read";
    } else if (used != world->journal.length) {
        differs = "the journal was not read to its end";
    } else if (!world_same_node(world->store.tree.root, other->store.tree.root)) {
        differs = "nodes";
    } else {
        differs = world_wrong(other);
    }
    for (const struct conn *conn = world->store.conns; !differs && conn; conn = conn->next) {
        const struct conn *twin = other->store.conns;

        while (twin && twin->subject.domid != conn->subject.domid) {
            twin = twin->next;
        }
        if (conn->is_domain && (!twin || !world_same_conn(conn, twin))) {
            differs = "a connection";
        }
    }
    world_end(other);
    free(other);
    return differs;
}
