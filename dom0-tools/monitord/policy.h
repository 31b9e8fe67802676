/* SPDX-License-Identifier: MIT */
/* What is to be done when a guest has ended: from its configuration, the way it ended, and how often that
 * happened lately. No state, no input or output. */
#ifndef MONITORD_POLICY_H
#define MONITORD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/config.h"

enum policy_verdict {
    POLICY_LEAVE, /* it is suspended: somebody saves it */
    POLICY_DESTROY,
    POLICY_RESTART,
    POLICY_PRESERVE,
};

/* Without a configuration a guest that ended is destroyed. */
enum policy_verdict policy_decide(unsigned int shutdown_code, const struct pv_config *config);

/* The configuration's key that decides, for the log: "on_crash", ... */
const char *policy_key(unsigned int shutdown_code);

/*
 * A guest's restarts, as they are kept in xenstore: "WORD COUNT TIME TRIES".
 *
 * `pending` says that its old domain may be gone already and that a new one must be made whoever sees this.
 */
struct policy_record {
    bool pending;
    uint32_t count;  /* restarts in a row, each soon after the one before */
    uint64_t time_s; /* of the last one, by CLOCK_BOOTTIME */
    uint32_t tries;  /* failed creations of the pending restart */
};

#define POLICY_RECORD_SIZE 64
void policy_format(const struct policy_record *record, char text[POLICY_RECORD_SIZE]);
bool policy_parse(const char *text, struct policy_record *record);

/* A guest that ends this soon after its restart is in a loop, as far as anybody can tell. */
#define POLICY_LOOP_S 60

/* How many seconds to wait with a restart now: none at first, then 1, 2, 4, ... up to a minute. NULL: it was
 * never restarted. */
uint64_t policy_delay(const struct policy_record *record, uint64_t now_s);

/* The record of a restart of a guest that ended at `now_s`; whoever restarts it sets the time. */
struct policy_record policy_next(const struct policy_record *record, uint64_t now_s);

/* How many creations may fail, and the seconds between them. */
#define POLICY_TRIES 4
#define POLICY_TRY_S 10

#endif
