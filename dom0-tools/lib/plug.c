/* SPDX-License-Identifier: MIT */
/* Interfaces of dom0 join the bridges of guests' networks. */
#include "lib/plug.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attach_nodes.h"
#include "lib/link.h"
#include "lib/vswitch.h"
#include "lib/xsbatch.h"

char *pv_plug_name(uint16_t domid, uint32_t number, char name[PV_PLUG_NAME])
{
    snprintf(name, PV_PLUG_NAME, "vif%u.%" PRIu32, domid, number);
    return name;
}

int pv_plug_check(const struct pv_network *network, struct pv_error *error)
{
    int there = pv_link_is_bridge(network->bridge) ? 1 : pv_vswitch_has_bridge(network->bridge, error);

    if (there > 0) {
        return 0;
    }
    /* Who has Open vSwitch, and it does not answer, may mean one of its bridges. */
    if (there < 0 && error->number != ENOENT) {
        return pv_error_wrap(error, "dom0's kernel has no such bridge, and Open vSwitch cannot be asked for one");
    }
    return pv_error_set(error, PV_ERROR_USAGE, "dom0 has no such bridge%s; `parvis network bridge %s` makes one",
                        there == 0 ? ", Open vSwitch neither" : "", network->bridge);
}

static int join(const char *name, const struct pv_network *network, struct pv_error *error)
{
    uint8_t vlans[PV_VLANS_SIZE];
    bool trunks = network->trunks && pv_vlans_parse(network->trunks, vlans);

    if (pv_link_is_bridge(network->bridge)) {
        return pv_link_join_bridge(name, network->bridge, (uint16_t)network->vlan, trunks ? vlans : NULL, error);
    }
    return pv_link_switch_on(name, error) == 0 ? pv_vswitch_add(name, network, error) : -1;
}

/* The name first: that of an interface without the other node is one whose backend was restarted. */
static int announce(struct xs_client *xs, const char *base, const char *name, struct pv_error *error)
{
    struct xs_batch *batch = xs_batch_new();
    char path[2 * PV_NODE_SIZE];
    int result;

    if (!batch) {
        return pv_error_errno(error, ENOMEM, "the nodes of %s", name);
    }
    snprintf(path, sizeof(path), "%s/vifname", base);
    xs_batch_write(batch, path, "%s", name);
    snprintf(path, sizeof(path), "%s/hotplug-status", base);
    xs_batch_write(batch, path, "connected");
    result = xs_batch_run(xs, batch, error);
    xs_batch_free(batch);
    return result;
}

int pv_plug(struct xs_client *xs, uint16_t domid, uint32_t number, const struct pv_network *network,
            struct pv_error *error)
{
    struct pv_node node = {.domid = domid, .kind = "vif", .number = number};
    char name[PV_PLUG_NAME], base[PV_NODE_SIZE];

    pv_plug_name(domid, number, name);
    pv_node_path(PV_NODE_BACKEND, &node, base);
    return join(name, network, error) == 0 ? announce(xs, base, name, error) : -1;
}

enum { READ_SCRIPT, READ_NAME, READ_STATUS, READ_BRIDGE, READ_MAC, READ_VLAN, READ_TRUNKS, READ_COUNT };

static int plug_as_read(struct xs_client *xs, uint16_t domid, uint32_t number, const struct xs_batch *batch,
                        bool *done, struct pv_error *error)
{
    const char *script = xs_batch_answer(batch, READ_SCRIPT), *bridge = xs_batch_answer(batch, READ_BRIDGE);
    const char *mac = xs_batch_answer(batch, READ_MAC), *vlan = xs_batch_answer(batch, READ_VLAN);
    const char *trunks = xs_batch_answer(batch, READ_TRUNKS);
    struct pv_network network = {.vlan = vlan ? strtoul(vlan, NULL, 10) : 0};
    int result;

    if (!script || script[0] || !bridge || !mac || !pv_mac_parse(mac, network.mac) ||
        !xs_batch_answer(batch, READ_NAME) || xs_batch_answer(batch, READ_STATUS)) {
        return 0;
    }
    *done = true;
    network.bridge = strdup(bridge);
    network.trunks = trunks ? strdup(trunks) : NULL;
    result = network.bridge && (network.trunks || !trunks) ? pv_plug(xs, domid, number, &network, error)
                            : pv_error_errno(error, ENOMEM, "the bridge %s", bridge);
    free(network.bridge);
    free(network.trunks);
    return result;
}

int pv_plug_again(struct xs_client *xs, uint16_t domid, uint32_t number, bool *done, struct pv_error *error)
{
    static const char *const names[READ_COUNT] = {
        [READ_SCRIPT] = "script",
        [READ_NAME] = "vifname",
        [READ_STATUS] = "hotplug-status",
        [READ_BRIDGE] = "bridge",
        [READ_MAC] = "mac",
        [READ_VLAN] = "vlan",
        [READ_TRUNKS] = "trunks",
    };
    struct pv_node node = {.domid = domid, .kind = "vif", .number = number};
    struct xs_batch *batch = xs_batch_new();
    char base[PV_NODE_SIZE];
    int result;

    *done = false;
    if (!batch) {
        return pv_error_errno(error, ENOMEM, "the nodes of a network");
    }
    for (int i = 0; i < READ_COUNT; i++) {
        xs_batch_read(batch, "%s/%s", pv_node_path(PV_NODE_BACKEND, &node, base), names[i]);
    }
    result = xs_batch_run(xs, batch, error);
    if (result == 0) {
        result = plug_as_read(xs, domid, number, batch, done, error);
    }
    xs_batch_free(batch);
    return result;
}
