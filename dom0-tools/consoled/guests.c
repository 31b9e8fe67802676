/* SPDX-License-Identifier: MIT */
/* Which guests have a console: found through the hypervisor's list and xenstore, and followed as they come
 * and go. */
#include "consoled/guests.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sysctl.h"

#define GUESTS_RETRY_MS 250
#define GUESTS_TOKEN    "guests"

static char *guests_read(struct guests *guests, uint16_t domid, const char *name)
{
    char path[80];
    struct pv_error error;

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, name);
    return xs_read(guests->xs, 0, path, NULL, &error);
}

static bool guests_read_number(struct guests *guests, uint16_t domid, const char *name, uint64_t *number)
{
    char *text = guests_read(guests, domid, name), *end;
    bool good = false;

    if (text) {
        *number = strtoull(text, &end, 10);
        good = end != text && *end == '\0';
    }
    free(text);
    return good;
}

/* The watch of one guest's console folder. */
static void guests_watch(struct guests *guests, uint16_t domid, bool on)
{
    char path[64], token[16];
    struct pv_error error;

    snprintf(path, sizeof(path), "/local/domain/%u/console", domid);
    snprintf(token, sizeof(token), "%u", domid);
    if ((on ? xs_watch : xs_unwatch)(guests->xs, path, token, &error) != 0 && on) {
        daemon_log(DAEMON_ERROR, "%s", error.message);
    }
}

static void guests_write_tty(struct guests *guests, struct console *console)
{
    char path[64];
    struct pv_error error;

    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", console->domid);
    if (xs_write_string(guests->xs, 0, path, console->tty, &error) != 0) {
        daemon_log(DAEMON_ERROR, "%s", error.message);
        return;
    }
    console->tty_written = true;
}

/* Opens a guest's console if xenstore has all of it; says in the log what is wrong with it. */
static void guests_try_open(struct guests *guests, struct console *console)
{
    char *type = guests_read(guests, console->domid, "console/type");
    bool ours = !type || !strcmp(type, "xenconsoled");
    char *name = guests_read(guests, console->domid, "name");
    struct pv_error error = {0};
    uint64_t port;

    if (ours && guests_read_number(guests, console->domid, "console/ring-ref", &console->mfn) &&
        guests_read_number(guests, console->domid, "console/port", &port) && port > 0 && port <= UINT32_MAX) {
        char fallback[16];

        console->remote_port = (uint32_t)port;
        snprintf(fallback, sizeof(fallback), "%u", console->domid);
        if (console_open(console, &guests->host, name ? name : fallback, &error) == 0) {
            daemon_log(DAEMON_INFO, "domain %u (%s) has its console at %s", console->domid, name ? name : "?",
                       console->tty);
        } else {
            daemon_log_limited(&console->complaints, DAEMON_WARNING, "%s", error.message);
        }
    }
    free(name);
    free(type);
}

/* What xenstore says of an open console may change: a resumed guest has another port. */
static void guests_check_port(struct guests *guests, struct console *console)
{
    uint64_t port;

    if (guests_read_number(guests, console->domid, "console/port", &port) && port != console->remote_port) {
        console_close(console, &guests->host);
    }
}

static void guests_look(struct guests *guests, struct console *console)
{
    if (console->open) {
        guests_check_port(guests, console);
    }
    if (!console->open) {
        guests_try_open(guests, console);
    }
    if (console->open && !console->tty_written) {
        guests_write_tty(guests, console);
    }
}

static struct console *guests_find(const struct guests *guests, uint32_t domid)
{
    struct console *console = guests->first;

    while (console && console->domid != domid) {
        console = console->next;
    }
    return console;
}

static void guests_add(struct guests *guests, uint16_t domid)
{
    struct console *console = calloc(1, sizeof(*console));

    if (!console) {
        daemon_log(DAEMON_ERROR, "no memory for the console of domain %u", domid);
        return;
    }
    console->domid = domid;
    console->seen = true;
    console->log.fd = -1;
    console->next = guests->first;
    guests->first = console;
    guests->count++;
    guests_watch(guests, domid, true);
    guests_look(guests, console);
}

