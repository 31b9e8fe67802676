/* SPDX-License-Identifier: MIT */
/* What the daemons of dom0 share: their common options, the log, the background, the pid file, the end by a
 * signal. */
#ifndef PVTOOLS_DAEMON_H
#define PVTOOLS_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

enum daemon_level {
    DAEMON_ERROR,   /* our own fault, or the system's */
    DAEMON_WARNING, /* a guest or a client misbehaves */
    DAEMON_INFO,    /* the life of things */
    DAEMON_DEBUG,
};

/* An option of a daemon beside the common ones. */
struct daemon_option {
    const char *name;     /* without the two dashes */
    const char *argument; /* what --help calls its argument; NULL: it has none */
    const char *help;
    int (*set)(void *settings, const char *argument, struct pv_error *error);
};

struct daemon {
    const char *name;
    const char *version;
    const char *summary;                 /* one sentence for --help */
    const struct daemon_option *options; /* ends with a NULL name */
    const char *pid_file;
    bool background;
};

/* Reads the command line. --help and --version print and end the program with 0; a wrong one ends it with
 * PV_ERROR_USAGE. */
void daemon_parse(struct daemon *daemon, int argc, char **argv, void *settings);

/* Goes to the background where asked for, once the daemon can serve: the first process ends with 0 only then.
 * Between the two calls the caller prepares; a failure then is the first process's exit status. */
void daemon_fork(const struct daemon *daemon);
void daemon_ready(const struct daemon *daemon);

/* In a child that goes on as this program: closes what the daemon has open, its log too, which opens again. */
void daemon_child(void);

/* Makes sure that this is the only one and writes the pid file. It is locked as long as the process lives. */
int daemon_lock(const struct daemon *daemon, struct pv_error *error);

/* A descriptor that is readable once SIGTERM, SIGINT or SIGHUP came; SIGPIPE is ignored. daemon_signal takes
 * one: its number, or 0. */
int daemon_signals(struct pv_error *error);
int daemon_signal(int fd);

/* Writes one line to stderr, or to syslog in the background. Debug lines only with --verbose. */
void daemon_log(enum daemon_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, at most a few times in ten seconds for one `limit` (zeroed at first); what a guest can cause goes
 * this way. */
struct daemon_limit {
    uint64_t window_start_ms;
    uint32_t count;
};
void daemon_log_limited(struct daemon_limit *limit, enum daemon_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Logs an error and ends the program with its class as the exit status. */
void daemon_fail(const struct pv_error *error) __attribute__((noreturn));

/* Milliseconds since some start; never goes back. */
uint64_t daemon_now_ms(void);

/* Makes a folder and those above it. */
int daemon_make_folder(const char *path, unsigned int mode, struct pv_error *error);

#endif
