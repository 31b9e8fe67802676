/* SPDX-License-Identifier: MIT */
/* One guest's console: its page and event channel, its pty, its log. */
#include "consoled/console.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/evtchn.h"
#include "lib/foreign.h"
#include "lib/gntdev.h"
#include "pvabi/xen.h"

#include "pvabi/grant_table.h"

#define CONSOLE_BUFFER_LIMIT (256UL * 1024)

/* A guest is heard this often in a period; Linux writes a line with one event. */
#define CONSOLE_PERIOD_MS         200
#define CONSOLE_EVENTS_PER_PERIOD 60

static int console_map(struct console *console, const struct console_host *host, struct pv_error *error)
{
    void *page = NULL;

    console->granted = gntdev_map(host->gntdev_fd, console->domid, GNTTAB_RESERVED_CONSOLE, &page) == 0;
    if (!console->granted) {
        page = pv_foreign_map(host->ctx, console->domid, &console->mfn, 1, 1, error);
    }
    if (!page) {
        return pv_error_wrap(error, "console page of domain %u", console->domid);
    }
    console_ring_open(&console->ring, page);
    return 0;
}

static void console_unmap(struct console *console, const struct console_host *host)
{
    if (console->granted) {
        gntdev_unmap(host->gntdev_fd, console->ring.page);
    } else {
        pv_foreign_unmap(console->ring.page, 1);
    }
    console->ring.page = NULL;
}

static int console_open_pty(struct console *console, struct pv_error *error)
{
    struct termios settings;

    if (openpty(&console->pty_fd, &console->tty_fd, console->tty, NULL, NULL) != 0) {
        return pv_error_errno(error, errno, "no pty for domain %u", console->domid);
    }
    fcntl(console->pty_fd, F_SETFD, FD_CLOEXEC);
    fcntl(console->tty_fd, F_SETFD, FD_CLOEXEC);
    fcntl(console->pty_fd, F_SETFL, O_NONBLOCK);
    if (tcgetattr(console->tty_fd, &settings) == 0) {
        cfmakeraw(&settings);
        tcsetattr(console->tty_fd, TCSANOW, &settings);
    }
    return 0;
}

static void console_close_pty(struct console *console)
{
    close(console->pty_fd);
    close(console->tty_fd);
}

static int console_bind(struct console *console, const struct console_host *host, struct pv_error *error)
{
    int port = evtchn_bind_interdomain(host->evtchn_fd, console->domid, console->remote_port);

    if (port <= 0) {
        return pv_error_errno(error, port ? -port : EIO, "cannot bind port %u of domain %u",
                              console->remote_port, console->domid);
    }
    console->local_port = (uint32_t)port;
    return 0;
}

int console_open(struct console *console, const struct console_host *host, const char *name,
                 struct pv_error *error)
{
    if (console_map(console, host, error) != 0) {
        return -1;
    }
    if (console_open_pty(console, error) != 0) {
        goto unmap;
    }
    if (console_bind(console, host, error) != 0) {
        goto close_pty;
    }
    buffer_init(&console->output, CONSOLE_BUFFER_LIMIT);
    console->log.fd = -1;
    if (host->log_dir &&
        logfile_open(&console->log, host->log_dir, "guest", name, host->log_limit, error) != 0) {
        daemon_log(DAEMON_ERROR, "%s", error->message);
    }
    console->open = true;
    console->masked = false;
    return 0;

close_pty:
    console_close_pty(console);
unmap:
    console_unmap(console, host);
    return -1;
}

/* Takes all that the guest has written by now, but no more than a ring: what it adds meanwhile waits for the
 * next event. */
static void console_take(struct console *console, const struct console_host *host)
{
    char bytes[sizeof(console->ring.page->out)];
    bool broken;
    uint32_t length = console_ring_take(&console->ring, bytes, sizeof(bytes), &broken);

    if (broken) {
        daemon_log_limited(&console->complaints, DAEMON_WARNING,
                           "domain %u wrote an impossible console index", console->domid);
    }
    if (length > 0) {
        logfile_write(&console->log, bytes, length);
        buffer_add(&console->output, bytes, length);
        evtchn_notify(host->evtchn_fd, console->local_port);
    }
}

void console_close(struct console *console, const struct console_host *host)
{
    if (!console->open) {
        return;
    }
    console_take(console, host);
    evtchn_unbind(host->evtchn_fd, console->local_port);
    console_unmap(console, host);
    console_close_pty(console);
    buffer_clear(&console->output);
    logfile_close(&console->log);
    console->open = false;
    console->tty_written = false;
}

void console_event(struct console *console, const struct console_host *host, uint64_t now_ms)
{
    if (now_ms - console->period_ms >= CONSOLE_PERIOD_MS) {
        console->period_ms = now_ms;
        console->event_count = 0;
    }
    /* Silenced, the port stays masked: what comes meanwhile makes it fire when it is unmasked. */
    console->masked = ++console->event_count > CONSOLE_EVENTS_PER_PERIOD;
    if (!console->masked) {
        evtchn_unmask(host->evtchn_fd, console->local_port);
    }
    console_take(console, host);
}

int console_unsilence(struct console *console, const struct console_host *host, uint64_t now_ms)
{
    uint64_t passed = now_ms - console->period_ms;

    if (!console->masked) {
        return -1;
    }
    if (passed < CONSOLE_PERIOD_MS) {
        return (int)(CONSOLE_PERIOD_MS - passed);
    }
    console->masked = false;
    evtchn_unmask(host->evtchn_fd, console->local_port);
    console_take(console, host);
    return -1;
}

short console_poll_events(const struct console *console)
{
    short events = console_ring_room(&console->ring) > 0 ? POLLIN : 0;

    return (short)(events | (console->output.length > 0 ? POLLOUT : 0));
}

static void console_type(struct console *console, const struct console_host *host)
{
    char bytes[sizeof(console->ring.page->in)];
    uint32_t room = console_ring_room(&console->ring);
    ssize_t got = read(console->pty_fd, bytes, room);

    if (got > 0) {
        console_ring_give(&console->ring, bytes, (uint32_t)got);
        evtchn_notify(host->evtchn_fd, console->local_port);
    }
}

static void console_show(struct console *console)
{
    const char *bytes;
    size_t length;

    while ((length = buffer_next(&console->output, &bytes)) > 0) {
        ssize_t put = write(console->pty_fd, bytes, length);

        if (put <= 0) {
            return;
        }
        buffer_took(&console->output, (size_t)put);
    }
}

void console_poll_done(struct console *console, const struct console_host *host, short events)
{
    if (events & POLLIN) {
        console_type(console, host);
    }
    if (events & POLLOUT) {
        console_show(console);
    }
}
