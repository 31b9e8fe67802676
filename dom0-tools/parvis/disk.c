/* SPDX-License-Identifier: MIT */
/* parvis disk: the disks of domains. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "parvis/devices.h"

static bool is_disk(const struct pv_attached *device, const char *word)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", device->number);
    return strcmp(device->name, word) == 0 || strcmp(text, word) == 0;
}

static int find_disk(const struct pv_config *config, const struct pv_attached *device)
{
    for (size_t i = 0; i < config->disks.count; i++) {
        uint32_t number;

        if (pv_disk_number(pv_config_disk(config, i)->target, &number) && number == device->number) {
            return (int)i;
        }
    }
    return -1;
}

static const char *access_word(const struct pv_attached *device)
{
    return strchr(device->detail, 'w') ? "rw" : "ro";
}

/* The limits as `attach` takes them, each with a space before it. */
static void print_limits(const struct pv_attached *device)
{
    uint64_t limits[PV_LIMIT_COUNT];
    char text[PV_RATE_TEXT];

    if (!pv_limits_parse(device->limits, limits)) {
        return;
    }
    for (enum pv_disk_limit i = 0; i < PV_LIMIT_COUNT; i++) {
        if (limits[i] && pv_limits_is_rate(i)) {
            printf(" %s=%s", pv_limits_key(i), pv_rate_text(limits[i], text));
        } else if (limits[i]) {
            printf(" %s=%" PRIu64, pv_limits_key(i), limits[i]);
        }
    }
}

static void print_disk(const struct pv_attached *device, const char *domain)
{
    printf("%-16s %-8s %-6s %-13s %-13s %s", domain, device->name, access_word(device),
           pv_attached_state(device->state), pv_attached_state(device->guest_state), device->source);
    print_limits(device);
    putchar('\n');
}

static void write_disk(struct pv_json_writer *writer, const struct pv_attached *device)
{
    char path[64] = "", link[256] = "";
    uint64_t limits[PV_LIMIT_COUNT];
    unsigned int major, minor;

    pv_json_member_string(writer, "target", device->name);
    pv_json_member_string(writer, "source", device->source);
    pv_json_member_string(writer, "access", access_word(device));
    for (enum pv_disk_limit i = 0; pv_limits_parse(device->limits, limits) && i < PV_LIMIT_COUNT; i++) {
        if (limits[i]) {
            pv_json_member_integer(writer, pv_limits_key(i), (long long)limits[i]);
        }
    }
    if (sscanf(device->device, "%x:%x", &major, &minor) == 2) {
        snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major, minor);
        char *real = realpath(path, NULL);

        if (real) {
            snprintf(link, sizeof(link), "/dev/%s", strrchr(real, '/') + 1);
            pv_json_member_string(writer, "device", link);
        }
        free(real);
    }
}

static const struct device_kind disks = {
    .name = "disk",
    .kind = "vbd",
    .key = PV_KEY_DISKS,
    .header = "DOMAIN           TARGET   ACCESS BACKEND       GUEST         SOURCE, LIMITS",
    .attach = pv_attach_disk,
    .is = is_disk,
    .find = find_disk,
    .print = print_disk,
    .write = write_disk,
};

static int run(const struct invocation *invocation, struct pv_error *error)
{
    return device_run(&disks, invocation, error);
}

const struct command command_disk = {
    .name = "disk",
    .usage = "[OPTION...] list [DOMAIN] | attach DOMAIN KEY=VALUE... | detach DOMAIN TARGET | "
             "reconnect DOMAIN TARGET",
    .summary = "Lists, attaches, detaches and reconnects the disks of domains",
    .help = "The keys are those of parvis.json(5) for each of `disks`; source is the one that must be there. What is\n"
            "attached or detached stays so when the guest reboots. To reconnect is to restart dom0's end under the "
            "running\nguest, which waits meanwhile. BACKEND and GUEST are the states of both ends: connected when the "
            "disk is in use.",
    .options = device_options,
    .least = 1,
    .most = -1,
    .run = run,
};
