/* SPDX-License-Identifier: MIT */
/* A client of Open vSwitch's database. */
#include "lib/ovsdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define RUN_FOLDER "/run/openvswitch"
#define ANSWER_S   5

struct pv_ovsdb {
    int fd;
    char *text; /* what came and is not a whole message yet */
    size_t length, size;
};

struct pv_ovsdb *pv_ovsdb_open(struct pv_error *error)
{
    const struct timeval patience = {.tv_sec = ANSWER_S};
    const char *folder = getenv("OVS_RUNDIR");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct pv_ovsdb *db = calloc(1, sizeof(*db));

    if (!db) {
        pv_error_errno(error, ENOMEM, "a connection to Open vSwitch");
        return NULL;
    }
    snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/db.sock", folder ? folder : RUN_FOLDER);
    db->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (db->fd < 0 || setsockopt(db->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
        setsockopt(db->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
        connect(db->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        pv_error_errno(error, errno, "Open vSwitch's database, %s", address.sun_path);
        error->class = PV_ERROR_NO_HOST;
        pv_ovsdb_close(db);
        return NULL;
    }
    return db;
}

void pv_ovsdb_close(struct pv_ovsdb *db)
{
    if (db) {
        if (db->fd >= 0) {
            close(db->fd);
        }
        free(db->text);
        free(db);
    }
}

struct pv_json_writer *pv_ovsdb_begin(struct pv_error *error)
{
    struct pv_json_writer *writer = pv_json_writer_new();

    if (!writer) {
        pv_error_errno(error, ENOMEM, "a question to Open vSwitch");
        return NULL;
    }
    pv_json_open(writer, PV_JSON_OBJECT);
    pv_json_member_integer(writer, "id", 0);
    pv_json_member_string(writer, "method", "transact");
    pv_json_key(writer, "params");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, "Open_vSwitch");
    return writer;
}

void pv_ovsdb_operation(struct pv_json_writer *writer, const char *operation, const char *table)
{
    pv_json_open(writer, PV_JSON_OBJECT);
    pv_json_member_string(writer, "op", operation);
    pv_json_member_string(writer, "table", table);
}

void pv_ovsdb_reference(struct pv_json_writer *writer, const char *kind, const char *row)
{
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, kind);
    pv_json_string(writer, row);
    pv_json_close(writer, PV_JSON_ARRAY);
}

void pv_ovsdb_where_all(struct pv_json_writer *writer)
{
    pv_json_key(writer, "where");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_ARRAY);
}

void pv_ovsdb_where(struct pv_json_writer *writer, const char *column, const char *function, bool uuid,
                    const char *value)
{
    pv_json_key(writer, "where");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, column);
    pv_json_string(writer, function);
    if (uuid) {
        pv_ovsdb_reference(writer, "uuid", value);
    } else {
        pv_json_string(writer, value);
    }
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_ARRAY);
}

void pv_ovsdb_columns(struct pv_json_writer *writer, const char *first, const char *second)
{
    pv_json_key(writer, "columns");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, first);
    if (second) {
        pv_json_string(writer, second);
    }
    pv_json_close(writer, PV_JSON_ARRAY);
}

void pv_ovsdb_mutation(struct pv_json_writer *writer, const char *column, const char *mutator, const char *kind,
                       const char *row)
{
    pv_json_key(writer, "mutations");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, column);
    pv_json_string(writer, mutator);
    pv_ovsdb_reference(writer, kind, row);
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_ARRAY);
}

void pv_ovsdb_end(struct pv_json_writer *writer)
{
    pv_json_close(writer, PV_JSON_OBJECT);
}

static int say(struct pv_ovsdb *db, const char *text, struct pv_error *error)
{
    for (size_t length = strlen(text); length > 0;) {
        ssize_t put = send(db->fd, text, length, MSG_NOSIGNAL);

        if (put < 0) {
            return pv_error_errno(error, errno, "asking Open vSwitch's database");
        }
        text += put;
        length -= (size_t)put;
    }
    return 0;
}

