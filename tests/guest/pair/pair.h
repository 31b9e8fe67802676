/* SPDX-License-Identifier: MIT */
/*
 * Two domains that race with each other: the giver does what the taker's command says, until it is told to stop.
 *
 * They share one page of the giver's, granted to the domain whose number follows the giver's; the taker finds it by its
 * mark.
 */
#ifndef PAIR_PAIR_H
#define PAIR_PAIR_H

#include <stdint.h>

#include "pvabi/event_channel.h"
#include "pvabi/grant_table.h"

#define PAIR_MAGIC   0x7061697270616972ul
#define PAIR_GIVEN   0x6769766e6769766eul /* in the data page while it is granted */
#define PAIR_PRIVATE 0x7365637265747321ul /* in the data page while it is not */
#define PAIR_WRITTEN 0x7772697474656e21ul /* by the taker */

enum pair_command {
    PAIR_IDLE,
    PAIR_REVOKE, /* gives the data page and takes it back */
    PAIR_CLOSE,  /* allocates a port for the taker and closes it */
    PAIR_RESET,  /* allocates ports for the taker and resets all ports */
    PAIR_HOLD,   /* gives the page and a port, and keeps both */
    PAIR_END,
};

/* The shared page. The taker writes `wanted`, the giver the rest. */
struct pair {
    uint64_t magic;
    uint32_t wanted, done; /* enum pair_command */
    grant_ref_t ref;
    evtchn_port_t port;
    uint32_t rounds; /* of the command so far */
};

/* The giver's program, until the taker sends PAIR_END; the guest's status. */
int pair_give(void);

#endif
