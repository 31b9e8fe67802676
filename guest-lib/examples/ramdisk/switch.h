/* SPDX-License-Identifier: MIT */
/* A learning switch whose ports are the network interfaces that this domain serves. */
#ifndef RAMDISK_SWITCH_H
#define RAMDISK_SWITCH_H

/* Serves every "vif" that the toolstack gives to this domain. 0 or a negative error. */
int switch_start(void);
/* Prints what each port has seen. */
void switch_print(void);

#endif
