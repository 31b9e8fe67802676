/* SPDX-License-Identifier: MIT */
/*
 * One guest's console: its page and event channel, its pty, its log.
 *
 * What the guest writes goes to the log and into a bounded buffer in front of the pty. It is always taken,
 * whether anybody reads the pty or not: a guest never waits for a reader. A guest that floods is heard only
 * so often in a time.
 */
#ifndef CONSOLED_CONSOLE_H
#define CONSOLED_CONSOLE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "consoled/buffer.h"
#include "consoled/logfile.h"
#include "consoled/ring.h"
#include "lib/daemon.h"
#include "lib/error.h"
#include "lib/hypercall.h"

/* What all consoles share. */
struct console_host {
    struct pv_ctx *ctx;
    int evtchn_fd;
    int gntdev_fd;
    const char *log_dir; /* NULL: no logs */
    size_t log_limit;
};

struct console {
    struct console *next;
    uint16_t domid;
    bool open;        /* page, port and pty are there */
    bool seen;        /* of the list of domains that is gone through */
    bool granted;     /* the page came from a grant, else from a foreign mapping */
    bool masked;      /* the port is silenced until its period is over */
    bool tty_written; /* xenstore has the pty's name */
    uint32_t remote_port;
    uint32_t local_port;
    uint32_t event_count; /* since `period_ms` */
    uint64_t period_ms;
    uint64_t mfn;
    struct console_ring ring;
    struct buffer output; /* to the pty */
    struct logfile log;
    int pty_fd;
    int tty_fd; /* our own hold on the other side, so that the pty lives without a reader */
    char tty[64];
    struct daemon_limit complaints;
};

/* Opens the console of domain `domid`: maps the page (the well-known grant, else frame `mfn`), binds the
 * port, makes the pty and the log. After a failure nothing is left. */
int console_open(struct console *console, const struct console_host *host, const char *name,
                 struct pv_error *error);

/* Takes the last output and lets everything go. */
void console_close(struct console *console, const struct console_host *host);

/* The port has fired. */
void console_event(struct console *console, const struct console_host *host, uint64_t now_ms);

/* Unmasks a port that was silenced, when it is time. Returns the milliseconds until then, -1 when none is
 * silenced. */
int console_unsilence(struct console *console, const struct console_host *host, uint64_t now_ms);

/* What to poll the pty for, and what to do then. */
short console_poll_events(const struct console *console);
void console_poll_done(struct console *console, const struct console_host *host, short events);

#endif