/* The length of the first message of what came, 0 while it is not whole. Messages are objects, one behind the other. */
static size_t message_length(const char *text, size_t length)
{
    bool string = false;
    size_t depth = 0;

    for (size_t i = 0; i < length; i++) {
        if (string && text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            string = !string;
        } else if (!string && (text[i] == '{' || text[i] == '[')) {
            depth++;
        } else if (!string && (text[i] == '}' || text[i] == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

static int hear_more(struct pv_ovsdb *db, struct pv_error *error)
{
    char bytes[4096], *text;
    ssize_t got = recv(db->fd, bytes, sizeof(bytes), 0);

    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
                   ? pv_error_set(error, PV_ERROR_TIMEOUT, "Open vSwitch's database does not answer within %d s",
                                  ANSWER_S)
                   : pv_error_errno(error, got < 0 ? errno : ECONNRESET, "an answer of Open vSwitch's database");
    }
    text = db->length + (size_t)got <= PV_JSON_BYTES ? realloc(db->text, db->length + (size_t)got) : NULL;
    if (!text) {
        return pv_error_errno(error, ENOMEM, "an answer of Open vSwitch's database");
    }
    db->text = text;
    memcpy(db->text + db->length, bytes, (size_t)got);
    db->length += (size_t)got;
    return 0;
}

const struct pv_json *pv_ovsdb_column(const struct pv_json *row, const char *name)
{
    const struct pv_json *member = row && row->type == PV_JSON_OBJECT ? row->children : NULL;

    while (member && strcmp(member->key, name) != 0) {
        member = member->next;
    }
    return member;
}

/* The next answer; the server's own questions, whether we are still there, are left out. */
static struct pv_json *hear(struct pv_ovsdb *db, struct pv_error *error)
{
    struct pv_json *message;
    size_t length;

    do {
        while ((length = message_length(db->text, db->length)) == 0) {
            if (hear_more(db, error) != 0) {
                return NULL;
            }
        }
        message = pv_json_parse("Open vSwitch's answer", db->text, length, error);
        db->length -= length;
        memmove(db->text, db->text + length, db->length);
        if (message && pv_ovsdb_column(message, "method")) {
            pv_json_free(message);
            continue;
        }
        return message;
    } while (true);
}

/* Whether all operations, and the whole, went well. What fails has a member "error". */
static int judge(const struct pv_json *results, bool *conflict, struct pv_error *error)
{
    for (const struct pv_json *result = results->children; result; result = result->next) {
        const struct pv_json *failed = pv_ovsdb_column(result, "error"), *details = pv_ovsdb_column(result, "details");

        if (failed && failed->type == PV_JSON_STRING) {
            if (conflict) {
                *conflict = strcmp(failed->text, "constraint violation") == 0;
            }
            return pv_error_set(error, PV_ERROR_FAILURE, "Open vSwitch's database: %.100s%s%.300s", failed->text,
                                details ? ": " : "", details && details->text ? details->text : "");
        }
    }
    return 0;
}

/* Takes the results out of an answer, which is freed. */
static struct pv_json *take_results(struct pv_json *answer, bool *conflict, struct pv_error *error)
{
    struct pv_json *results = NULL;

    for (struct pv_json **link = &answer->children; answer->type == PV_JSON_OBJECT && *link; link = &(*link)->next) {
        if (strcmp((*link)->key, "result") == 0 && (*link)->type == PV_JSON_ARRAY) {
            results = *link;
            *link = results->next;
            results->next = NULL;
            break;
        }
    }
    pv_json_free(answer);
    if (!results) {
        pv_error_set(error, PV_ERROR_FAILURE, "Open vSwitch's database answers with what is no result");
    } else if (judge(results, conflict, error) != 0) {
        pv_json_free(results);
        results = NULL;
    }
    return results;
}

struct pv_json *pv_ovsdb_run(struct pv_ovsdb *db, struct pv_json_writer *writer, bool *conflict,
                             struct pv_error *error)
{
    struct pv_json *answer = NULL;
    const char *text;

    if (conflict) {
        *conflict = false;
    }
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_OBJECT);
    text = pv_json_writer_text(writer);
    if (!text) {
        pv_error_errno(error, ENOMEM, "a question to Open vSwitch");
    } else if (say(db, text, error) == 0) {
        answer = hear(db, error);
    }
    pv_json_writer_free(writer);
    return answer ? take_results(answer, conflict, error) : NULL;
}

const struct pv_json *pv_ovsdb_result(const struct pv_json *results, unsigned int index)
{
    const struct pv_json *result = results->children;

    while (result && index-- > 0) {
        result = result->next;
    }
    return result;
}

const struct pv_json *pv_ovsdb_rows(const struct pv_json *result)
{
    const struct pv_json *rows = pv_ovsdb_column(result, "rows");

    return rows && rows->type == PV_JSON_ARRAY ? rows->children : NULL;
}

const char *pv_ovsdb_uuid(const struct pv_json *row)
{
    const struct pv_json *column = pv_ovsdb_column(row, "_uuid"), *word;

    if (!column || column->type != PV_JSON_ARRAY) {
        return NULL;
    }
    word = column->children ? column->children->next : NULL;
    return word && word->type == PV_JSON_STRING ? word->text : NULL;
}
