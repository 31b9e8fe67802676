/* SPDX-License-Identifier: MIT */
/* parvis-xenstored: the store that domains and tools share. Reads its settings, prepares, and then goes
 * round. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "xenstored/client.h"
#include "xenstored/domain.h"
#include "xenstored/state.h"
#include "xenstored/store.h"

#define XENSTORED_FOLDER     "/run/xenstored"
#define XENSTORED_OLD_FOLDER "/var/run/xenstored"

struct settings {
    const char *socket_path;
    const char *state_path;
    bool alone;
    struct quota_limits limits;
};

struct xenstored {
    struct store store;
    struct domains domains;
    struct clients clients;
    struct state state;
    int signal_fd;
    struct pollfd *fds;
    size_t fd_room;
};

static int settings_set_socket(void *settings, const char *argument, struct pv_error *error)
{
    (void)error;
    ((struct settings *)settings)->socket_path = argument;
    return 0;
}

static int settings_set_state(void *settings, const char *argument, struct pv_error *error)
{
    (void)error;
    ((struct settings *)settings)->state_path = argument;
    return 0;
}

static int settings_set_no_state(void *settings, const char *argument, struct pv_error *error)
{
    (void)argument;
    (void)error;
    ((struct settings *)settings)->state_path = NULL;
    return 0;
}

static int settings_set_alone(void *settings, const char *argument, struct pv_error *error)
{
    (void)argument;
    (void)error;
    ((struct settings *)settings)->alone = true;
    return 0;
}

static int settings_set_quota(void *settings, const char *argument, struct pv_error *error)
{
    char name[32] = "", *end;
    const char *equals = strchr(argument, '=');
    uint32_t *limit = NULL;
    unsigned long value;

    if (equals && (size_t)(equals - argument) < sizeof(name)) {
        memcpy(name, argument, (size_t)(equals - argument));
        limit = quota_find(&((struct settings *)settings)->limits, name);
    }
    if (!limit) {
        return pv_error_set(error, PV_ERROR_USAGE, "--quota %s: no such quota", argument);
    }
    value = strtoul(equals + 1, &end, 10);
    if (end == equals + 1 || *end != '\0' || value == 0 || value > INT32_MAX) {
        return pv_error_set(error, PV_ERROR_USAGE, "--quota %s: not a number from 1 to %d", argument,
                            INT32_MAX);
    }
    *limit = (uint32_t)value;
    return 0;
}

static const struct daemon_option xenstored_options[] = {
    {"socket", "FILE", "listen here (default " XENSTORED_FOLDER "/socket)", settings_set_socket},
    {"state", "FILE", "keep the state here (default " XENSTORED_FOLDER "/state)", settings_set_state},
    {"no-state", NULL, "keep no state: when this ends, running guests lose the store", settings_set_no_state},
    {"quota", "NAME=NUMBER", "a limit of each guest: nodes, watches, transactions, ...", settings_set_quota},
    {"no-domains", NULL, "serve the socket only, without a hypervisor", settings_set_alone},
    {NULL, NULL, NULL, NULL},
};

static void xenstored_log_line(const char *line)
{
    daemon_log(DAEMON_INFO, "%s", line);
}

static void xenstored_seed(void)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uint64_t)getpid() << 16;
    }
    strmap_seed(seed);
}

static void xenstored_try(int result, const struct pv_error *error)
{
    if (result != 0) {
        daemon_fail(error);
    }
}

/* Programs built for other systems look under /var/run; where that is a folder of its own it gets a link. */
static void xenstored_link_old_folder(void)
{
    struct pv_error error;

    if (access(XENSTORED_OLD_FOLDER, F_OK) == 0) {
        return;
    }
    if (daemon_make_folder("/var/run", 0755, &error) != 0 ||
        symlink(XENSTORED_FOLDER, XENSTORED_OLD_FOLDER) != 0) {
        daemon_log(DAEMON_WARNING, "there is no " XENSTORED_OLD_FOLDER);
    }
}

