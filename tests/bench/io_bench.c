/* SPDX-License-Identifier: MIT */
/* Measures disks and networks, in a guest and in dom0: `io-bench disk DEVICE`, `serve`, `network ADDRESS`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io_figure.h"

#define SECOND 1000000000ULL

uint64_t io_span_ns = 2 * SECOND;

uint64_t io_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void io_figure(const char *name, double value)
{
    printf("IO %s %.2f\n", name, value);
    fflush(stdout);
}

void io_fail(const char *what)
{
    fprintf(stderr, "io-bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "disk") == 0) {
        io_disk(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "network") == 0) {
        io_network(argv[2]);
    } else if (argc == 2 && strcmp(argv[1], "serve") == 0) {
        io_serve();
    } else {
        fputs("usage: io-bench disk DEVICE | serve | network ADDRESS\n", stderr);
        return 2;
    }
    return 0;
}
