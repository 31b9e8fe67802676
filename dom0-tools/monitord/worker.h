/* SPDX-License-Identifier: MIT */
/* Work on one guest that takes time, done by a child process: the daemon goes on hearing of the others. A
 * child dies with the daemon; what it began is taken up again from the records. */
#ifndef MONITORD_WORKER_H
#define MONITORD_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "monitord/policy.h"

enum worker_task {
    WORKER_DESTROY,  /* the domain and its stored configuration */
    WORKER_RESTART,  /* destroy the domain, then create it again from the stored configuration */
    WORKER_RECREATE, /* only the second half */
};

struct worker {
    struct worker *next;
    pid_t pid;
    int fd; /* readable when the child has ended */
    char name[];
};

struct workers {
    struct worker *first;
    size_t count;
};

/* Starts a child for the guest `name`, unless one works on it already. `domid` is its old domain; `record`,
 * for a restart alone, is what to note of it. */
void worker_start(struct workers *workers, const char *name, uint16_t domid, enum worker_task task,
                  const struct policy_record *record);

/* Says whether a child works on the guest. */
bool worker_is_busy(const struct workers *workers, const char *name);

/* Forgets the children that have ended; says whether there were any. */
bool workers_reap(struct workers *workers);

#endif
