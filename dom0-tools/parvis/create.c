/* SPDX-License-Identifier: MIT */
/* parvis create: a domain from its configuration. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/config.h"
#include "lib/domain.h"
#include "lib/store.h"
#include "parvis/command.h"
#include "parvis/terminal.h"

static const struct command_option options[] = {
    {'p', "paused", NULL, "leave the domain paused"},
    {'c', "console", NULL, "connect to its console; Ctrl-] leaves it"},
    {'n', "dry-run", NULL, "check all and show what would be built; change nothing"},
    {'s', "stored", NULL, "CONFIG is a domain's name: create it as it was created before"},
    {'q', "quiet", NULL, "say nothing when all is well"},
    COMMAND_OPTIONS_END,
};

static struct pv_config *read_config(const struct invocation *invocation, struct pv_error *error)
{
    char path[256];

    if (!option_given(invocation, 's')) {
        return pv_config_read(invocation->arguments[0], invocation->arguments + 1,
                              (size_t)invocation->count - 1, error);
    }
    pv_store_path(invocation->arguments[0], path, sizeof(path));
    return pv_config_read(path, invocation->arguments + 1, (size_t)invocation->count - 1, error);
}

/* A size for a person: whole MiB, rounded up. */
static uint64_t mib(uint64_t bytes)
{
    return (bytes + (1 << 20) - 1) >> 20;
}

static void print_plan(const struct pv_config *config, const struct pv_domain_plan *plan, bool host)
{
    char *text = pv_config_text(config);

    printf("%s\n", text ? text : "");
    free(text);
    printf("kernel:   %s, %s %s, %" PRIu64 " MiB at 0x%" PRIx64 "%s\n", plan->kernel_name, plan->guest_os,
           plan->guest_version, mib(plan->kernel_bytes), plan->kernel_start,
           plan->kernel_from_cache ? ", unpacked before" : "");
    if (plan->ramdisk_bytes) {
        printf("ramdisk:  %s, %" PRIu64 " KiB\n", config->ramdisk ? config->ramdisk : "of the disk",
               (plan->ramdisk_bytes + 1023) >> 10);
    }
    if (config->bootloader != PV_BOOTLOADER_NONE) {
        printf("cmdline:  %s\n", plan->cmdline);
    }
    printf("at start: %" PRIu64 " of %" PRIu64 " MiB in use\n", mib(plan->start_bytes), mib(config->memory));
    if (host) {
        printf("host:     %" PRIu64 " MiB free\n", plan->free_bytes >> 20);
    }
}

/* Away from a hypervisor, everything but the host's memory is checked. */
static int dry_run(const struct pv_config *config, struct pv_error *error)
{
    struct pv_domain_plan plan;
    struct pv_host host;
    struct pv_error no_host;
    bool on_host = command_open_host(&host, &no_host) == 0;
    int result = pv_domain_plan(on_host ? &host : NULL, config, &plan, error);

    if (on_host) {
        pv_host_close(&host);
    }
    command_end_progress();
    if (result == 0) {
        print_plan(config, &plan, on_host);
    }
    return result;
}

static int start(const struct invocation *invocation, struct pv_host *host, uint16_t domid,
                 struct pv_error *error)
{
    bool paused = option_given(invocation, 'p');
    int console = -1;

    /* The console first, so that nothing of the guest's start is missed, however short its life. */
    if (option_given(invocation, 'c')) {
        console = terminal_open(host, domid, error);
        if (console < 0) {
            return pv_error_wrap(error, "the domain is created, and paused");
        }
    } else if (!paused && !terminal_served(host, domid)) {
        fprintf(stderr, "parvis: no console daemon answers (does parvis-consoled run?): "
                        "what the guest prints may be lost\n");
    }
    if (!paused && pv_domctl_unpause(host->ctx, domid, error) != 0) {
        return pv_error_wrap(error, "the domain is created, and paused");
    }
    return console >= 0 ? terminal_run(console, error) : 0;
}

static int create(const struct invocation *invocation, const struct pv_config *config, struct pv_error *error)
{
    struct pv_host host;
    uint16_t domid;
    int result;

    if (command_open_host(&host, error) != 0) {
        return -1;
    }
    result = pv_domain_create(&host, config, &domid, error);
    command_end_progress();
    if (result == 0) {
        if (!option_given(invocation, 'q')) {
            printf("%s is domain %u\n", config->name, domid);
            fflush(stdout);
        }
        result = start(invocation, &host, domid, error);
    }
    pv_host_close(&host);
    return result;
}

static int run(const struct invocation *invocation, struct pv_error *error)
{
    struct pv_config *config = read_config(invocation, error);
    int result;

    if (!config) {
        return -1;
    }
    result = option_given(invocation, 'n') ? dry_run(config, error) : create(invocation, config, error);
    pv_config_free(config);
    return result;
}

const struct command command_create = {
    .name = "create",
    .usage = "[OPTION...] CONFIG [KEY=VALUE...]",
    .summary = "Creates a domain from its configuration, a JSON file, and starts it",
    .help =
        "KEY=VALUE overrides a key of the file. parvis.json(5) describes the keys, as `parvis schema` does.",
    .options = options,
    .least = 1,
    .most = -1,
    .run = run,
};
