/* SPDX-License-Identifier: MIT */
/* What devices a domain has, and how they are: read from xenstore, where both ends write it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attach.h"
#include "lib/attach_nodes.h"

enum field {
    FIELD_NAME,
    FIELD_SOURCE,
    FIELD_DETAIL,
    FIELD_DEVICE,
    FIELD_LIMITS,
    FIELD_STATE,
    FIELD_GUEST_STATE,
    FIELD_ERROR,
    FIELD_GUEST_ERROR,
    FIELD_COUNT
};

const char *pv_attached_state(unsigned int state)
{
    static const char *const states[] = {"unknown", "initialising", "waiting", "initialised", "connected",
                                         "closing", "closed",       "reconfiguring", "reconfigured"};

    return states[state < sizeof(states) / sizeof(states[0]) ? state : 0];
}

static void ask(struct xs_batch *batch, const struct pv_node *node)
{
    static const char *const disk[] = {"dev", "params", "mode", "physical-device", "limits"};
    static const char *const network[] = {"vifname", "bridge", "mac", "rate", "vlan"};
    const char *const *nodes = strcmp(node->kind, "vbd") == 0 ? disk : network;
    char path[PV_NODE_SIZE];

    for (int i = FIELD_NAME; i <= FIELD_LIMITS; i++) {
        xs_batch_read(batch, "%s/%s", pv_node_path(PV_NODE_BACKEND, node, path), nodes[i]);
    }
    xs_batch_read(batch, "%s/state", path);
    xs_batch_read(batch, "%s/state", pv_node_path(PV_NODE_FRONTEND, node, path));
    xs_batch_read(batch, "%s", pv_node_path(PV_NODE_ERROR, node, path));
    xs_batch_read(batch, "%s", pv_node_path(PV_NODE_GUEST_ERROR, node, path));
}

static char *answer(const struct xs_batch *batch, size_t request, bool *failed)
{
    const char *text = xs_batch_answer(batch, request);
    char *copy = strdup(text ? text : "");

    *failed |= !copy;
    return copy;
}

static bool take(struct pv_attached *device, const struct xs_batch *batch, size_t first)
{
    const char *state = xs_batch_answer(batch, first + FIELD_STATE);
    const char *guest_state = xs_batch_answer(batch, first + FIELD_GUEST_STATE);
    bool failed = false;

    device->name = answer(batch, first + FIELD_NAME, &failed);
    device->source = answer(batch, first + FIELD_SOURCE, &failed);
    device->detail = answer(batch, first + FIELD_DETAIL, &failed);
    device->device = answer(batch, first + FIELD_DEVICE, &failed);
    device->limits = answer(batch, first + FIELD_LIMITS, &failed);
    device->backend_error = answer(batch, first + FIELD_ERROR, &failed);
    device->guest_error = answer(batch, first + FIELD_GUEST_ERROR, &failed);
    device->state = state ? (unsigned int)atoi(state) : 0;
    device->guest_state = guest_state ? (unsigned int)atoi(guest_state) : 0;
    return !failed;
}

/* Which domain serves a device; dom0 where the store does not say. */
static uint16_t read_backend(struct pv_host *host, const struct pv_node *node)
{
    char tools[PV_NODE_SIZE], path[2 * PV_NODE_SIZE], *text;
    struct pv_error ignored;
    uint16_t backend = 0;

    snprintf(path, sizeof(path), "%s/backend", pv_node_path(PV_NODE_TOOLS, node, tools));
    text = xs_read(host->xs, 0, path, NULL, &ignored);
    if (text && !pv_node_backend(text, &backend)) {
        backend = 0;
    }
    free(text);
    return backend;
}

static int read_all(struct pv_host *host, uint16_t domid, const char *kind, char **names, struct pv_attached *list,
                    size_t count, struct pv_error *error)
{
    struct xs_batch *batch = xs_batch_new();
    int result = batch ? 0 : pv_error_errno(error, ENOMEM, "the list of devices");

    for (size_t i = 0; batch && i < count; i++) {
        struct pv_node node = {.domid = domid, .kind = kind, .number = (uint32_t)strtoul(names[i], NULL, 10)};

        node.backend = read_backend(host, &node);
        list[i].domid = domid;
        list[i].number = node.number;
        list[i].backend = node.backend;
        ask(batch, &node);
    }
    if (result == 0) {
        result = xs_batch_run(host->xs, batch, error);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = take(&list[i], batch, i * FIELD_COUNT) ? 0 : pv_error_errno(error, ENOMEM, "the list of devices");
    }
    xs_batch_free(batch);
    return result;
}

int pv_attached_list(struct pv_host *host, uint16_t domid, const char *kind, struct pv_attached **list, size_t *count,
                     struct pv_error *error)
{
    char path[PV_NODE_SIZE];
    char **names;

    *list = NULL;
    *count = 0;
    snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, kind);
    names = xs_directory(host->xs, 0, path, count, error);
    if (!names) {
        *count = 0;
        return error->number == ENOENT ? 0 : -1;
    }
    *list = calloc(*count + 1, sizeof(**list));
    if (!*list || read_all(host, domid, kind, names, *list, *count, error) != 0) {
        if (!*list) {
            pv_error_errno(error, ENOMEM, "the list of devices");
        }
        pv_attached_free(*list, *count);
        *list = NULL;
        free(names);
        return -1;
    }
    free(names);
    return 0;
}

void pv_attached_free(struct pv_attached *list, size_t count)
{
    for (size_t i = 0; list && i < count; i++) {
        free(list[i].name);
        free(list[i].source);
        free(list[i].detail);
        free(list[i].device);
        free(list[i].limits);
        free(list[i].backend_error);
        free(list[i].guest_error);
    }
    free(list);
}
