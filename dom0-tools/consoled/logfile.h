/* SPDX-License-Identifier: MIT */
/* A log file that is bounded: when it is full it becomes FILE.1, in place of an older one. */
#ifndef CONSOLED_LOGFILE_H
#define CONSOLED_LOGFILE_H

#include <stddef.h>

#include "lib/error.h"

struct logfile {
    int fd; /* -1: closed, or broken */
    size_t size;
    size_t limit;
    char path[512];
};

/* Opens DIR/PREFIX-NAME.log for appending; characters that do not belong in a file's name become '_'. */
int logfile_open(struct logfile *log, const char *dir, const char *prefix, const char *name, size_t limit,
                 struct pv_error *error);

/* Appends. A write that fails closes the log and says so once. */
void logfile_write(struct logfile *log, const char *bytes, size_t length);

/* Opens the file anew, after somebody else has moved it away. */
void logfile_reopen(struct logfile *log);
void logfile_close(struct logfile *log);

#endif
