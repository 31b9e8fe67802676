/* SPDX-License-Identifier: MIT */
/* Debug keys: one character on the serial console (or from the toolstack) prints a part of the state. */
#ifndef CORE_DEBUG_KEYS_H
#define CORE_DEBUG_KEYS_H

/* Runs the key's function; an unknown key prints the list. */
void debug_key_run(char key);

#endif
