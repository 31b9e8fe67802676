/* SPDX-License-Identifier: MIT */
/* The clients in this domain: programs that connect to the daemon's Unix socket. */
#include "xenstored/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "xenstored/request.h"

int clients_listen(struct clients *clients, struct store *store, const char *path, struct pv_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int result;

    *clients = (struct clients){.store = store, .listen_fd = -1};
    if (strlen(path) >= sizeof(address.sun_path)) {
        return pv_error_errno(error, ENAMETOOLONG, "socket %s", path);
    }
    strcpy(address.sun_path, path);
    clients->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (clients->listen_fd < 0) {
        return pv_error_errno(error, errno, "socket %s", path);
    }
    unlink(path);
    mask = umask(0177);
    result = bind(clients->listen_fd, (struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (result != 0 || listen(clients->listen_fd, SOMAXCONN) != 0) {
        return pv_error_errno(error, errno, "cannot listen at %s", path);
    }
    return 0;
}

static void clients_drop(struct clients *clients, struct client **link)
{
    struct client *client = *link;

    *link = client->next;
    clients->count--;
    clients->full = false;
    store_disconnect(clients->store, client->conn);
    close(client->fd);
    free(client);
}

void clients_close(struct clients *clients)
{
    while (clients->first) {
        clients_drop(clients, &clients->first);
    }
    if (clients->listen_fd >= 0) {
        close(clients->listen_fd);
    }
}

static void clients_add(struct clients *clients, int fd)
{
    struct client *client = calloc(1, sizeof(*client));
    struct client **tail;

    if (client) {
        client->conn = store_connect(clients->store, 0, false);
    }
    if (!client || !client->conn) {
        daemon_log(DAEMON_ERROR, "no memory for one more client");
        free(client);
        close(fd);
        return;
    }
    client->fd = fd;
    client->writable = true;
    for (tail = &clients->first; *tail; tail = &(*tail)->next) {
    }
    *tail = client;
    clients->count++;
}

static void clients_accept(struct clients *clients)
{
    int fd;

    while ((fd = accept4(clients->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        clients_add(clients, fd);
    }
    clients->full = errno != EAGAIN && errno != EINTR && errno != ECONNABORTED;
    if (clients->full) {
        daemon_log(DAEMON_ERROR, "no more clients can be served: %s", strerror(errno));
    }
}

static bool client_has_request(const struct client *client)
{
    return conn_input_wanted(client->conn) == 0;
}

void clients_fill_poll(const struct clients *clients, struct pollfd *fds)
{
    *fds++ = (struct pollfd){.fd = clients->full ? -1 : clients->listen_fd, .events = POLLIN};
    for (const struct client *client = clients->first; client; client = client->next) {
        short events = client_has_request(client) ? 0 : POLLIN;

        events |= client->conn->out_first ? POLLOUT : 0;
        *fds++ = (struct pollfd){.fd = client->fd, .events = events};
    }
}

void clients_take_poll(struct clients *clients, const struct pollfd *fds)
{
    bool newcomers = fds[0].revents;

    for (struct client *client = clients->first; client; client = client->next) {
        fds++;
        client->readable |= fds->revents & (POLLIN | POLLHUP);
        client->writable |= fds->revents & POLLOUT;
        client->gone |= fds->revents & (POLLERR | POLLNVAL);
        /* With a request still unanswered the end of the stream is not polled for; a client that hung up
         * wants no answer. */
        client->gone |= (fds->revents & POLLHUP) && client_has_request(client);
    }
    if (newcomers) {
        clients_accept(clients);
    }
}

static void client_read(struct client *client)
{
    uint32_t wanted;

    while (client->readable && !client->conn->failed && (wanted = conn_input_wanted(client->conn)) > 0) {
        ssize_t got = recv(client->fd, conn_input_place(client->conn), wanted, 0);

        if (got > 0) {
            conn_input_came(client->conn, (uint32_t)got);
            continue;
        }
        client->readable = got < 0 && errno == EINTR;
        client->gone |= got == 0 || (errno != EAGAIN && errno != EINTR);
    }
}

void clients_serve(struct clients *clients)
{
    for (struct client *client = clients->first; client; client = client->next) {
        client_read(client);
        if (client_has_request(client) && !client->gone && store_may_serve(clients->store, client->conn)) {
            request_serve(clients->store, client->conn);
        }
    }
}

static void client_write(struct client *client)
{
    const char *bytes;
    uint32_t length;

    while (client->writable && !client->gone && conn_output_next(client->conn, &bytes, &length)) {
        ssize_t put = send(client->fd, bytes, length, MSG_NOSIGNAL);

        if (put >= 0) {
            conn_output_went(client->conn, (uint32_t)put);
            continue;
        }
        client->writable = errno == EINTR;
        client->gone |= errno != EAGAIN && errno != EINTR;
    }
}

void clients_tell(struct clients *clients)
{
    struct client **link = &clients->first;

    while (*link) {
        struct client *client = *link;

        client_write(client);
        if (client->gone || client->conn->failed) {
            clients_drop(clients, link);
        } else {
            link = &client->next;
        }
    }
}

int clients_timeout(const struct clients *clients)
{
    int timeout = -1;

    for (const struct client *client = clients->first; client; client = client->next) {
        if (client_has_request(client)) {
            timeout = store_timeout(clients->store, client->conn, timeout);
        } else if (client->readable) {
            timeout = 0;
        }
    }
    return timeout;
}
