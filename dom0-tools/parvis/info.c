/* SPDX-License-Identifier: MIT */
/* parvis info: the host, or one domain, in detail. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/config.h"
#include "lib/domain.h"
#include "lib/json.h"
#include "lib/store.h"
#include "lib/sysctl.h"
#include "lib/usage.h"
#include "parvis/command.h"
#include "parvis/state.h"
#include "pvabi/domctl.h"

#define MOST_FACTS   32
#define KIB_PER_PAGE 4

static const struct command_option options[] = {
    {'o', "output", "FORMAT", "text (the default) or json"},
    COMMAND_OPTIONS_END,
};

/* One line of the output: a number or a text. */
struct fact {
    const char *key;
    bool is_number;
    long long number;
    char text[1024];
};

struct facts {
    size_t count;
    struct fact list[MOST_FACTS];
    struct pv_usage usage; /* known for domains, where the hypervisor tells */
};

static void add_text(struct facts *facts, const char *key, const char *text)
{
    struct fact *fact = &facts->list[facts->count++];

    fact->key = key;
    snprintf(fact->text, sizeof(fact->text), "%s", text);
}

static void add_number(struct facts *facts, const char *key, unsigned long long number)
{
    struct fact *fact = &facts->list[facts->count++];

    fact->key = key;
    fact->is_number = true;
    fact->number = (long long)number;
}

static const char *scheduler_name(unsigned int id)
{
    switch (id) {
    case XEN_SCHEDULER_CREDIT:
        return "credit";
    case XEN_SCHEDULER_CREDIT2:
        return "credit2";
    case XEN_SCHEDULER_ARINC653:
        return "arinc653";
    case XEN_SCHEDULER_RTDS:
        return "rtds";
    case XEN_SCHEDULER_NULL:
        return "null";
    default:
        return "unknown";
    }
}

static int host_facts(struct pv_host *host, struct facts *facts, struct pv_error *error)
{
    struct pv_host_version version;
    struct pv_host_info info;
    char text[64];

    if (pv_sysctl_version(host->ctx, &version, error) != 0 || pv_sysctl_host(host->ctx, &info, error) != 0) {
        return -1;
    }
    snprintf(text, sizeof(text), "%u.%u%s", version.major, version.minor, version.extra);
    add_text(facts, "version", text);
    add_text(facts, "capabilities", version.capabilities);
    add_text(facts, "changeset", version.changeset);
    add_text(facts, "command_line", version.command_line);
    add_text(facts, "scheduler", scheduler_name(info.scheduler));
    add_number(facts, "cpus", info.cpus);
    add_number(facts, "cores_per_socket", info.cores_per_socket);
    add_number(facts, "threads_per_core", info.threads_per_core);
    add_number(facts, "nodes", info.nodes);
    add_number(facts, "cpu_khz", info.cpu_khz);
    add_number(facts, "memory_kib", info.total_pages * KIB_PER_PAGE);
    add_number(facts, "free_memory_kib", info.free_pages * KIB_PER_PAGE);
    add_number(facts, "grant_table_version", info.grant_version);
    return 0;
}

static void stored_facts(const char *name, struct facts *facts)
{
    static const struct {
        const char *key;
        size_t offset;
    } actions[] = {{"on_poweroff", offsetof(struct pv_config, on_poweroff)},
                   {"on_reboot", offsetof(struct pv_config, on_reboot)},
                   {"on_crash", offsetof(struct pv_config, on_crash)}};
    struct pv_error ignored;
    struct pv_config *config = pv_store_load(name, &ignored);

    if (!config) {
        return;
    }
    add_text(facts, "kernel", config->kernel ? config->kernel : "by bootloader");
    add_text(facts, "ramdisk", config->ramdisk ? config->ramdisk : "");
    add_text(facts, "cmdline", config->cmdline);
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        add_text(facts, actions[i].key, pv_action_name(*(uint64_t *)((char *)config + actions[i].offset)));
    }
    pv_config_free(config);
}

static void usage_facts(const struct pv_usage *usage, struct facts *facts)
{
    add_number(facts, "event_ports", usage->event_ports);
    add_number(facts, "event_ports_max", usage->event_ports_max);
    add_number(facts, "grant_frames", usage->grant_frames);
    add_number(facts, "grant_frames_max", usage->grant_frames_max);
    add_number(facts, "maptrack_frames", usage->maptrack_frames);
    add_number(facts, "maptrack_frames_max", usage->maptrack_frames_max);
    add_number(facts, "grant_mappings", usage->mappings);
}

