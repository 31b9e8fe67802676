/* SPDX-License-Identifier: MIT */
/* A domain's nodes in xenstore: the same that Xen's own toolstack writes, for the same readers. */
#include "lib/nodes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/attach_nodes.h"
#include "lib/xsbatch.h"

#define PATH_SIZE 128
/* Daemons of xenstore and console run here. */
#define SERVER_DOMID   0
#define CONSOLE_BUFFER "1048576"

/* Writes one node below a base path. */
static void put(struct xs_batch *batch, const char *base, const char *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void put(struct xs_batch *batch, const char *base, const char *node, const char *format, ...)
{
    char path[2 * PATH_SIZE], value[2048];
    va_list arguments;

    snprintf(path, sizeof(path), "%s/%s", base, node);
    va_start(arguments, format);
    vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    xs_batch_write(batch, path, "%s", value);
}

/* A node that the guest itself may write. */
static void put_guests(struct xs_batch *batch, const char *base, const char *node, uint16_t domid)
{
    char path[2 * PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%s", base, node);
    xs_batch_write(batch, path, "%s", "");
    xs_batch_perms(batch, path, 'n', domid, 'n', SERVER_DOMID);
}

/* What a dead domain of this number left; numbers come again. */
static void remove_all(struct xs_batch *batch, uint16_t domid, const char *uuid)
{
    /* The devices before the domain: what is left of a domain is found by its own nodes. */
    pv_node_remove_all(batch, domid);
    xs_batch_rm(batch, "/local/domain/%u", domid);
    xs_batch_rm(batch, "/libxl/%u", domid);
    xs_batch_rm(batch, "/local/domain/%u/backend/console/%u", SERVER_DOMID, domid);
    xs_batch_rm(batch, "/vm/%s", uuid);
}

/* A new node takes its parent's permissions, so those of the base come before all that lies below. */
static void put_base(struct xs_batch *batch, const char *base, uint16_t domid)
{
    xs_batch_write(batch, base, "%s", "");
    xs_batch_perms(batch, base, 'n', SERVER_DOMID, 'r', domid);
}

static void put_vm(struct xs_batch *batch, const struct pv_nodes *nodes, const char *uuid)
{
    char base[PATH_SIZE];

    snprintf(base, sizeof(base), "/vm/%s", uuid);
    put_base(batch, base, nodes->domid);
    put(batch, base, "uuid", "%s", uuid);
    put(batch, base, "name", "%s", nodes->config->name);
    put(batch, base, "image/ostype", "linux");
    put(batch, base, "image/kernel", "%s", nodes->config->kernel ? nodes->config->kernel : "(of its disk)");
    put(batch, base, "start_time", "%lld", (long long)time(NULL));
}

static void put_control(struct xs_batch *batch, const char *base, uint16_t domid)
{
    static const char *const guests[] = {"control/shutdown",
                                         "control/feature-poweroff",
                                         "control/feature-reboot",
                                         "control/feature-suspend",
                                         "control/sysrq",
                                         "device/suspend/event-channel",
                                         "data",
                                         "drivers",
                                         "feature",
                                         "attr",
                                         "error"};

    put(batch, base, "control/platform-feature-multiprocessor-suspend", "1");
    put(batch, base, "control/platform-feature-xs_reset_watches", "1");
    for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
        put_guests(batch, base, guests[i], domid);
    }
}

static void put_resources(struct xs_batch *batch, const char *base, const struct pv_config *config)
{
    char node[64];

    put(batch, base, "memory/static-max", "%" PRIu64, config->max_memory >> 10);
    put(batch, base, "memory/target", "%" PRIu64, config->memory >> 10);
    put(batch, base, "memory/videoram", "-1");
    for (uint64_t i = 0; i < config->max_vcpus; i++) {
        snprintf(node, sizeof(node), "cpu/%" PRIu64 "/availability", i);
        put(batch, base, node, i < config->vcpus ? "online" : "offline");
    }
}

static void put_console(struct xs_batch *batch, const char *base, const struct pv_nodes *nodes)
{
    char frontend[2 * PATH_SIZE], backend[PATH_SIZE];

    snprintf(frontend, sizeof(frontend), "%s/console", base);
    snprintf(backend, sizeof(backend), "/local/domain/%u/backend/console/%u/0", SERVER_DOMID, nodes->domid);
    put_base(batch, backend, nodes->domid);
    put(batch, backend, "frontend", "%s", frontend);
    put(batch, backend, "frontend-id", "%u", nodes->domid);
    put(batch, backend, "online", "1");
    put(batch, backend, "state", "1");
    put(batch, backend, "protocol", "vt100");
    put(batch, frontend, "backend", "%s", backend);
    put(batch, frontend, "backend-id", "%u", SERVER_DOMID);
    put(batch, frontend, "limit", CONSOLE_BUFFER);
    put(batch, frontend, "type", "xenconsoled");
    put(batch, frontend, "output", "pty");
    put(batch, frontend, "tty", "%s", "");
    put(batch, frontend, "port", "%u", nodes->console_port);
    put(batch, frontend, "ring-ref", "%" PRIu64, nodes->console_frame);
}

static void put_all(struct xs_batch *batch, const struct pv_nodes *nodes, const char *uuid)
{
    char base[PATH_SIZE], libxl[PATH_SIZE];

    remove_all(batch, nodes->domid, uuid);
    put_vm(batch, nodes, uuid);
    snprintf(base, sizeof(base), "/local/domain/%u", nodes->domid);
    put_base(batch, base, nodes->domid);
    put(batch, base, "vm", "/vm/%s", uuid);
    put(batch, base, "name", "%s", nodes->config->name);
    put(batch, base, "domid", "%u", nodes->domid);
    put(batch, base, "store/port", "%u", nodes->store_port);
    put(batch, base, "store/ring-ref", "%" PRIu64, nodes->store_frame);
    put_control(batch, base, nodes->domid);
    put_resources(batch, base, nodes->config);
    put_console(batch, base, nodes);
    snprintf(libxl, sizeof(libxl), "/libxl/%u", nodes->domid);
    put(batch, libxl, "type", "pv");
    xs_batch_introduce(batch, nodes->domid, nodes->store_frame, nodes->store_port);
}

int pv_nodes_write(struct pv_host *host, const struct pv_nodes *nodes, struct pv_error *error)
{
    struct xs_batch *batch = xs_batch_new();
    char uuid[PV_UUID_TEXT];
    int result;

    if (!batch) {
        return pv_error_errno(error, ENOMEM, "nodes of the domain");
    }
    pv_uuid_text(nodes->config->uuid, uuid);
    put_all(batch, nodes, uuid);
    result = xs_batch_run(host->xs, batch, error);
    xs_batch_free(batch);
    return result;
}

int pv_nodes_write_host(struct pv_host *host, struct pv_error *error)
{
    static const struct {
        const char *path, *value;
    } nodes[] = {{"/local/domain/0/domid", "0"},
                 {"/local/domain/0/name", "Domain-0"},
                 {"/local/pool/0/name", "Pool-0"}};

    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        char *there = xs_read(host->xs, 0, nodes[i].path, NULL, error);

        if (!there && (error->number != ENOENT ||
                       xs_write_string(host->xs, 0, nodes[i].path, nodes[i].value, error) != 0)) {
            return -1;
        }
        free(there);
    }
    return 0;
}

void pv_nodes_remove(struct pv_host *host, uint16_t domid, const uint8_t uuid[16], const char *name)
{
    struct xs_batch *batch = xs_batch_new();
    char text[PV_UUID_TEXT];
    struct pv_error ignored;

    if (!batch) {
        return;
    }
    pv_uuid_text(uuid, text);
    pv_node_remove_elsewhere(host->xs, batch, domid);
    remove_all(batch, domid, text);
    if (name) {
        xs_batch_rm(batch, "/parvis/domain/%s", name);
    }
    xs_batch_run(host->xs, batch, &ignored);
    xs_batch_free(batch);
}
