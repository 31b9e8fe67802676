/* SPDX-License-Identifier: MIT */
/* A client of Open vSwitch's database, in which its bridges and ports are configured: RFC 7047 over a local socket. */
#ifndef PVTOOLS_OVSDB_H
#define PVTOOLS_OVSDB_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/json.h"

struct pv_ovsdb;

/*
 * Connects to db.sock in /run/openvswitch or in the folder that OVS_RUNDIR names. NULL on failure, of class NO_HOST
 * where nobody listens. What the database does not answer within some seconds fails with class TIMEOUT.
 */
struct pv_ovsdb *pv_ovsdb_open(struct pv_error *error);
void pv_ovsdb_close(struct pv_ovsdb *db);

/*
 * A transaction's operations are put together, then run. A condition compares the column with a string, or with a row
 * where `uuid` is said; functions are the RFC's ("==", "includes").
 */
struct pv_json_writer *pv_ovsdb_begin(struct pv_error *error);
void pv_ovsdb_operation(struct pv_json_writer *writer, const char *operation, const char *table);
void pv_ovsdb_where(struct pv_json_writer *writer, const char *column, const char *function, bool uuid,
                    const char *value);
void pv_ovsdb_where_all(struct pv_json_writer *writer);
void pv_ovsdb_columns(struct pv_json_writer *writer, const char *first, const char *second);
/* A mutation of a set of rows by one: "insert" or "delete"; `kind` is "uuid" or "named-uuid". */
void pv_ovsdb_mutation(struct pv_json_writer *writer, const char *column, const char *mutator, const char *kind,
                       const char *row);
void pv_ovsdb_reference(struct pv_json_writer *writer, const char *kind, const char *row);
void pv_ovsdb_end(struct pv_json_writer *writer);

/*
 * Runs what was written and frees the writer. Returns the list of results, one for each operation, for pv_json_free;
 * NULL on failure. `conflict` (may be NULL) says whether it failed because another client was sooner.
 */
struct pv_json *pv_ovsdb_run(struct pv_ovsdb *db, struct pv_json_writer *writer, bool *conflict,
                             struct pv_error *error);

/* The result of an operation; its first row; a row's column; its own id as a text. NULL where there is none. */
const struct pv_json *pv_ovsdb_result(const struct pv_json *results, unsigned int index);
const struct pv_json *pv_ovsdb_rows(const struct pv_json *result);
const struct pv_json *pv_ovsdb_column(const struct pv_json *row, const char *name);
const char *pv_ovsdb_uuid(const struct pv_json *row);

#endif
