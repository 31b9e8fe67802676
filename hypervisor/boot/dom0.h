/* SPDX-License-Identifier: MIT */
/* Builds the first domain from the boot modules. */
#ifndef BOOT_DOM0_H
#define BOOT_DOM0_H

/* Builds and starts it. NULL, or what is wrong in words for a person, with what to do. */
const char *boot_dom0_build(void);

#endif
