/* SPDX-License-Identifier: MIT */
/* What the hypervisor says of itself. */
#include "core/version.h"

char version_command_line[VERSION_COMMAND_LINE_LENGTH];