static int domain_facts(struct pv_host *host, const char *which, struct facts *facts, struct pv_error *error)
{
    struct pv_domain_info info;
    char uuid[PV_UUID_TEXT], *name;

    if (pv_domain_find(host, which, &info, error) != 0 ||
        pv_usage_get(host->ctx, info.domid, &facts->usage, error) != 0) {
        return -1;
    }
    name = pv_domain_name(host, info.domid);
    pv_uuid_text(info.uuid, uuid);
    add_text(facts, "name", name ? name : "");
    add_number(facts, "domid", info.domid);
    add_text(facts, "uuid", uuid);
    add_text(facts, "state", state_name(&info));
    add_number(facts, "memory_kib", info.pages * KIB_PER_PAGE);
    add_number(facts, "max_memory_kib", info.max_pages * KIB_PER_PAGE);
    add_number(facts, "vcpus_online", info.vcpus_online);
    add_number(facts, "vcpus_max", info.max_vcpu_id + 1ULL);
    add_number(facts, "cpu_time_ns", info.cpu_time);
    add_number(facts, "cpu_pool", info.pool);
    if (facts->usage.known) {
        usage_facts(&facts->usage, facts);
    }
    if (name) {
        stored_facts(name, facts);
    }
    free(name);
    return 0;
}

static void print_text(const struct facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->list[i];

        if (fact->is_number) {
            printf("%-20s %lld\n", fact->key, fact->number);
        } else {
            printf("%-20s %s\n", fact->key, fact->text);
        }
    }
    for (unsigned int i = 0; facts->usage.known && i < facts->usage.refusal_count; i++) {
        const struct pv_refusal *refusal = &facts->usage.refusals[i];

        printf("%-20s %s %s%s%" PRIu64 "\n", "refused_hypercall", refusal->hypercall, refusal->error,
               refusal->error[0] ? " " : "", refusal->count);
    }
}

static void write_refusals(struct pv_json_writer *writer, const struct pv_usage *usage)
{
    pv_json_key(writer, "refused_hypercalls");
    pv_json_open(writer, PV_JSON_ARRAY);
    for (unsigned int i = 0; i < usage->refusal_count; i++) {
        pv_json_open(writer, PV_JSON_OBJECT);
        pv_json_member_string(writer, "hypercall", usage->refusals[i].hypercall);
        pv_json_member_string(writer, "error", usage->refusals[i].error);
        pv_json_member_integer(writer, "count", (long long)usage->refusals[i].count);
        pv_json_close(writer, PV_JSON_OBJECT);
    }
    pv_json_close(writer, PV_JSON_ARRAY);
}

static int print_json(const struct facts *facts, struct pv_error *error)
{
    struct pv_json_writer *writer = pv_json_writer_new();
    const char *text = NULL;

    if (writer) {
        pv_json_open(writer, PV_JSON_OBJECT);
        for (size_t i = 0; i < facts->count; i++) {
            const struct fact *fact = &facts->list[i];

            if (fact->is_number) {
                pv_json_member_integer(writer, fact->key, fact->number);
            } else {
                pv_json_member_string(writer, fact->key, fact->text);
            }
        }
        if (facts->usage.known) {
            write_refusals(writer, &facts->usage);
        }
        pv_json_close(writer, PV_JSON_OBJECT);
        text = pv_json_writer_text(writer);
    }
    if (text) {
        fputs(text, stdout);
    }
    pv_json_writer_free(writer);
    return text ? 0 : pv_error_errno(error, ENOMEM, "writing the answer");
}

static int run(const struct invocation *invocation, struct pv_error *error)
{
    struct facts facts = {0};
    struct pv_host host;
    bool json;
    int result;

    if (option_json(invocation, &json, error) != 0 || command_open_host(&host, error) != 0) {
        return -1;
    }
    result = invocation->count ? domain_facts(&host, invocation->arguments[0], &facts, error)
                               : host_facts(&host, &facts, error);
    pv_host_close(&host);
    if (result == 0 && json) {
        return print_json(&facts, error);
    }
    if (result == 0) {
        print_text(&facts);
    }
    return result;
}

const struct command command_info = {
    .name = "info",
    .usage = "[-o FORMAT] [DOMAIN]",
    .summary = "Shows the host, or one domain, in detail",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
