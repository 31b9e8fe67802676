/* SPDX-License-Identifier: MIT */
/* The parts of the keeper: each has its load, and says after a suspend whether it goes on. */
#ifndef KEEPER_H
#define KEEPER_H

#include "guest/guest.h"
#include "guest/xenbus.h"

#define KEEPER_SECONDS 240

/* Fills memory with what follows from the seed. */
void keeper_fill(char *at, unsigned long size, uint64_t seed);

/* False, after a message, when there is no disk. */
bool disk_start(void);
/* Has as many writes on their way as there may be, each of new data, and says how many. */
unsigned int disk_write_on(void);
/* "good" when the disk has what was last written to each place; "newer" when some of it was written later, as
 * is so after a return to an older image of the domain; "BAD" when something is lost. */
const char *disk_verdict(void);
/* How many requests were asked again since the last call. */
uint64_t disk_replayed(void);

/* False, after a message, when the words name an echo server and there is no network interface. */
bool net_start(void);
/* Sends the next datagram when the last came back, or was lost. */
void net_work(void);
/* Whether datagrams come back that were sent from now on. */
bool net_goes_on(void);

/* Starts the second vCPU, where the domain has one. */
void worker_start(void);
/* Whether it works on, and has never gone wrong. */
bool worker_goes_on(void);

#endif
