/* SPDX-License-Identifier: MIT */
/* What the two halves of the benchmark of disks and networks share. */
#ifndef IO_FIGURE_H
#define IO_FIGURE_H

#include <stdint.h>

/* Nanoseconds since some start. */
uint64_t io_now(void);

/* Prints a figure as the line "IO NAME VALUE". */
void io_figure(const char *name, double value);

/* Ends the program with a message and the last system call's error. */
void io_fail(const char *what) __attribute__((noreturn));

/* How long each row is measured. */
extern uint64_t io_span_ns;

/* The rows of a disk, which loses its content, in MB/s and operations a second. */
void io_disk(const char *path);

/* The other side of the network's rows: serves one client after another, for ever. */
void io_serve(void);

/* The rows of a network, with a server at this address: MB/s both ways, microseconds of a round trip, packets a
 * second. */
void io_network(const char *address);

#endif
