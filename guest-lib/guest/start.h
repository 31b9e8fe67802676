/* SPDX-License-Identifier: MIT */
/* Start of day: what the domain builder told, and the function that a guest's author writes. */
#ifndef GUEST_START_H
#define GUEST_START_H

#include <stdbool.h>

#include "pvabi/xen.h"

extern struct start_info *guest_start_info;
extern struct shared_info *guest_shared_info;

/* The guest's program, with traps, memory, events and time ready and upcalls enabled. Its result goes to
 * guest_exit. */
int guest_main(void);

static inline bool guest_is_initial_domain(void)
{
    return guest_start_info->flags & SIF_INITDOMAIN;
}

/* True if `word` stands among the space-separated words of the guest's command line. */
bool guest_has_option(const char *word);
/* The text after NAME= on the command line up to the next space, in `value`; false if it is not there. */
bool guest_get_option(const char *name, char *value, unsigned long size);

#endif
