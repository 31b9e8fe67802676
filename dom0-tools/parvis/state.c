/* SPDX-License-Identifier: MIT */
/* A domain's state in a word. */
#include "parvis/state.h"

static const char *end_name(unsigned int code)
{
    static const char *const names[] = {
        [PV_SHUTDOWN_POWEROFF] = "poweroff", [PV_SHUTDOWN_REBOOT] = "reboot",
        [PV_SHUTDOWN_SUSPEND] = "suspended", [PV_SHUTDOWN_CRASH] = "crashed",
        [PV_SHUTDOWN_WATCHDOG] = "watchdog",
    };

    return code < sizeof(names) / sizeof(names[0]) ? names[code] : "shutdown";
}

const char *state_name(const struct pv_domain_info *info)
{
    if (info->dying) {
        return "dying";
    }
    if (info->shutdown) {
        return end_name(info->shutdown_code);
    }
    if (info->paused) {
        return "paused";
    }
    if (info->running) {
        return "running";
    }
    return info->blocked ? "blocked" : "ready";
}
