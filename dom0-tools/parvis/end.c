/* SPDX-License-Identifier: MIT */
/* parvis shutdown, reboot, destroy: the ways in which a domain ends. */
#include <stdio.h>

#include "lib/domain.h"
#include "parvis/command.h"

/* How long --wait waits without another number. */
#define WAIT_DEFAULT_MS 60000

static const struct command_option options[] = {
    {'w', "wait", NULL, "return when it has happened"},
    {'t', "timeout", "SECONDS", "wait no longer than this (60 by default); implies --wait"},
    COMMAND_OPTIONS_END,
};

/* Milliseconds to wait, -1 for not at all, -2 for an error. */
static int wait_time(const struct invocation *invocation, struct pv_error *error)
{
    int wait;

    if (!option_given(invocation, 'w') && !option_given(invocation, 't')) {
        return -1;
    }
    wait = option_seconds(invocation, 't', WAIT_DEFAULT_MS, error);
    return wait < 0 ? -2 : wait;
}

static int ask(const struct invocation *invocation, const char *reason, struct pv_error *error)
{
    struct pv_domain_info info;
    struct pv_host host;
    int wait = wait_time(invocation, error), result = -1;

    if (wait == -2 || command_open_host(&host, error) != 0) {
        return -1;
    }
    if (pv_domain_find(&host, invocation->arguments[0], &info, error) == 0) {
        result = info.domid == 0 ? pv_error_set(error, PV_ERROR_USAGE, "domain 0 is shut down by its own poweroff")
                                 : pv_domain_ask_shutdown(&host, info.domid, reason, error);
        if (result != 0) {
            pv_error_wrap(error, "%s", invocation->arguments[0]);
        } else if (wait >= 0) {
            pv_host_progress(&host, "waiting for the guest");
            result = pv_domain_wait_end(&host, info.domid, true, wait, error);
        }
    }
    pv_host_close(&host);
    return result;
}

static int run_shutdown(const struct invocation *invocation, struct pv_error *error)
{
    return ask(invocation, "poweroff", error);
}

static int run_reboot(const struct invocation *invocation, struct pv_error *error)
{
    return ask(invocation, "reboot", error);
}

static int run_destroy(const struct invocation *invocation, struct pv_error *error)
{
    int wait = wait_time(invocation, error), result = 0;
    struct pv_host host;

    if (wait == -2 || command_open_host(&host, error) != 0) {
        return -1;
    }
    for (int i = 0; i < invocation->count && result == 0; i++) {
        struct pv_domain_info info;

        result = pv_domain_find(&host, invocation->arguments[i], &info, error);
        if (result == 0) {
            pv_host_progress(&host, "destroying the domain");
            result = pv_domain_destroy(&host, info.domid, true, wait, error);
        }
    }
    pv_host_close(&host);
    return result;
}

const struct command command_shutdown = {
    .name = "shutdown",
    .usage = "[OPTION...] DOMAIN",
    .summary = "Asks a guest to power itself off",
    .help = "What happens then is what on_poweroff of its configuration says.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run_shutdown,
};

const struct command command_reboot = {
    .name = "reboot",
    .usage = "[OPTION...] DOMAIN",
    .summary = "Asks a guest to reboot",
    .help = "What happens then is what on_reboot of its configuration says.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run_reboot,
};

const struct command command_destroy = {
    .name = "destroy",
    .usage = "[OPTION...] DOMAIN...",
    .summary = "Ends domains at once, without asking them",
    .options = options,
    .least = 1,
    .most = -1,
    .run = run_destroy,
};