static void guests_remove_unseen(struct guests *guests)
{
    struct console **link = &guests->first;

    while (*link) {
        struct console *console = *link;

        if (console->seen) {
            link = &console->next;
            continue;
        }
        daemon_log(DAEMON_INFO, "domain %u has ended", console->domid);
        *link = console->next;
        guests->count--;
        guests_watch(guests, console->domid, false);
        console_close(console, &guests->host);
        free(console);
    }
}

/* Compares the hypervisor's list with ours. */
static void guests_scan(struct guests *guests)
{
    struct pv_domain_info *list;
    struct pv_error error;
    size_t count;

    if (pv_sysctl_domains(guests->host.ctx, &list, &count, &error) != 0) {
        daemon_log(DAEMON_ERROR, "%s", error.message);
        return;
    }
    for (struct console *console = guests->first; console; console = console->next) {
        console->seen = false;
    }
    for (size_t i = 0; i < count; i++) {
        struct console *console = guests_find(guests, list[i].domid);

        if (list[i].domid == 0 || list[i].dying) {
            continue;
        }
        if (console) {
            console->seen = true;
        } else {
            guests_add(guests, list[i].domid);
        }
    }
    free(list);
    guests_remove_unseen(guests);
}

static void guests_lose(struct guests *guests, uint64_t now_ms)
{
    daemon_log(DAEMON_WARNING, "xenstored is away");
    xs_close(guests->xs);
    guests->xs = NULL;
    guests->retry_ms = now_ms + GUESTS_RETRY_MS;
}

int guests_connect(struct guests *guests, uint64_t now_ms)
{
    struct pv_error error;

    if (guests->xs) {
        return -1;
    }
    if (now_ms < guests->retry_ms) {
        return (int)(guests->retry_ms - now_ms);
    }
    guests->retry_ms = now_ms + GUESTS_RETRY_MS;
    guests->xs = xs_open(&error);
    if (!guests->xs) {
        return GUESTS_RETRY_MS;
    }
    if (xs_watch(guests->xs, "@introduceDomain", GUESTS_TOKEN, &error) != 0 ||
        xs_watch(guests->xs, "@releaseDomain", GUESTS_TOKEN, &error) != 0) {
        guests_lose(guests, now_ms);
        return GUESTS_RETRY_MS;
    }
    /* A store that begins anew knows nothing of what the earlier one was told. */
    for (struct console *console = guests->first; console; console = console->next) {
        console->tty_written = false;
        guests_watch(guests, console->domid, true);
    }
    return -1;
}

void guests_take_events(struct guests *guests)
{
    struct pv_error error;
    char *path, *token;
    bool scan = false;
    int got = 0;

    while (guests->xs && (got = xs_next_event(guests->xs, 0, &path, &token, &error)) > 0) {
        struct console *console = guests_find(guests, (uint32_t)strtoul(token, NULL, 10));

        if (!strcmp(token, GUESTS_TOKEN)) {
            scan = true;
        } else if (console && !strstr(path, "/tty")) {
            guests_look(guests, console);
        }
        free(path);
        free(token);
    }
    if (got < 0) {
        guests_lose(guests, daemon_now_ms());
    } else if (scan) {
        guests_scan(guests);
    }
}

struct console *guests_find_port(const struct guests *guests, uint32_t port)
{
    struct console *console = guests->first;

    while (console && !(console->open && console->local_port == port)) {
        console = console->next;
    }
    return console;
}

void guests_close(struct guests *guests)
{
    while (guests->first) {
        struct console *console = guests->first;

        guests->first = console->next;
        console_close(console, &guests->host);
        free(console);
    }
    xs_close(guests->xs);
}
