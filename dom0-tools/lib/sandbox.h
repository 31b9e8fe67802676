/* SPDX-License-Identifier: MIT */
/* A child process that may only work on what it has open already: for reading what a guest has written. */
#ifndef PVTOOLS_SANDBOX_H
#define PVTOOLS_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/error.h"

struct pv_sandbox_limits {
    uint64_t memory, file_size; /* bytes */
    unsigned int seconds;       /* of CPU time */
};

/*
 * Forks. The child keeps the `count` descriptors of `fds` and the standard three, changes to user nobody, gives up all
 * privileges, and has a filter of system calls that lets it read, write, seek and take memory, and kills it for
 * anything else: it can open no file and no socket. It calls `work` and ends with its result. Returns the child, or -1.
 */
pid_t pv_sandbox_start(const struct pv_sandbox_limits *limits, const int fds[], size_t count,
                       int (*work)(void *context), void *context, struct pv_error *error);

/* Waits for the child until `seconds` have passed, and kills it then. 0 when its work returned 0; the error says how it
 * ended otherwise. */
int pv_sandbox_wait(pid_t child, unsigned int seconds, struct pv_error *error);

#endif
