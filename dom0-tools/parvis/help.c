/* SPDX-License-Identifier: MIT */
/* parvis help and version: what there is. */
#include <stdio.h>
#include <string.h>

#include "lib/sysctl.h"
#include "parvis/command.h"

static const struct command_option options[] = {COMMAND_OPTIONS_END};

static void print_commands(void)
{
    printf("usage: parvis COMMAND [OPTION...] [ARGUMENT...]\n\nRuns and manages domains of the hypervisor.\n\n");
    for (size_t i = 0; i < command_count; i++) {
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    printf("\nA DOMAIN is a name or a number. `parvis COMMAND --help` tells more, parvis(1) all.\n"
           "Exit status: 0 done, 1 failure, 2 wrong usage or configuration, 3 no such domain, 4 not enough memory or "
           "other\nresources, 5 name in use, 6 no hypervisor or daemon, 7 timeout.\n");
}

static int run_help(const struct invocation *invocation, struct pv_error *error)
{
    if (invocation->count == 0) {
        print_commands();
        return 0;
    }
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i]->name, invocation->arguments[0]) == 0) {
            command_print_help(commands[i]);
            return 0;
        }
    }
    return pv_error_set(error, PV_ERROR_USAGE, "there is no command \"%s\"", invocation->arguments[0]);
}

static int run_version(const struct invocation *invocation, struct pv_error *error)
{
    struct pv_host_version version;
    struct pv_error no_host;
    struct pv_ctx *ctx = pv_ctx_open(&no_host);
    int result = 0;

    (void)invocation;
    printf("parvis %s\n", PARVIS_VERSION);
    if (ctx) {
        result = pv_sysctl_version(ctx, &version, error);
        if (result == 0) {
            printf("hypervisor: ABI %u.%u%s, %s\n", version.major, version.minor, version.extra, version.changeset);
        }
        pv_ctx_close(ctx);
    }
    return result;
}

const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "Lists the commands, or tells of one",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run_help,
};

const struct command command_version = {
    .name = "version",
    .usage = "",
    .summary = "Shows the version of these tools and of the hypervisor",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run_version,
};
