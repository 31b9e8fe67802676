/* SPDX-License-Identifier: MIT */
/* What `parvis disk` and `parvis network` have in common: listing, attaching, detaching, reconnecting. */
#include "parvis/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/domain.h"
#include "lib/json.h"
#include "lib/store.h"
#include "lib/sysctl.h"

#define WAIT_DEFAULT_MS 10000

const struct command_option device_options[] = {
    {'o', "output", "FORMAT", "of list: text (the default) or json"},
    {'f', "force", NULL, "detach without asking the guest"},
    {'t', "timeout", "SECONDS", "how long the guest has to let go, or a reconnection may take (10 by default)"},
    COMMAND_OPTIONS_END,
};

static void write_device(struct pv_json_writer *writer, const struct device_kind *kind,
                         const struct pv_attached *device, const char *domain)
{
    pv_json_open(writer, PV_JSON_OBJECT);
    pv_json_member_string(writer, "domain", domain);
    pv_json_member_integer(writer, "domid", device->domid);
    pv_json_member_integer(writer, "number", device->number);
    pv_json_member_integer(writer, "backend_domid", device->backend);
    kind->write(writer, device);
    pv_json_member_string(writer, "state", pv_attached_state(device->state));
    pv_json_member_string(writer, "guest_state", pv_attached_state(device->guest_state));
    if (device->backend_error[0]) {
        pv_json_member_string(writer, "error", device->backend_error);
    }
    if (device->guest_error[0]) {
        pv_json_member_string(writer, "guest_error", device->guest_error);
    }
    pv_json_close(writer, PV_JSON_OBJECT);
}

/* Lists one domain's devices, to the writer where there is one. */
static int list_domain(const struct device_kind *kind, struct pv_host *host, uint16_t domid,
                       struct pv_json_writer *writer, struct pv_error *error)
{
    char *name = pv_domain_name(host, domid);
    struct pv_attached *list;
    size_t count;
    int result = pv_attached_list(host, domid, kind->kind, &list, &count, error);

    for (size_t i = 0; result == 0 && i < count; i++) {
        if (writer) {
            write_device(writer, kind, &list[i], name ? name : "");
            continue;
        }
        kind->print(&list[i], name ? name : "-");
        if (list[i].backend_error[0] || list[i].guest_error[0]) {
            printf("    %s%s%s\n", list[i].backend_error, list[i].backend_error[0] ? " " : "", list[i].guest_error);
        }
    }
    pv_attached_free(list, count);
    free(name);
    return result;
}

static int list_domains(const struct device_kind *kind, struct pv_host *host, const char *word,
                        struct pv_json_writer *writer, struct pv_error *error)
{
    struct pv_domain_info *domains = NULL, info;
    size_t count;
    int result;

    if (word) {
        return pv_domain_find(host, word, &info, error) != 0 ? -1
                                                             : list_domain(kind, host, info.domid, writer, error);
    }
    result = pv_sysctl_domains(host->ctx, &domains, &count, error);
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = domains[i].domid == 0 ? 0 : list_domain(kind, host, domains[i].domid, writer, error);
    }
    free(domains);
    return result;
}

static int list(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                struct pv_error *error)
{
    const char *word = invocation->count > 1 ? invocation->arguments[1] : NULL;
    struct pv_json_writer *writer;
    const char *text;
    bool json;
    int result;

    if (option_json(invocation, &json, error) != 0) {
        return -1;
    }
    if (!json) {
        puts(kind->header);
        return list_domains(kind, host, word, NULL, error);
    }
    writer = pv_json_writer_new();
    if (!writer) {
        return pv_error_errno(error, ENOMEM, "writing the list");
    }
    pv_json_open(writer, PV_JSON_ARRAY);
    result = list_domains(kind, host, word, writer, error);
    pv_json_close(writer, PV_JSON_ARRAY);
    text = pv_json_writer_text(writer);
    if (result == 0 && !text) {
        result = pv_error_errno(error, ENOMEM, "writing the list");
    } else if (result == 0) {
        fputs(text, stdout);
    }
    pv_json_writer_free(writer);
    return result;
}

/* The stored configuration of a domain that may be changed; NULL on failure. */
static struct pv_config *load(struct pv_host *host, const struct pv_domain_info *info, struct pv_error *error)
{
    char *name = pv_domain_name(host, info->domid);
    struct pv_config *config = NULL;

    if (info->domid == 0) {
        pv_error_set(error, PV_ERROR_USAGE, "domain 0 has the machine's own devices");
    } else if (!name) {
        pv_error_set(error, PV_ERROR_NO_DOMAIN, "domain %u has no name", info->domid);
    } else if (!(config = pv_store_load(name, error))) {
        pv_error_wrap(error, "the domain was not made by parvis");
    }
    free(name);
    return config;
}

static int attach(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                  const struct pv_domain_info *info, struct pv_error *error)
{
    struct pv_config *config = load(host, info, error);
    const struct pv_list *items;
    int result = -1;

    if (!config) {
        return -1;
    }
    items = kind->key == PV_KEY_DISKS ? &config->disks : &config->networks;
    if (pv_config_add_item(config, kind->key, invocation->arguments + 2, (size_t)invocation->count - 2, error) == 0 &&
        kind->attach(host, info->domid, config, items->count - 1, error) == 0) {
        result = pv_store_save(config, error);
        if (result != 0) {
            pv_error_wrap(error, "the %s is attached, and will be gone after the guest's next reboot", kind->name);
        }
    }
    pv_config_free(config);
    return result;
}

