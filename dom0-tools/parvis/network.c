/* SPDX-License-Identifier: MIT */
/* parvis network: the network interfaces of domains, and the bridges of dom0. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/json.h"
#include "lib/link.h"
#include "parvis/devices.h"

#define US_PER_S 1000000

static bool is_network(const struct pv_attached *device, const char *word)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", device->number);
    return strcasecmp(device->detail, word) == 0 || strcmp(device->name, word) == 0 || strcmp(text, word) == 0;
}

static int find_network(const struct pv_config *config, const struct pv_attached *device)
{
    for (size_t i = 0; i < config->networks.count; i++) {
        char mac[PV_MAC_TEXT];

        pv_mac_text(pv_config_network(config, i)->mac, mac);
        if (strcmp(mac, device->detail) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void print_network(const struct pv_attached *device, const char *domain)
{
    printf("%-16s %-12s %-18s %-13s %-13s %s\n", domain, device->name, device->detail,
           pv_attached_state(device->state), pv_attached_state(device->guest_state), device->source);
}

static void write_network(struct pv_json_writer *writer, const struct pv_attached *device)
{
    uint64_t bytes, interval;

    pv_json_member_string(writer, "interface", device->name);
    pv_json_member_string(writer, "mac", device->detail);
    pv_json_member_string(writer, "bridge", device->source);
    if (sscanf(device->device, "%" SCNu64 ",%" SCNu64, &bytes, &interval) == 2 && interval != 0) {
        pv_json_member_integer(writer, "rate", (long long)(bytes * US_PER_S / interval));
    }
}

static const struct device_kind networks = {
    .name = "network",
    .kind = "vif",
    .key = PV_KEY_NETWORKS,
    .header = "DOMAIN           INTERFACE    MAC                BACKEND       GUEST         BRIDGE",
    .attach = pv_attach_network,
    .is = is_network,
    .find = find_network,
    .print = print_network,
    .write = write_network,
};

/* A bridge of dom0, with an address where one is given. */
static int make_bridge(const struct invocation *invocation, struct pv_error *error)
{
    if (invocation->count < 2 || invocation->count > 3) {
        return pv_error_set(error, PV_ERROR_USAGE, "usage: parvis network bridge NAME [ADDRESS/LENGTH]");
    }
    if (pv_link_make_bridge(invocation->arguments[1], error) != 0) {
        return -1;
    }
    return invocation->count == 3 ? pv_link_add_address(invocation->arguments[1], invocation->arguments[2], error) : 0;
}

static int run(const struct invocation *invocation, struct pv_error *error)
{
    if (strcmp(invocation->arguments[0], "bridge") == 0) {
        return make_bridge(invocation, error);
    }
    return device_run(&networks, invocation, error);
}

const struct command command_network = {
    .name = "network",
    .usage = "[OPTION...] list [DOMAIN] | attach DOMAIN KEY=VALUE... | detach DOMAIN MAC | "
             "reconnect DOMAIN MAC | bridge NAME [ADDRESS/LENGTH]",
    .summary = "Lists, attaches, detaches and reconnects the network interfaces of domains, and makes bridges",
    .help = "The keys are those of parvis.json(5) for each of `networks`; bridge is the one that must be there. What "
            "is\nattached or detached stays so when the guest reboots. To reconnect is to restart dom0's end under the "
            "running guest.\nA bridge is made in dom0 where there is none, switched on, and gets the address.",
    .options = device_options,
    .least = 1,
    .most = -1,
    .run = run,
};
