/* SPDX-License-Identifier: MIT */
/* parvis list: the domains and what they do. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/config.h"
#include "lib/domctl.h"
#include "lib/json.h"
#include "lib/sysctl.h"
#include "lib/xsbatch.h"
#include "parvis/command.h"
#include "parvis/state.h"

#define PAGES_PER_MIB 256
#define NS_PER_S      1e9

static const struct command_option options[] = {
    {'o', "output", "FORMAT", "text (the default) or json"},
    COMMAND_OPTIONS_END,
};

static void print_text(const struct pv_domain_info *info, const char *name)
{
    printf("%-24s %5u %-9s %7" PRIu64 "M %5u %10.1fs\n", name ? name : "-", info->domid, state_name(info),
           info->pages / PAGES_PER_MIB, info->vcpus_online, (double)info->cpu_time / NS_PER_S);
}

static void write_json(struct pv_json_writer *writer, const struct pv_domain_info *info, const char *name)
{
    char uuid[PV_UUID_TEXT];

    pv_uuid_text(info->uuid, uuid);
    pv_json_open(writer, PV_JSON_OBJECT);
    pv_json_member_string(writer, "name", name ? name : "");
    pv_json_member_integer(writer, "domid", info->domid);
    pv_json_member_string(writer, "uuid", uuid);
    pv_json_member_string(writer, "state", state_name(info));
    pv_json_member_integer(writer, "memory_kib", (long long)info->pages * 4);
    pv_json_member_integer(writer, "vcpus", info->vcpus_online);
    pv_json_member_integer(writer, "cpu_time_ns", (long long)info->cpu_time);
    pv_json_close(writer, PV_JSON_OBJECT);
}

static int print_json(const struct pv_domain_info *list, size_t count, const struct xs_batch *names,
                      struct pv_error *error)
{
    struct pv_json_writer *writer = pv_json_writer_new();
    const char *text = NULL;

    if (writer) {
        pv_json_open(writer, PV_JSON_ARRAY);
        for (size_t i = 0; i < count; i++) {
            write_json(writer, &list[i], xs_batch_answer(names, i));
        }
        pv_json_close(writer, PV_JSON_ARRAY);
        text = pv_json_writer_text(writer);
    }
    if (!text) {
        pv_json_writer_free(writer);
        return pv_error_errno(error, ENOMEM, "writing the list");
    }
    fputs(text, stdout);
    pv_json_writer_free(writer);
    return 0;
}

static int list(struct pv_host *host, bool json, struct pv_error *error)
{
    struct xs_batch *names = xs_batch_new();
    struct pv_domain_info *domains = NULL;
    size_t count = 0;
    int result = names ? pv_sysctl_domains(host->ctx, &domains, &count, error)
                       : pv_error_errno(error, ENOMEM, "names of domains");

    for (size_t i = 0; i < count; i++) {
        xs_batch_read(names, "/local/domain/%u/name", domains[i].domid);
    }
    if (result == 0) {
        result = xs_batch_run(host->xs, names, error);
    }
    if (result == 0 && json) {
        result = print_json(domains, count, names, error);
    } else if (result == 0) {
        printf("%-24s %5s %-9s %8s %5s %11s\n", "NAME", "ID", "STATE", "MEMORY", "VCPUS", "TIME");
        for (size_t i = 0; i < count; i++) {
            print_text(&domains[i], xs_batch_answer(names, i));
        }
    }
    free(domains);
    xs_batch_free(names);
    return result;
}

static int run(const struct invocation *invocation, struct pv_error *error)
{
    struct pv_host host;
    bool json;
    int result;

    if (option_json(invocation, &json, error) != 0 || command_open_host(&host, error) != 0) {
        return -1;
    }
    result = list(&host, json, error);
    pv_host_close(&host);
    return result;
}

const struct command command_list = {
    .name = "list",
    .usage = "[-o FORMAT]",
    .summary = "Lists the domains",
    .help = "STATE is running (on a CPU now), ready (waits for one), blocked (has nothing to do), paused, "
            "how the "
            "domain ended\n(poweroff, reboot, suspended, crashed, watchdog), or dying (being taken apart).",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
