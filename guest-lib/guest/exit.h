/* SPDX-License-Identifier: MIT */
/* How a guest ends. */
#ifndef GUEST_EXIT_H
#define GUEST_EXIT_H

/*
 * Ends the guest. The first domain says its status to whoever started the machine, as the line "status N" on
 * the second serial port; then the domain powers off.
 */
void guest_exit(int status) __attribute__((noreturn));
/* Says why on the console and ends the guest by a crash; the status is 255. */
void guest_crash(const char *why) __attribute__((noreturn));
/* Shuts the domain down for the reason SHUTDOWN_*. */
void guest_shutdown(unsigned int reason) __attribute__((noreturn));

#endif
