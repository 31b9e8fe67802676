/* SPDX-License-Identifier: MIT */
/* parvis shutdown, reboot, destroy: the ways in which a domain ends. */
#include <stdlib.h>
#include <string.h>

#include "lib/domain.h"
#include "lib/store.h"
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

/*
 * Waits for the guest's end; where the monitor destroys it then, for that too, so that its name and memory
 * are free when the command returns.
 */
static int wait_for_end(struct pv_host *host, uint16_t domid, const char *reason, int wait,
                        struct pv_error *error)
{
    char *name = pv_domain_name(host, domid);
    struct pv_error ignored;
    struct pv_config *config = name ? pv_store_load(name, &ignored) : NULL;
    bool destroyed = config && strcmp(reason, "poweroff") == 0 && config->on_poweroff == PV_ACTION_DESTROY;
    int result = pv_domain_wait_end(host, domid, true, wait, error);

    pv_config_free(config);
    free(name);
    if (result == 0 && destroyed) {
        result = pv_domain_wait_end(host, domid, false, wait, error);
        if (result != 0) {
            pv_error_wrap(error, "the guest has powered itself off, and nobody clears it away: does "
                                 "parvis-monitord run?");
        }
    }
    return result;
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
        result = info.domid == 0
                     ? pv_error_set(error, PV_ERROR_USAGE, "domain 0 is shut down by its own poweroff")
                     : pv_domain_ask_shutdown(&host, info.domid, reason, error);
        if (result != 0) {
            pv_error_wrap(error, "%s", invocation->arguments[0]);
        } else if (wait >= 0) {
            pv_host_progress(&host, "waiting for the guest");
            result = wait_for_end(&host, info.domid, reason, wait, error);
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
