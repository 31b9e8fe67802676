/* SPDX-License-Identifier: MIT */
/* parvis-consoled: serves the consoles of all guests. Reads its settings, prepares, and then goes round. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "consoled/guests.h"
#include "lib/daemon.h"
#include "lib/evtchn.h"
#include "lib/gntdev.h"
#include "lib/sysctl.h"
#include "pvabi/xen.h"

#define CONSOLED_LOG_DIR   "/var/log/parvis/console"
#define CONSOLED_LOG_LIMIT (1024UL * 1024)
#define CONSOLED_OWN_FDS   3

struct settings {
    const char *log_dir;
    size_t log_limit;
    bool log_hypervisor;
};

struct consoled {
    struct guests guests;
    struct logfile hypervisor_log;
    bool log_hypervisor;
    uint32_t hypervisor_port;
    uint32_t hypervisor_index; /* how far its log was read */
    int signal_fd;
    struct pollfd *fds;
    size_t fd_room;
};

static int settings_set_log_dir(void *settings, const char *argument, struct pv_error *error)
{
    (void)error;
    ((struct settings *)settings)->log_dir = argument;
    return 0;
}

static int settings_set_no_log(void *settings, const char *argument, struct pv_error *error)
{
    (void)argument;
    (void)error;
    ((struct settings *)settings)->log_dir = NULL;
    return 0;
}

static int settings_set_log_size(void *settings, const char *argument, struct pv_error *error)
{
    char *end;
    unsigned long kib = strtoul(argument, &end, 10);

    if (end == argument || *end != '\0' || kib == 0 || kib > 1024UL * 1024) {
        return pv_error_set(error, PV_ERROR_USAGE, "--log-size %s: not a number of KiB from 1 to 1048576",
                            argument);
    }
    ((struct settings *)settings)->log_limit = kib * 1024;
    return 0;
}

static int settings_set_log_hv(void *settings, const char *argument, struct pv_error *error)
{
    (void)argument;
    (void)error;
    ((struct settings *)settings)->log_hypervisor = true;
    return 0;
}

static const struct daemon_option consoled_options[] = {
    {"log-dir", "DIR", "guests' logs go here (default " CONSOLED_LOG_DIR ")", settings_set_log_dir},
    {"log-size", "KIB", "a log of this size becomes FILE.1 (default 1024)", settings_set_log_size},
    {"log-hv", NULL, "keep the hypervisor's log too, as hypervisor.log", settings_set_log_hv},
    {"no-log", NULL, "keep no logs", settings_set_no_log},
    {NULL, NULL, NULL, NULL},
};

static void consoled_try(int result, const struct pv_error *error)
{
    if (result < 0) {
        daemon_fail(error);
    }
}

static void consoled_open_devices(struct consoled *consoled)
{
    struct console_host *host = &consoled->guests.host;
    struct pv_error error;

    host->ctx = pv_ctx_open(&error);
    if (!host->ctx) {
        daemon_fail(&error);
    }
    host->evtchn_fd = evtchn_open();
    if (host->evtchn_fd < 0) {
        pv_error_errno(&error, -host->evtchn_fd, "cannot open /dev/xen/evtchn (is xen-evtchn loaded?)");
        daemon_fail(&error);
    }
    host->gntdev_fd = gntdev_open();
    if (host->gntdev_fd < 0) {
        pv_error_errno(&error, -host->gntdev_fd, "cannot open /dev/xen/gntdev (is xen-gntdev loaded?)");
        daemon_fail(&error);
    }
}

/* Copies what the hypervisor has logged since the last time. */
static void consoled_copy_hypervisor_log(struct consoled *consoled)
{
    char bytes[4096];
    struct pv_error error;
    long length;

    while ((length = pv_sysctl_log(consoled->guests.host.ctx, bytes, sizeof(bytes), false,
                                   &consoled->hypervisor_index, &error)) > 0) {
        logfile_write(&consoled->hypervisor_log, bytes, (size_t)length);
    }
    if (length < 0) {
        daemon_log(DAEMON_ERROR, "%s", error.message);
    }
}

static void consoled_open_hypervisor_log(struct consoled *consoled, const struct settings *settings)
{
    struct pv_error error;
    int port;

    consoled->hypervisor_log.fd = -1;
    consoled->log_hypervisor = settings->log_hypervisor && settings->log_dir;
    if (!consoled->log_hypervisor) {
        return;
    }
    consoled_try(logfile_open(&consoled->hypervisor_log, settings->log_dir, "hypervisor", "",
                              settings->log_limit, &error),
                 &error);
    port = evtchn_bind_virq(consoled->guests.host.evtchn_fd, VIRQ_CON_RING);
    if (port <= 0) {
        pv_error_errno(&error, port ? -port : EIO, "cannot hear of the hypervisor's log");
        daemon_fail(&error);
    }
    consoled->hypervisor_port = (uint32_t)port;
    consoled_copy_hypervisor_log(consoled);
}

