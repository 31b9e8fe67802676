/* SPDX-License-Identifier: MIT */
/* The file that holds the journal: read at the start, appended to in each round, written anew when it has
 * grown. */
#ifndef XENSTORED_STATE_H
#define XENSTORED_STATE_H

#include <stddef.h>

#include "lib/error.h"
#include "xenstored/domain.h"
#include "xenstored/journal.h"
#include "xenstored/store.h"

struct state {
    const char *path; /* NULL: nothing is kept */
    int fd;
    size_t size;         /* of the file */
    size_t compact_size; /* write it anew when it gets this large */
    struct journal journal;
    struct store *store;
    struct domains *domains;
};

/* Reads the file of an earlier run since this machine's start into store and domains, and connects the
 * domains again. */
int state_open(struct state *state, const char *path, struct store *store, struct domains *domains,
               struct pv_error *error);

/* Writes the file from nothing; from then on changes are recorded. */
int state_begin(struct state *state, struct pv_error *error);

/* Appends what has changed. Call before anybody is told of it. */
void state_save(struct state *state);

void state_close(struct state *state);

#endif
