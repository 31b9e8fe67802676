/* SPDX-License-Identifier: MIT */
/* A network's rows: a stream each way, round trips of a byte, small datagrams. The client says with its first byte what
 * it wants, and the server does the other half. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io_figure.h"

#define PORT     7001
#define PIECE    65536
#define DATAGRAM 64
/* What the client wants: to send, to receive, to be answered, to have datagrams counted. */
#define WANT_SINK   's'
#define WANT_SOURCE 'r'
#define WANT_ECHO   'e'
#define WANT_COUNT  'c'

static char piece[PIECE];

static struct sockaddr_in place(const char *address)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(PORT)};

    if (inet_pton(AF_INET, address, &place.sin_addr) != 1) {
        io_fail(address);
    }
    return place;
}

static void all(ssize_t got, size_t wanted, const char *what)
{
    if (got != (ssize_t)wanted) {
        io_fail(what);
    }
}

/* Counts datagrams until the client closes or says enough, and tells how many there were. */
static void count(int client, int datagrams)
{
    struct pollfd wait[2] = {{.fd = datagrams, .events = POLLIN}, {.fd = client, .events = POLLIN}};
    uint64_t counted = 0;

    while (poll(wait, 2, -1) > 0 && !wait[1].revents) {
        while (recv(datagrams, piece, sizeof(piece), MSG_DONTWAIT) > 0) {
            counted++;
        }
    }
    if (write(client, &counted, sizeof(counted)) < 0) {
        errno = 0;
    }
}

static void serve_one(int client, int datagrams)
{
    char want = 0;
    int on = 1;

    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (read(client, &want, 1) != 1) {
        return;
    }
    while (want == WANT_SINK && read(client, piece, sizeof(piece)) > 0) {
        continue;
    }
    while (want == WANT_SOURCE && send(client, piece, sizeof(piece), MSG_NOSIGNAL) > 0) {
        continue;
    }
    while (want == WANT_ECHO && read(client, piece, 1) == 1 && send(client, piece, 1, MSG_NOSIGNAL) == 1) {
        continue;
    }
    if (want == WANT_COUNT) {
        count(client, datagrams);
    }
}

void io_serve(void)
{
    struct sockaddr_in here = place("0.0.0.0");
    int listening = socket(AF_INET, SOCK_STREAM, 0), datagrams = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listening, (struct sockaddr *)&here, sizeof(here)) != 0 || listen(listening, 4) != 0 ||
        bind(datagrams, (struct sockaddr *)&here, sizeof(here)) != 0) {
        io_fail("listening");
    }
    for (;;) {
        int client = accept(listening, NULL, NULL);

        if (client >= 0) {
            serve_one(client, datagrams);
            close(client);
        }
    }
}

static int begin(const struct sockaddr_in *server, char want)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (connect(fd, (const struct sockaddr *)server, sizeof(*server)) != 0) {
        io_fail("connecting");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    all(write(fd, &want, 1), 1, "asking");
    return fd;
}

static void stream(const struct sockaddr_in *server, char want, const char *name)
{
    int fd = begin(server, want);
    uint64_t start = io_now(), now = start, bytes = 0;

    while (now - start < io_span_ns) {
        ssize_t moved = want == WANT_SINK ? write(fd, piece, sizeof(piece)) : read(fd, piece, sizeof(piece));

        if (moved <= 0) {
            io_fail(name);
        }
        bytes += (uint64_t)moved;
        now = io_now();
    }
    close(fd);
    io_figure(name, (double)bytes * 1e3 / (double)(now - start));
}

static void round_trips(const struct sockaddr_in *server)
{
    int fd = begin(server, WANT_ECHO);
    uint64_t start = io_now(), now = start, trips = 0;

    while (now - start < io_span_ns) {
        all(write(fd, piece, 1), 1, "a round trip");
        all(read(fd, piece, 1), 1, "a round trip");
        trips++;
        now = io_now();
    }
    close(fd);
    io_figure("network-round-trip", (double)(now - start) / 1e3 / (double)trips);
}

/* What arrives counts, not what is sent. */
static void packets(const struct sockaddr_in *server)
{
    int fd = begin(server, WANT_COUNT), out = socket(AF_INET, SOCK_DGRAM, 0);
    uint64_t start = io_now(), now = start, counted = 0;

    while (now - start < io_span_ns) {
        if (sendto(out, piece, DATAGRAM, 0, (const struct sockaddr *)server, sizeof(*server)) < 0 && errno != ENOBUFS) {
            io_fail("a datagram");
        }
        now = io_now();
    }
    all(write(fd, piece, 1), 1, "asking for the count");
    all(read(fd, &counted, sizeof(counted)), sizeof(counted), "the count");
    close(out);
    close(fd);
    io_figure("network-packets", (double)counted * 1e9 / (double)(now - start));
}

void io_network(const char *address)
{
    struct sockaddr_in server = place(address);

    stream(&server, WANT_SINK, "network-send");
    stream(&server, WANT_SOURCE, "network-receive");
    round_trips(&server);
    packets(&server);
}