static void consoled_open(struct consoled *consoled, const struct settings *settings,
                          const struct daemon *daemon)
{
    struct pv_error error;

    consoled_try(daemon_lock(daemon, &error), &error);
    consoled->signal_fd = daemon_signals(&error);
    consoled_try(consoled->signal_fd, &error);
    consoled_open_devices(consoled);
    if (settings->log_dir) {
        consoled_try(daemon_make_folder(settings->log_dir, 0755, &error), &error);
    }
    consoled->guests.host.log_dir = settings->log_dir;
    consoled->guests.host.log_limit = settings->log_limit;
    consoled_open_hypervisor_log(consoled, settings);
}

static void consoled_close(struct consoled *consoled)
{
    guests_close(&consoled->guests);
    logfile_close(&consoled->hypervisor_log);
    close(consoled->guests.host.evtchn_fd);
    close(consoled->guests.host.gntdev_fd);
    pv_ctx_close(consoled->guests.host.ctx);
    close(consoled->signal_fd);
    free(consoled->fds);
}

static void consoled_take_ports(struct consoled *consoled)
{
    int evtchn_fd = consoled->guests.host.evtchn_fd;
    uint64_t now = daemon_now_ms();
    int port;

    while ((port = evtchn_take_pending(evtchn_fd)) > 0) {
        struct console *console = guests_find_port(&consoled->guests, (uint32_t)port);

        if (console) {
            console_event(console, &consoled->guests.host, now);
            continue;
        }
        evtchn_unmask(evtchn_fd, (uint32_t)port);
        if (consoled->log_hypervisor && (uint32_t)port == consoled->hypervisor_port) {
            consoled_copy_hypervisor_log(consoled);
        }
    }
}

static int consoled_shorter(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Opens silenced ports where it is time; returns how long to wait at most. */
static int consoled_timeout(struct consoled *consoled)
{
    uint64_t now = daemon_now_ms();
    int timeout = guests_connect(&consoled->guests, now);

    for (struct console *console = consoled->guests.first; console; console = console->next) {
        timeout = consoled_shorter(timeout, console_unsilence(console, &consoled->guests.host, now));
    }
    return timeout;
}

/* Fills the list of descriptors; returns their count, 0 without memory. */
static size_t consoled_fill_poll(struct consoled *consoled)
{
    size_t count = CONSOLED_OWN_FDS;

    if (consoled->guests.count + count > consoled->fd_room) {
        size_t room = 2 * (consoled->guests.count + count);
        struct pollfd *fds = realloc(consoled->fds, room * sizeof(*fds));

        if (!fds) {
            return 0;
        }
        consoled->fds = fds;
        consoled->fd_room = room;
    }
    consoled->fds[0] = (struct pollfd){.fd = consoled->signal_fd, .events = POLLIN};
    consoled->fds[1] = (struct pollfd){.fd = consoled->guests.host.evtchn_fd, .events = POLLIN};
    consoled->fds[2] =
        (struct pollfd){.fd = consoled->guests.xs ? xs_fd(consoled->guests.xs) : -1, .events = POLLIN};
    for (const struct console *console = consoled->guests.first; console; console = console->next) {
        consoled->fds[count++] = (struct pollfd){
            .fd = console->open ? console->pty_fd : -1,
            .events = console->open ? console_poll_events(console) : 0,
        };
    }
    return count;
}

static void consoled_reopen_logs(struct consoled *consoled)
{
    for (struct console *console = consoled->guests.first; console; console = console->next) {
        if (console->open && consoled->guests.host.log_dir) {
            logfile_reopen(&console->log);
        }
    }
    if (consoled->log_hypervisor) {
        logfile_reopen(&consoled->hypervisor_log);
    }
}

/* One round. Says whether to go on. */
static bool consoled_round(struct consoled *consoled)
{
    int timeout = consoled_timeout(consoled);
    size_t count = consoled_fill_poll(consoled), index = CONSOLED_OWN_FDS;
    int signal_number = 0;

    if (count == 0) {
        daemon_log(DAEMON_ERROR, "no memory");
        return false;
    }
    if (poll(consoled->fds, count, timeout) < 0) {
        return errno == EINTR;
    }
    for (struct console *console = consoled->guests.first; console; console = console->next) {
        console_poll_done(console, &consoled->guests.host, consoled->fds[index++].revents);
    }
    if (consoled->fds[1].revents) {
        consoled_take_ports(consoled);
    }
    if (consoled->guests.xs) {
        guests_take_events(&consoled->guests);
    }
    if (consoled->fds[0].revents) {
        signal_number = daemon_signal(consoled->signal_fd);
    }
    if (signal_number == SIGHUP) {
        consoled_reopen_logs(consoled);
    }
    return signal_number != SIGTERM && signal_number != SIGINT;
}

int main(int argc, char **argv)
{
    static struct consoled consoled;
    struct settings settings = {.log_dir = CONSOLED_LOG_DIR, .log_limit = CONSOLED_LOG_LIMIT};
    struct daemon daemon = {
        .name = "parvis-consoled",
        .version = PARVIS_VERSION,
        .summary = "Serves the consoles of all guests: a pty for each, and a log.",
        .options = consoled_options,
        .pid_file = "/run/parvis/consoled.pid",
    };

    daemon_parse(&daemon, argc, argv, &settings);
    daemon_fork(&daemon);
    consoled_open(&consoled, &settings, &daemon);
    daemon_ready(&daemon);
    while (consoled_round(&consoled)) {
    }
    consoled_close(&consoled);
    return 0;
}
