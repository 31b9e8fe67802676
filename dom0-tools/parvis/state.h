/* SPDX-License-Identifier: MIT */
/* A domain's state in a word. */
#ifndef PARVIS_STATE_H
#define PARVIS_STATE_H

#include "lib/domctl.h"

/*
 * "running" (on a CPU now), "ready" (waits for one), "blocked" (has nothing to do), "paused", "poweroff",
 * "reboot", "suspended", "crashed", "watchdog" (how it ended), or "dying" (being taken apart).
 */
const char *state_name(const struct pv_domain_info *info);

#endif
