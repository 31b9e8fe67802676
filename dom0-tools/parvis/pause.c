/* SPDX-License-Identifier: MIT */
/* parvis pause and unpause: a domain stands still, or goes on. */
#include "lib/domain.h"
#include "parvis/command.h"

static const struct command_option options[] = {COMMAND_OPTIONS_END};

static int apply(const struct invocation *invocation, struct pv_error *error,
                 int (*action)(struct pv_ctx *, uint16_t, struct pv_error *))
{
    struct pv_domain_info info;
    struct pv_host host;
    int result;

    if (command_open_host(&host, error) != 0) {
        return -1;
    }
    result = pv_domain_find(&host, invocation->arguments[0], &info, error);
    if (result == 0) {
        result = info.domid == 0
                     ? pv_error_set(error, PV_ERROR_USAGE, "domain 0 is the one that this runs in")
                     : action(host.ctx, info.domid, error);
    }
    pv_host_close(&host);
    return result;
}

static int run_pause(const struct invocation *invocation, struct pv_error *error)
{
    return apply(invocation, error, pv_domctl_pause);
}

static int run_unpause(const struct invocation *invocation, struct pv_error *error)
{
    return apply(invocation, error, pv_domctl_unpause);
}

const struct command command_pause = {
    .name = "pause",
    .usage = "DOMAIN",
    .summary = "Stops a domain where it is; its memory stays",
    .help = "Pauses count: as many unpauses let it go on.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run_pause,
};

const struct command command_unpause = {
    .name = "unpause",
    .usage = "DOMAIN",
    .summary = "Lets a paused domain go on",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run_unpause,
};
