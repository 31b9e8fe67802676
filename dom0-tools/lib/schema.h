/* SPDX-License-Identifier: MIT */
/* The table of configuration keys, and what is made of it: reading of values, documentation. */
#ifndef PVTOOLS_SCHEMA_H
#define PVTOOLS_SCHEMA_H

#include <stdio.h>

#include "lib/config.h"
#include "lib/json.h"

enum pv_schema_type {
    PV_TYPE_NAME, /* of a domain */
    PV_TYPE_TEXT, /* with at most `most` bytes */
    PV_TYPE_PATH, /* of a file that can be read */
    PV_TYPE_SIZE, /* "512M" */
    PV_TYPE_INTEGER,
    PV_TYPE_CHOICE, /* one of `choices` */
    PV_TYPE_BOOL,
    PV_TYPE_UUID,
    PV_TYPE_TARGET, /* a disk's name in the guest */
    PV_TYPE_MAC,
    PV_TYPE_RATE, /* "100Mb/s" */
    PV_TYPE_VLANS, /* "10 20-29" */
    PV_TYPE_LIST, /* of objects with keys of their own */
};

/* The items of a list. Each begins with a struct pv_item_place. */
struct pv_schema_list {
    const char *item; /* what one is called */
    const struct pv_schema_entry *entries;
    size_t entry_count, item_size, most;
};

struct pv_schema_entry {
    const char *key;
    enum pv_schema_type type;
    size_t offset; /* of the field in struct pv_config, or in that of the item */
    bool required;
    uint64_t least, most;
    const char *fallback;       /* the default, as a person writes it; NULL: see fallback_help */
    const char *fallback_help;  /* the default in words, where it is no constant */
    const char *const *choices; /* NULL-terminated */
    const char *help;
    const struct pv_schema_list *list; /* of PV_TYPE_LIST, whose field is a struct pv_list */
};

extern const struct pv_schema_entry pv_schema[PV_KEY_COUNT];
extern const struct pv_schema_list pv_schema_disks, pv_schema_networks;

/* The type of JSON value that a key takes: numbers and bools are written as they are, all else as strings. */
enum pv_json_type pv_schema_json_type(const struct pv_schema_entry *entry);

/*
 * Sets the key's field in the configuration or item `object` from text; not for lists. On
 * failure the error's message says what is wrong with the value and how to write it, without place and key.
 */
int pv_schema_set(const struct pv_schema_entry *entry, void *object, const char *text, struct pv_error *error);

/* Frees what the keys' fields of an object hold, lists with all their items. */
void pv_schema_clear(const struct pv_schema_entry *entries, size_t count, void *object);

/* The documentation, from the table. */
enum pv_schema_format { PV_SCHEMA_TEXT, PV_SCHEMA_JSON, PV_SCHEMA_MARKDOWN, PV_SCHEMA_MAN };
int pv_schema_print(FILE *out, enum pv_schema_format format, struct pv_error *error);

#endif