static void xenstored_open(struct xenstored *xenstored, const struct settings *settings,
                           const struct daemon *daemon)
{
    struct pv_error error = {0};

    xenstored_seed();
    xenstored_try(daemon_make_folder(XENSTORED_FOLDER, 0755, &error), &error);
    xenstored_try(daemon_lock(daemon, &error), &error);
    xenstored->signal_fd = daemon_signals(&error);
    xenstored_try(xenstored->signal_fd < 0, &error);
    if (store_init(&xenstored->store, &settings->limits) != 0) {
        pv_error_errno(&error, ENOMEM, "store");
        daemon_fail(&error);
    }
    xenstored->store.log = xenstored_log_line;
    xenstored->store.now_ms = daemon_now_ms();
    xenstored_try(domains_open(&xenstored->domains, &xenstored->store, settings->alone, &error), &error);
    xenstored_try(
        state_open(&xenstored->state, settings->state_path, &xenstored->store, &xenstored->domains, &error),
        &error);
    xenstored_try(domains_connect_self(&xenstored->domains, &error), &error);
    xenstored_try(state_begin(&xenstored->state, &error), &error);
    xenstored_try(clients_listen(&xenstored->clients, &xenstored->store, settings->socket_path, &error),
                  &error);
    xenstored_link_old_folder();
}

static void xenstored_close(struct xenstored *xenstored)
{
    clients_close(&xenstored->clients);
    xenstored->store.journal = NULL;
    domains_close(&xenstored->domains);
    state_close(&xenstored->state);
    store_clear(&xenstored->store);
    free(xenstored->fds);
    close(xenstored->signal_fd);
}

static int xenstored_shorter(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Waits for something to do. Says whether to go on. */
static bool xenstored_wait(struct xenstored *xenstored)
{
    const size_t own = 2;
    int timeout =
        xenstored_shorter(domains_timeout(&xenstored->domains), clients_timeout(&xenstored->clients));
    size_t count = own + 1 + xenstored->clients.count;

    if (count > xenstored->fd_room) {
        struct pollfd *fds = realloc(xenstored->fds, count * 2 * sizeof(*fds));

        if (!fds) {
            daemon_log(DAEMON_ERROR, "no memory");
            return false;
        }
        xenstored->fds = fds;
        xenstored->fd_room = count * 2;
    }
    xenstored->fds[0] = (struct pollfd){.fd = xenstored->signal_fd, .events = POLLIN};
    xenstored->fds[1] = (struct pollfd){.fd = xenstored->domains.evtchn_fd, .events = POLLIN};
    clients_fill_poll(&xenstored->clients, xenstored->fds + own);
    if (poll(xenstored->fds, count, xenstored->domains.must_scan ? 0 : timeout) < 0) {
        return errno == EINTR;
    }
    xenstored->store.now_ms = daemon_now_ms();
    if (xenstored->fds[1].revents) {
        domains_take_events(&xenstored->domains);
    }
    clients_take_poll(&xenstored->clients, xenstored->fds + own);
    if (xenstored->fds[0].revents) {
        int signal_number = daemon_signal(xenstored->signal_fd);

        return signal_number != SIGTERM && signal_number != SIGINT;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct xenstored xenstored;
    struct settings settings = {
        .socket_path = XENSTORED_FOLDER "/socket",
        .state_path = XENSTORED_FOLDER "/state",
        .limits = quota_defaults,
    };
    struct daemon daemon = {
        .name = "parvis-xenstored",
        .version = PARVIS_VERSION,
        .summary = "Keeps the tree of settings that domains and tools share, and tells them of changes.",
        .options = xenstored_options,
        .pid_file = "/run/parvis/xenstored.pid",
    };

    daemon_parse(&daemon, argc, argv, &settings);
    daemon_fork(&daemon);
    xenstored_open(&xenstored, &settings, &daemon);
    daemon_ready(&daemon);
    do {
        domains_scan(&xenstored.domains);
        domains_serve(&xenstored.domains);
        clients_serve(&xenstored.clients);
        state_save(&xenstored.state);
        domains_tell(&xenstored.domains);
        clients_tell(&xenstored.clients);
    } while (xenstored_wait(&xenstored));
    xenstored_close(&xenstored);
    return 0;
}
