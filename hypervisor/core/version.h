/* SPDX-License-Identifier: MIT */
/* What the hypervisor says of itself to guests and the toolstack. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#include "pvabi/version.h"

#define VERSION_MAJOR 4 /* of the ABI */
#define VERSION_MINOR 17
#define VERSION_EXTRA "-parvis"

/* Kinds of guests, each followed by a space. */
#define VERSION_CAPABILITIES "xen-3.0-x86_64 "

/* The hypervisor's own command line; filled at boot. */
#define VERSION_COMMAND_LINE_LENGTH 1024
extern char version_command_line[VERSION_COMMAND_LINE_LENGTH];

#endif
