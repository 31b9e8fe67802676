/* SPDX-License-Identifier: MIT */
/* parvis-monitord: owns a guest's life after its creation. Hears of guests that end through xenstore. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/nodes.h"
#include "monitord/backends.h"
#include "monitord/monitor.h"
#include "monitord/servers.h"

#define MONITORD_RETRY_MS 300
#define MONITORD_OWN_FDS  3
#define MONITORD_SERVER_MS 2000

static const struct daemon_option monitord_options[] = {{NULL, NULL, NULL, NULL}};

struct monitord {
    struct monitor monitor;
    struct servers servers;
    struct backends backends;
    struct xs_client *events; /* NULL: xenstored is away */
    int signal_fd;
};

static void monitord_disconnect(struct monitord *monitord)
{
    xs_close(monitord->events);
    monitord->events = NULL;
    pv_host_close(&monitord->monitor.host);
}

/* Connects to xenstore: with one connection to ask, with another to hear. */
static int monitord_connect(struct monitord *monitord, struct pv_error *error)
{
    if (pv_host_open(&monitord->monitor.host, error) != 0) {
        return -1;
    }
    if (pv_nodes_write_host(&monitord->monitor.host, error) != 0) {
        monitord_disconnect(monitord);
        return -1;
    }
    monitord->events = xs_open(error);
    if (!monitord->events || xs_watch(monitord->events, "@releaseDomain", "end", error) != 0 ||
        xs_watch(monitord->events, "/parvis/creating", "creating", error) != 0) {
        monitord_disconnect(monitord);
        return -1;
    }
    return 0;
}

static int monitord_take_events(struct monitord *monitord, struct pv_error *error)
{
    char *path, *token;
    int got;

    while ((got = xs_next_event(monitord->events, 0, &path, &token, error)) > 0) {
        free(path);
        free(token);
    }
    return got;
}

/* Looks, then waits for a reason to look again: `pause` is at most that many ms. Says whether to go on. */
static bool monitord_wait(struct monitord *monitord, int pause)
{
    size_t count = MONITORD_OWN_FDS, servers = servers_fds(&monitord->servers);
    struct pollfd *fds = calloc(MONITORD_OWN_FDS + monitord->monitor.workers.count + servers, sizeof(*fds));
    int signal_number = 0;

    if (!fds) {
        daemon_log(DAEMON_ERROR, "no memory");
        return false;
    }
    fds[0] = (struct pollfd){.fd = monitord->signal_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = monitord->events ? xs_fd(monitord->events) : -1, .events = POLLIN};
    fds[2] = (struct pollfd){.fd = monitord->backends.fd, .events = POLLIN};
    for (const struct worker *worker = monitord->monitor.workers.first; worker; worker = worker->next) {
        fds[count++] = (struct pollfd){.fd = worker->fd, .events = POLLIN};
    }
    servers_poll(&monitord->servers, fds + count);
    count += servers;
    if (servers_wait(&monitord->servers) && (pause < 0 || pause > MONITORD_SERVER_MS)) {
        pause = MONITORD_SERVER_MS;
    }
    if (poll(fds, count, pause) > 0 && fds[0].revents) {
        signal_number = daemon_signal(monitord->signal_fd);
    }
    free(fds);
    return signal_number != SIGTERM && signal_number != SIGINT;
}

/* One round: connect where that is due, look, wait. Says whether to go on. */
static bool monitord_round(struct monitord *monitord)
{
    struct pv_error error;
    int next, backends;

    servers_look(&monitord->servers);
    if (!monitord->events && monitord_connect(monitord, &error) != 0) {
        return monitord_wait(monitord, MONITORD_RETRY_MS);
    }
    next = monitord_take_events(monitord, &error);
    next = next < 0 ? -1 : monitor_look(&monitord->monitor, &error);
    if (next < 0) {
        daemon_log(DAEMON_WARNING, "%s", error.message);
        monitord_disconnect(monitord);
        return monitord_wait(monitord, MONITORD_RETRY_MS);
    }
    backends = backends_look(&monitord->backends, monitord->monitor.host.xs);
    return monitord_wait(monitord, backends >= 0 && backends < next * 1000 ? backends : next * 1000);
}

int main(int argc, char **argv)
{
    static struct monitord monitord;
    struct daemon daemon = {
        .name = "parvis-monitord",
        .version = PARVIS_VERSION,
        .summary = "Does with guests that have ended what their configuration says, and clears away what "
                   "died half done.",
        .options = monitord_options,
        .pid_file = "/run/parvis/monitord.pid",
    };
    struct pv_error error;

    daemon_parse(&daemon, argc, argv, NULL);
    daemon_fork(&daemon);
    if (daemon_lock(&daemon, &error) != 0 || (monitord.signal_fd = daemon_signals(&error)) < 0 ||
        monitord_connect(&monitord, &error) != 0) {
        daemon_fail(&error);
    }
    servers_open(&monitord.servers);
    backends_open(&monitord.backends);
    daemon_ready(&daemon);
    while (monitord_round(&monitord)) {
    }
    monitord_disconnect(&monitord);
    servers_close(&monitord.servers);
    backends_close(&monitord.backends);
    monitor_clear(&monitord.monitor);
    return 0;
}
