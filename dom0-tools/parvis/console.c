/* SPDX-License-Identifier: MIT */
/* parvis console: a domain's console on this terminal. */
#include "lib/domain.h"
#include "parvis/command.h"
#include "parvis/terminal.h"

static const struct command_option options[] = {COMMAND_OPTIONS_END};

static int run(const struct invocation *invocation, struct pv_error *error)
{
    struct pv_domain_info info;
    struct pv_host host;
    int console, result = -1;

    if (command_open_host(&host, error) != 0) {
        return -1;
    }
    if (pv_domain_find(&host, invocation->arguments[0], &info, error) == 0) {
        console = info.domid == 0 ? pv_error_set(error, PV_ERROR_USAGE, "domain 0 has the machine's console")
                                  : terminal_open(&host, info.domid, error);
        result = console < 0 ? -1 : terminal_run(console, error);
    }
    pv_host_close(&host);
    return result;
}

const struct command command_console = {
    .name = "console",
    .usage = "DOMAIN",
    .summary = "Connects this terminal to a domain's console",
    .help = "Ctrl-] leaves it. What a guest has written before is in its log, "
            "/var/log/parvis/console/guest-NAME.log.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
