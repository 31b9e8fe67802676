/* SPDX-License-Identifier: MIT */
/* A guest's console on this terminal. */
#ifndef PARVIS_TERMINAL_H
#define PARVIS_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/host.h"

/* Waits a little until the console daemon serves the domain's console; false if it does not. */
bool terminal_served(struct pv_host *host, uint16_t domid);

/* Waits until the console daemon serves the domain's console, then opens it. Returns a descriptor or -1. */
int terminal_open(struct pv_host *host, uint16_t domid, struct pv_error *error);

/*
 * Connects this terminal to it until the person types Ctrl-], standard input ends, or the console does.
 * Closes the descriptor.
 */
int terminal_run(int console, struct pv_error *error);

#endif
