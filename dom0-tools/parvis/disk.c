/* SPDX-License-Identifier: MIT */
/* parvis disk: the disks of domains. */
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

static void print_disk(const struct pv_attached *device, const char *domain)
{
    printf("%-16s %-8s %-6s %-13s %-13s %s\n", domain, device->name, access_word(device),
           pv_attached_state(device->state), pv_attached_state(device->guest_state), device->source);
}

static void write_disk(struct pv_json_writer *writer, const struct pv_attached *device)
{
    char path[64] = "", link[256] = "";
    unsigned int major, minor;

    pv_json_member_string(writer, "target", device->name);
    pv_json_member_string(writer, "source", device->source);
    pv_json_member_string(writer, "access", access_word(device));
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
    .header = "DOMAIN           TARGET   ACCESS BACKEND       GUEST         SOURCE",
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
