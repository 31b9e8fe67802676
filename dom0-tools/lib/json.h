/* SPDX-License-Identifier: MIT */
/* JSON, read into a tree that remembers its lines, and written. */
#ifndef PVTOOLS_JSON_H
#define PVTOOLS_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

enum pv_json_type {
    PV_JSON_NULL,
    PV_JSON_BOOL,
    PV_JSON_NUMBER,
    PV_JSON_STRING,
    PV_JSON_ARRAY,
    PV_JSON_OBJECT
};

/* A value. Members and elements are a list: children, then next. */
struct pv_json {
    enum pv_json_type type;
    unsigned int line; /* where the value ends; 1 is the first */
    char *key;         /* of a member, else NULL */
    char *text;        /* a string's content, or a number as it is written */
    bool truth;        /* a bool's value */
    struct pv_json *children, *next;
};

/* Deeper nesting and longer texts than these are refused. */
#define PV_JSON_DEPTH 32
#define PV_JSON_BYTES (1024UL * 1024)

/* Reads one JSON value; comments are refused. `name` begins the errors: "NAME:LINE: why", class USAGE. */
struct pv_json *pv_json_parse(const char *name, const char *text, size_t size, struct pv_error *error);

/* Reads a file, with its path as the name. */
struct pv_json *pv_json_read(const char *path, struct pv_error *error);

void pv_json_free(struct pv_json *json);

/* What stands for a string, a number or a bool on a command line: its text, or "true" and "false". */
const char *pv_json_word(const struct pv_json *json);

/* "an object", "a string", ... */
const char *pv_json_type_name(enum pv_json_type type);

/* Writes JSON, indented. The writer remembers failures until pv_json_writer_text. */
struct pv_json_writer;
struct pv_json_writer *pv_json_writer_new(void);
void pv_json_open(struct pv_json_writer *writer, enum pv_json_type type); /* an array or an object */
void pv_json_close(struct pv_json_writer *writer, enum pv_json_type type);
void pv_json_key(struct pv_json_writer *writer, const char *key);
void pv_json_string(struct pv_json_writer *writer, const char *text);
void pv_json_integer(struct pv_json_writer *writer, long long value);
void pv_json_decimal(struct pv_json_writer *writer, double value);
void pv_json_bool(struct pv_json_writer *writer, bool value);
/* A member of the object that is open. */
void pv_json_member_string(struct pv_json_writer *writer, const char *key, const char *text);
void pv_json_member_integer(struct pv_json_writer *writer, const char *key, long long value);
/* What was written, valid until the writer is freed; NULL when memory ran out. */
const char *pv_json_writer_text(struct pv_json_writer *writer);
void pv_json_writer_free(struct pv_json_writer *writer);

#endif
