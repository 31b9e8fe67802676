/* SPDX-License-Identifier: MIT */
/* Servers of disks' images, watched by a descriptor of each process. */
#include "monitord/servers.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/nbd.h"

/* A server whose device was closed ends at about the time when the device is free. */
#define SERVERS_SETTLE_US 200000
/* A server that ends again and again is left alone: its guest gets errors then. */
#define SERVERS_WINDOW_MS 60000
#define SERVERS_RESTARTS  10

void servers_open(struct servers *servers)
{
    *servers = (struct servers){.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    mkdir("/run/parvis", 0755);
    mkdir(PV_NBD_FOLDER, 0700);
    if (servers->fd < 0 || inotify_add_watch(servers->fd, PV_NBD_FOLDER, IN_MOVED_TO) < 0) {
        daemon_log(DAEMON_WARNING, "servers of disks are not watched: %s", strerror(errno));
    }
}

static void forget(struct servers *servers, struct server **link)
{
    struct server *server = *link;

    *link = server->next;
    servers->count--;
    if (server->fd >= 0) {
        close(server->fd);
    }
    free(server);
}

void servers_close(struct servers *servers)
{
    while (servers->first) {
        forget(servers, &servers->first);
    }
    if (servers->fd >= 0) {
        close(servers->fd);
    }
}

static bool is_known(const struct servers *servers, uint32_t number)
{
    for (const struct server *server = servers->first; server; server = server->next) {
        if (server->number == number) {
            return true;
        }
    }
    return false;
}

static void watch_process(struct server *server, pid_t pid)
{
    if (server->fd >= 0) {
        close(server->fd);
    }
    server->pid = pid;
    server->fd = (int)syscall(SYS_pidfd_open, pid, 0);
}

static void watch(struct servers *servers, uint32_t number)
{
    struct pv_nbd_record record;
    struct server *server;

    if (is_known(servers, number) || !pv_nbd_record_read(number, &record)) {
        return;
    }
    server = calloc(1, sizeof(*server));
    if (server) {
        *server = (struct server){.next = servers->first, .number = number, .fd = -1};
        watch_process(server, record.pid);
        servers->first = server;
        servers->count++;
    }
}

/* Reads the folder anew; what inotify says is only that there is something to read. */
static void find_records(struct servers *servers)
{
    char events[4096];
    struct dirent *entry;
    DIR *folder;

    while (servers->fd >= 0 && read(servers->fd, events, sizeof(events)) > 0) {
        continue;
    }
    folder = opendir(PV_NBD_FOLDER);
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] && strspn(entry->d_name, "0123456789") == strlen(entry->d_name)) {
            watch(servers, (uint32_t)strtoul(entry->d_name, NULL, 10));
        }
    }
    if (folder) {
        closedir(folder);
    }
}

static bool has_ended(const struct server *server)
{
    struct pollfd wait = {.fd = server->fd, .events = POLLIN};

    return server->fd < 0 || poll(&wait, 1, 0) > 0;
}

static bool too_often(struct server *server)
{
    uint64_t now = daemon_now_ms();

    if (now - server->restart_ms > SERVERS_WINDOW_MS) {
        server->restart_ms = now;
        server->restarts = 0;
    }
    return ++server->restarts > SERVERS_RESTARTS;
}

/* Starts the server again; says whether it is one to be watched on. */
static bool revive(struct server *server)
{
    struct pv_nbd_record record;
    struct pv_error error;

    usleep(SERVERS_SETTLE_US);
    if (!pv_nbd_is_bound(server->number) || !pv_nbd_record_read(server->number, &record)) {
        pv_nbd_record_remove(server->number);
        return false;
    }
    /* The device serves another disk by now. */
    if (record.pid != server->pid) {
        watch_process(server, record.pid);
        return true;
    }
    if (too_often(server)) {
        daemon_log(DAEMON_ERROR, "%s: its qemu-nbd ended %d times within a minute and is not started again",
                   record.source, SERVERS_RESTARTS);
        pv_nbd_record_remove(server->number);
        return false;
    }
    if (pv_nbd_restart(&record, &error) != 0) {
        if (server->fd >= 0) {
            close(server->fd);
        }
        server->fd = -1;
        daemon_log(DAEMON_ERROR, "%s: its qemu-nbd has ended and does not start again: %s", record.source,
                   error.message);
        return true;
    }
    watch_process(server, record.pid);
    daemon_log(DAEMON_WARNING, "%s: its qemu-nbd has ended; a new one serves /dev/nbd%u, process %d", record.source,
               server->number, (int)record.pid);
    return true;
}

bool servers_wait(const struct servers *servers)
{
    for (const struct server *server = servers->first; server; server = server->next) {
        if (server->fd < 0) {
            return true;
        }
    }
    return false;
}

void servers_look(struct servers *servers)
{
    find_records(servers);
    for (struct server **link = &servers->first; *link;) {
        if (has_ended(*link) && !revive(*link)) {
            forget(servers, link);
        } else {
            link = &(*link)->next;
        }
    }
}

void servers_poll(const struct servers *servers, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = servers->fd, .events = POLLIN};
    for (const struct server *server = servers->first; server; server = server->next) {
        *++fds = (struct pollfd){.fd = server->fd, .events = POLLIN};
    }
}
