/* SPDX-License-Identifier: MIT */
/*
 * The guest's console: the hypervisor's own for the first domain, the shared ring for others.
 *
 * Other domains try the hypervisor's console too, for it works before and without a console daemon; a
 * hypervisor that refuses is not asked again.
 */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stddef.h>

/* Called once, first of all; only the start-of-day mapping is needed. */
void console_init(void);
/* Writes text. With the ring full it waits a bounded time for the daemon, then drops the rest. */
void console_write(const char *text, size_t length);
/* Reads what has been typed, at most `size` bytes; returns the number, 0 if there is none. */
size_t console_read(char *buffer, size_t size);

#endif