static int find_device(const struct device_kind *kind, struct pv_host *host, uint16_t domid, const char *word,
                       struct pv_attached **list_out, size_t *count, struct pv_error *error)
{
    if (pv_attached_list(host, domid, kind->kind, list_out, count, error) != 0) {
        return -1;
    }
    for (size_t i = 0; i < *count; i++) {
        if (kind->is(&(*list_out)[i], word)) {
            return (int)i;
        }
    }
    return pv_error_set(error, PV_ERROR_USAGE, "the domain has no %s \"%.64s\"", kind->name, word);
}

/* The device does not come back with the guest's next reboot. */
static int forget(const struct device_kind *kind, struct pv_host *host, const struct pv_domain_info *info,
                  const struct pv_attached *device, struct pv_error *error)
{
    struct pv_config *config = load(host, info, error);
    int index = config ? kind->find(config, device) : -1, result = 0;

    if (index >= 0) {
        pv_config_remove_item(config, kind->key, (size_t)index);
        result = pv_store_save(config, error);
    }
    pv_config_free(config);
    return result;
}

/* What is done to a device that is there, within so many milliseconds. */
typedef int device_change(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                          const struct pv_domain_info *info, const struct pv_attached *device, int wait,
                          struct pv_error *error);

static int change_device(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                         const struct pv_domain_info *info, device_change *change, struct pv_error *error)
{
    int wait = option_seconds(invocation, 't', WAIT_DEFAULT_MS, error), index, result;
    const char *word = invocation->arguments[2];
    struct pv_attached *devices = NULL;
    size_t count = 0;

    if (wait < 0) {
        return -1;
    }
    index = find_device(kind, host, info->domid, word, &devices, &count, error);
    result = index < 0 ? -1 : change(kind, invocation, host, info, &devices[index], wait, error);
    if (index >= 0 && result != 0) {
        pv_error_wrap(error, "%s %s (%s)", kind->name, word, devices[index].source);
    }
    pv_attached_free(devices, count);
    return result;
}

static int detach_device(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                         const struct pv_domain_info *info, const struct pv_attached *device, int wait,
                         struct pv_error *error)
{
    int result = pv_detach(host, info->domid, kind->kind, device->number, option_given(invocation, 'f'), wait, error);

    return result == 0 ? forget(kind, host, info, device, error) : result;
}

static int detach(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                  const struct pv_domain_info *info, struct pv_error *error)
{
    return change_device(kind, invocation, host, info, detach_device, error);
}

static int reconnect_device(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                            const struct pv_domain_info *info, const struct pv_attached *device, int wait,
                            struct pv_error *error)
{
    (void)invocation;
    return pv_reconnect(host, info->domid, kind->kind, device->number, wait, error);
}

static int reconnect(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                     const struct pv_domain_info *info, struct pv_error *error)
{
    return change_device(kind, invocation, host, info, reconnect_device, error);
}

/* What changes a device, by its word. */
static const struct {
    const char *action, *arguments;
    bool many;
    int (*run)(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
               const struct pv_domain_info *info, struct pv_error *error);
} changes[] = {
    {"attach", "KEY=VALUE...", true, attach},
    {"detach", "DEVICE", false, detach},
    {"reconnect", "DEVICE", false, reconnect},
};

#define CHANGES (sizeof(changes) / sizeof(changes[0]))

static size_t find_change(const char *action)
{
    size_t index = 0;

    while (index < CHANGES && strcmp(changes[index].action, action) != 0) {
        index++;
    }
    return index;
}

/* One change at a time. */
static int change(const struct device_kind *kind, const struct invocation *invocation, struct pv_host *host,
                  struct pv_error *error)
{
    size_t index = find_change(invocation->arguments[0]);
    struct pv_domain_info info;
    int lock, result;

    if (invocation->count < 3 || (!changes[index].many && invocation->count > 3)) {
        return pv_error_set(error, PV_ERROR_USAGE, "usage: parvis %s %s DOMAIN %s", kind->name,
                            changes[index].action, changes[index].arguments);
    }
    if (pv_domain_find(host, invocation->arguments[1], &info, error) != 0 || (lock = pv_store_lock(error)) < 0) {
        return -1;
    }
    result = changes[index].run(kind, invocation, host, &info, error);
    close(lock);
    return result != 0 ? pv_error_wrap(error, "%s", invocation->arguments[1]) : 0;
}

int device_run(const struct device_kind *kind, const struct invocation *invocation, struct pv_error *error)
{
    const char *action = invocation->arguments[0];
    bool lists = strcmp(action, "list") == 0;
    struct pv_host host;
    int result;

    if (!lists && find_change(action) == CHANGES) {
        return pv_error_set(error, PV_ERROR_USAGE, "\"%.64s\" is none of what parvis %s does; see parvis %s --help",
                            action, kind->name, kind->name);
    }
    if (lists && invocation->count > 2) {
        return pv_error_set(error, PV_ERROR_USAGE, "usage: parvis %s list [DOMAIN]", kind->name);
    }
    if (command_open_host(&host, error) != 0) {
        return -1;
    }
    result = lists ? list(kind, invocation, &host, error) : change(kind, invocation, &host, error);
    pv_host_close(&host);
    return result;
}
