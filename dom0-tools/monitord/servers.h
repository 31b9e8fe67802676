/* SPDX-License-Identifier: MIT */
/* Servers of disks' images: one that ends while its device is in use is started again under the running guest. What
 * servers there are stands in their records (lib/nbd.h) alone, so it does not matter when the daemon was started. */
#ifndef MONITORD_SERVERS_H
#define MONITORD_SERVERS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct server {
    struct server *next;
    uint32_t number;     /* of its device */
    pid_t pid;
    int fd;              /* readable when the process has ended; -1: it had ended before */
    uint64_t restart_ms; /* when the last restarts began */
    unsigned int restarts;
};

struct servers {
    struct server *first;
    size_t count;
    int fd; /* tells of new records; -1: it cannot be told */
};

void servers_open(struct servers *servers);
void servers_close(struct servers *servers);

/* What to wait for: fills as many as servers_fds says. */
static inline size_t servers_fds(const struct servers *servers)
{
    return servers->count + 1;
}
void servers_poll(const struct servers *servers, struct pollfd *fds);

/* Whether a server could not be started again and is to be tried once more soon. */
bool servers_wait(const struct servers *servers);

/* Takes up new records, starts again what has ended, forgets what is not needed any more. */
void servers_look(struct servers *servers);

#endif
