/* SPDX-License-Identifier: MIT */
/*
 * Attack by two domains: what one gives is taken back while the other uses it. A use works or is refused; the other's
 * page is seen only while it is granted; in the end nothing is left behind.
 */
#ifndef PAIR_TAKER_H
#define PAIR_TAKER_H

#include "guest/test.h"
#include "pair/pair.h"

#define TAKER_ENOUGH   20 /* of each outcome */
#define TAKER_PATIENCE (120 * TIME_S)

extern volatile struct pair *taker_pair;
extern volatile uint64_t *taker_window; /* an address with tables and nothing else */
extern domid_t taker_giver;

/* What the giver shall do from now on; ends the test if it does not. */
void taker_command(uint32_t wanted);
/* Enough rounds, and both outcomes often enough; but no longer than anyone would wait. */
bool taker_goes_on(unsigned int round, uint64_t start, unsigned int won, unsigned int lost);

#endif
