/* SPDX-License-Identifier: MIT */
/* A guest's console on this terminal. */
#include "parvis/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Ctrl-], as telnet has it. */
#define LEAVE 0x1d
/* The console daemon answers within this time if it runs at all. */
#define WAIT_MS 10000
/* A guest that nobody watches is not kept waiting for longer. */
#define START_WAIT_MS 2000

static char *read_tty(struct xs_client *xs, uint16_t domid, struct pv_error *error)
{
    char path[64], *tty;

    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
    tty = xs_read(xs, 0, path, NULL, error);
    if (tty && tty[0] != '/') {
        free(tty);
        tty = NULL;
        error->number = 0;
    }
    return tty;
}

/* The path that the console daemon writes; waits for it on a connection of its own, which may have watches.
 */
static char *wait_tty(uint16_t domid, int wait_ms, struct pv_error *error)
{
    struct xs_client *xs = xs_open(error);
    char path[64], *tty = NULL, *event, *token;
    int events = 1;

    snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
    if (!xs || xs_watch(xs, path, "tty", error) != 0) {
        xs_close(xs);
        return NULL;
    }
    while (!tty && (events = xs_next_event(xs, wait_ms, &event, &token, error)) > 0) {
        free(event);
        free(token);
        tty = read_tty(xs, domid, error);
    }
    xs_close(xs);
    if (!tty && events == 0) {
        pv_error_set(error, PV_ERROR_NO_HOST, "domain %u has no console: does parvis-consoled run?", domid);
    }
    return tty;
}

bool terminal_served(struct pv_host *host, uint16_t domid)
{
    struct pv_error ignored;
    char *tty = read_tty(host->xs, domid, &ignored);
    bool served;

    if (!tty) {
        tty = wait_tty(domid, START_WAIT_MS, &ignored);
    }
    served = tty != NULL;
    free(tty);
    return served;
}

int terminal_open(struct pv_host *host, uint16_t domid, struct pv_error *error)
{
    char *tty = read_tty(host->xs, domid, error);
    int fd;

    if (!tty) {
        tty = wait_tty(domid, WAIT_MS, error);
    }
    if (!tty) {
        return -1;
    }
    fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        pv_error_errno(error, errno, "%s, the console of domain %u", tty, domid);
    }
    free(tty);
    return fd;
}

static bool set_raw(int fd, struct termios *before)
{
    struct termios raw;

    if (tcgetattr(fd, before) != 0) {
        return false;
    }
    raw = *before;
    cfmakeraw(&raw);
    return tcsetattr(fd, TCSANOW, &raw) == 0;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, data, size);

        if (put < 0 && errno != EINTR && errno != EAGAIN) {
            return false;
        }
        if (put > 0) {
            data += put;
            size -= (size_t)put;
        }
    }
    return true;
}

/* What the person types goes to the guest. False when they leave, or nothing more can come. */
static bool pass_input(int console)
{
    char data[512], *leave;
    ssize_t got = read(STDIN_FILENO, data, sizeof(data));

    if (got <= 0) {
        return got < 0 && errno == EINTR;
    }
    leave = memchr(data, LEAVE, (size_t)got);
    write_all(console, data, leave ? (size_t)(leave - data) : (size_t)got);
    return !leave;
}

/* What the guest writes goes to the terminal. False when its console has ended. */
static bool pass_output(int console)
{
    char data[4096];
    ssize_t got = read(console, data, sizeof(data));

    if (got <= 0) {
        return got < 0 && (errno == EINTR || errno == EAGAIN);
    }
    return write_all(STDOUT_FILENO, data, (size_t)got);
}

static int pass(int console, struct pv_error *error)
{
    struct pollfd polls[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = console, .events = POLLIN}};

    for (;;) {
        if (poll(polls, 2, -1) < 0 && errno != EINTR) {
            return pv_error_errno(error, errno, "waiting for the console");
        }
        if (polls[1].revents && !pass_output(console)) {
            return 0;
        }
        if (polls[0].revents && !pass_input(console)) {
            return 0;
        }
    }
}

int terminal_run(int console, struct pv_error *error)
{
    struct termios before, console_before;
    bool raw = isatty(STDIN_FILENO) && set_raw(STDIN_FILENO, &before);
    int result;

    /* The guest's own terminal does echo and line ends; this side of the pty must not do them again. */
    set_raw(console, &console_before);
    if (raw) {
        fputs("Connected. Ctrl-] leaves the console.\r\n", stderr);
    }
    result = pass(console, error);
    if (raw) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
        fputs("\n", stderr);
    }
    close(console);
    return result;
}
