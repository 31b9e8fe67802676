/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's console: its own messages and guests' console_io, into a ring that the toolstack reads and
 * onto the serial port. Input goes to the first domain, or, after three Ctrl-A, to the debug keys.
 */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include "lib/log.h"
#include "lib/types.h"

struct domain;

/* Levels above which messages are dropped: the hypervisor's own (loglvl) and about guests (guest_loglvl). */
void console_set_levels(enum log_level own, enum log_level guest);

/* Takes the console away from its lock's holder: from now on only the panicking CPU prints. */
void console_panic(void);

/* Whether a panic, or the first domain's crash, starts the machine again (no "noreboot"). */
bool console_panic_resets(void);
void console_set_noreboot(bool noreboot);

/* Whether the ring keeps the first domain's text too (console_to_ring). */
void console_set_to_ring(bool to_ring);

/* Text of the first domain, as it is. */
void console_write_first(const char *text, size_t length);

/* Text of another domain: by lines, with its number in front, rate-limited; state is the domain's. */
void console_write_guest(const struct domain *d, const char *text, size_t length);

/* One character came in from the serial port. */
void console_receive(char c);

/* Takes up to length characters that came in for the first domain; returns how many. */
size_t console_read(char *to, size_t length);

/*
 * The ring for XEN_SYSCTL_readconsole: copies from position *index (free-running; moved forward to what is
 * still there) up to length bytes and returns their number; *index then points behind them.
 * console_ring_start is the oldest position that is kept, or what console_ring_clear set.
 */
size_t console_ring_read(uint32_t *index, char *to, size_t length);
uint32_t console_ring_start(void);
void console_ring_clear(void);

/* Runs a debug key ('h' lists them); also XEN_SYSCTL_debug_keys. */
void console_debug_key(char key);

#endif
