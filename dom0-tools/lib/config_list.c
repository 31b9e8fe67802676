/* SPDX-License-Identifier: MIT */
/* Lists in a domain's configuration: reading their items, and what these say together. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/config.h"
#include "lib/json.h"
#include "lib/schema.h"

#define PLACE_SIZE 96

static const struct pv_list *list_of(const struct pv_config *config, enum pv_config_key key)
{
    return (const struct pv_list *)((const char *)config + pv_schema[key].offset);
}

static void *item_of(const struct pv_config *config, enum pv_config_key key, size_t index)
{
    return (char *)list_of(config, key)->items + index * pv_schema[key].list->item_size;
}

int pv_config_wrap_item(const struct pv_config *config, enum pv_config_key key, size_t index, int item_key,
                        struct pv_error *error)
{
    const struct pv_item_place *place = item_of(config, key, index);
    char name[PLACE_SIZE];

    snprintf(name, sizeof(name), "%s[%zu]%s%s", pv_schema[key].key, index, item_key < 0 ? "" : ".",
             item_key < 0 ? "" : pv_schema[key].list->entries[item_key].key);
    if (place->command_line) {
        return pv_error_wrap(error, "command line: %s", name);
    }
    return place->line ? pv_error_wrap(error, "%s:%u: %s", config->file, place->line, name)
                       : pv_error_wrap(error, "%s: %s", config->file, name);
}

static int find_item_key(const struct pv_schema_list *list, const char *name)
{
    for (size_t key = 0; key < list->entry_count; key++) {
        if (strcmp(list->entries[key].key, name) == 0) {
            return (int)key;
        }
    }
    return -1;
}

/* Sets one key of an item; `item_key` is the key that an error is about, -1 for the item itself. */
static int set_item_member(const struct pv_schema_list *list, void *item, const struct pv_json *member,
                           int *item_key, struct pv_error *error)
{
    struct pv_item_place *place = item;
    int key = find_item_key(list, member->key);
    enum pv_json_type wanted = key >= 0 ? pv_schema_json_type(&list->entries[key]) : PV_JSON_STRING;

    *item_key = key;
    place->line = place->command_line ? 0 : member->line;
    if (key < 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "%.100s: there is no such key; parvis.json(5) lists them",
                            member->key);
    }
    if (place->given & UINT32_C(1) << key) {
        return pv_error_set(error, PV_ERROR_USAGE, "is there twice");
    }
    place->given |= UINT32_C(1) << key;
    if (member->type != wanted) {
        return pv_error_set(error, PV_ERROR_USAGE, "must be %s, and is %s", pv_json_type_name(wanted),
                            pv_json_type_name(member->type));
    }
    return pv_schema_set(&list->entries[key], item, pv_json_word(member), error);
}

static int set_item_defaults(const struct pv_schema_list *list, void *item, int *item_key, struct pv_error *error)
{
    const struct pv_item_place *place = item;

    for (size_t key = 0; key < list->entry_count; key++) {
        const struct pv_schema_entry *entry = &list->entries[key];

        *item_key = (int)key;
        if (place->given & UINT32_C(1) << key) {
            continue;
        }
        if (entry->required) {
            return pv_error_set(error, PV_ERROR_USAGE, "is missing");
        }
        if (entry->fallback && pv_schema_set(entry, item, entry->fallback, error) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_item(const struct pv_schema_list *list, void *item, const struct pv_json *json, int *item_key,
                     struct pv_error *error)
{
    struct pv_item_place *place = item;

    *item_key = -1;
    place->line = place->command_line ? 0 : json->line;
    if (json->type != PV_JSON_OBJECT) {
        return pv_error_set(error, PV_ERROR_USAGE, "a %s must be %s, and is %s", list->item,
                            pv_json_type_name(PV_JSON_OBJECT), pv_json_type_name(json->type));
    }
    for (const struct pv_json *member = json->children; member; member = member->next) {
        if (set_item_member(list, item, member, item_key, error) != 0) {
            return -1;
        }
    }
    place->line = place->command_line ? 0 : json->line;
    return set_item_defaults(list, item, item_key, error);
}

int pv_config_read_list(struct pv_config *config, enum pv_config_key key, const struct pv_json *array,
                        struct pv_error *error)
{
    const struct pv_schema_list *list = pv_schema[key].list;
    struct pv_list *items = (struct pv_list *)((char *)config + pv_schema[key].offset);
    size_t count = 0;

    pv_schema_clear(&pv_schema[key], 1, config);
    for (const struct pv_json *json = array->children; json; json = json->next) {
        count++;
    }
    if (count > list->most) {
        return pv_config_fail(config, key, PV_ERROR_USAGE, error, "has %zu items, and %zu are possible", count,
                              list->most);
    }
    items->items = calloc(count + 1, list->item_size);
    if (!items->items) {
        return pv_error_errno(error, ENOMEM, "%s", pv_schema[key].key);
    }
    for (const struct pv_json *json = array->children; json; json = json->next) {
        struct pv_item_place *place = item_of(config, key, items->count++);
        int item_key;

        place->command_line = config->places[key].command_line;
        if (read_item(list, place, json, &item_key, error) != 0) {
            return pv_config_wrap_item(config, key, items->count - 1, item_key, error);
        }
    }
    return 0;
}

/* Says whether one of the first `count` disks has the name, or another that means the same. */
static bool target_taken(const struct pv_config *config, const char *target, size_t count)
{
    uint32_t wanted = 0, number;

    pv_disk_number(target, &wanted);
    for (size_t i = 0; i < count; i++) {
        const char *other = pv_config_disk(config, i)->target;

        if (other && pv_disk_number(other, &number) && number == wanted) {
            return true;
        }
    }
    return false;
}

/* A limit of all requests, and those of reading and writing that follow it, cannot both be. */
static int check_limits(struct pv_config *config, size_t index, enum pv_disk_limit all, struct pv_error *error)
{
    const uint64_t *limits = pv_config_disk(config, index)->limits;

    for (enum pv_disk_limit one = all + 1; limits[all] && one <= all + 2; one++) {
        if (limits[one]) {
            pv_error_set(error, PV_ERROR_USAGE, "cannot be together with %s", pv_limits_key(all));
            return pv_config_wrap_item(config, PV_KEY_DISKS, index, (int)(PV_DISK_RATE + one), error);
        }
    }
    return 0;
}

static int check_disk(struct pv_config *config, size_t index, struct pv_error *error)
{
    struct pv_disk *disk = pv_config_disk(config, index);
    char name[] = "xvda";

    if (disk->backend &&
        (disk->format != PV_FORMAT_RAW || disk->cache != PV_CACHE_NONE || pv_limits_any(disk->limits))) {
        pv_error_set(error, PV_ERROR_USAGE, "format, cache and limits are for the disks that dom0 serves");
        return pv_config_wrap_item(config, PV_KEY_DISKS, index, PV_DISK_BACKEND, error);
    }
    for (size_t other = 0; disk->boot && other < index; other++) {
        if (pv_config_disk(config, other)->boot) {
            pv_error_set(error, PV_ERROR_USAGE, "another disk, %s, is the one to boot from",
                         pv_config_disk(config, other)->target);
            return pv_config_wrap_item(config, PV_KEY_DISKS, index, PV_DISK_BOOT, error);
        }
    }
    if (check_limits(config, index, PV_LIMIT_BYTES, error) != 0 ||
        check_limits(config, index, PV_LIMIT_REQUESTS, error) != 0) {
        return -1;
    }
    if (disk->target && target_taken(config, disk->target, index)) {
        pv_error_set(error, PV_ERROR_USAGE, "another disk is %s too", disk->target);
        return pv_config_wrap_item(config, PV_KEY_DISKS, index, PV_DISK_TARGET, error);
    }
    while (!disk->target && name[3] <= 'z') {
        if (!target_taken(config, name, config->disks.count)) {
            disk->target = strdup(name);
            return disk->target ? 0 : pv_error_errno(error, ENOMEM, "names of disks");
        }
        name[3]++;
    }
    if (!disk->target) {
        pv_error_set(error, PV_ERROR_USAGE, "xvda to xvdz are taken: give it a target");
        return pv_config_wrap_item(config, PV_KEY_DISKS, index, -1, error);
    }
    return 0;
}

/* A hardware address of the range that belongs to Xen's guests. */
static int choose_mac(struct pv_network *network, struct pv_error *error)
{
    static const uint8_t prefix[] = {0x00, 0x16, 0x3e};

    memcpy(network->mac, prefix, sizeof(prefix));
    if (getrandom(network->mac + sizeof(prefix), PV_MAC_SIZE - sizeof(prefix), 0) != PV_MAC_SIZE - sizeof(prefix)) {
        return pv_error_errno(error, errno, "random numbers for a hardware address");
    }
    network->mac[sizeof(prefix)] &= 0x7f;
    network->place.given |= 1U << PV_NETWORK_MAC;
    return 0;
}

static int check_addresses(const char *text, struct pv_error *error)
{
    char copy[256], *rest = copy, *word;
    struct in6_addr address;

    snprintf(copy, sizeof(copy), "%s", text);
    while ((word = strsep(&rest, " "))) {
        if (inet_pton(AF_INET, word, &address) != 1 && inet_pton(AF_INET6, word, &address) != 1) {
            return pv_error_set(error, PV_ERROR_USAGE, "\"%s\" is not an address such as 10.0.0.2 or fd00::2", word);
        }
    }
    return 0;
}

static int check_network(struct pv_config *config, size_t index, struct pv_error *error)
{
    struct pv_network *network = pv_config_network(config, index);

    if (network->bridge[0] == '\0' || strpbrk(network->bridge, "/ :")) {
        pv_error_set(error, PV_ERROR_USAGE, "\"%s\" cannot be the name of a bridge", network->bridge);
        return pv_config_wrap_item(config, PV_KEY_NETWORKS, index, PV_NETWORK_BRIDGE, error);
    }
    if (network->ip && check_addresses(network->ip, error) != 0) {
        return pv_config_wrap_item(config, PV_KEY_NETWORKS, index, PV_NETWORK_IP, error);
    }
    if (!(network->place.given & 1U << PV_NETWORK_MAC)) {
        return choose_mac(network, error);
    }
    for (size_t i = 0; i < index; i++) {
        if (memcmp(pv_config_network(config, i)->mac, network->mac, PV_MAC_SIZE) == 0) {
            pv_error_set(error, PV_ERROR_USAGE, "another network has the same");
            return pv_config_wrap_item(config, PV_KEY_NETWORKS, index, PV_NETWORK_MAC, error);
        }
    }
    return 0;
}

int pv_config_check_lists(struct pv_config *config, struct pv_error *error)
{
    for (size_t i = 0; i < config->disks.count; i++) {
        if (check_disk(config, i, error) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < config->networks.count; i++) {
        if (check_network(config, i, error) != 0) {
            return -1;
        }
    }
    return 0;
}

static int set_word(const struct pv_schema_list *list, void *item, const char *word, int *item_key,
                    struct pv_error *error)
{
    struct pv_item_place *place = item;
    const char *equals = strchr(word, '=');
    char name[64];

    *item_key = -1;
    if (!equals) {
        return pv_error_set(error, PV_ERROR_USAGE, "\"%.100s\" is not key=value", word);
    }
    snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
    *item_key = find_item_key(list, name);
    if (*item_key < 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "%s: there is no such key; parvis.json(5) lists them", name);
    }
    place->given |= UINT32_C(1) << *item_key;
    return pv_schema_set(&list->entries[*item_key], item, equals + 1, error);
}

static int fill_item(struct pv_config *config, enum pv_config_key key, char *const words[], size_t count,
                     int *item_key, struct pv_error *error)
{
    const struct pv_schema_list *list = pv_schema[key].list;
    struct pv_item_place *item = item_of(config, key, list_of(config, key)->count - 1);

    item->command_line = true;
    for (size_t i = 0; i < count; i++) {
        if (set_word(list, item, words[i], item_key, error) != 0) {
            return -1;
        }
    }
    if (set_item_defaults(list, item, item_key, error) != 0) {
        return -1;
    }
    if (key == PV_KEY_DISKS && !((const struct pv_disk *)item)->backend) {
        struct pv_disk *disk = (struct pv_disk *)item;

        *item_key = PV_DISK_SOURCE;
        return pv_disk_is_remote(disk) ? 0 : pv_config_absolute_path(config, true, &disk->source, error);
    }
    return 0;
}

int pv_config_add_item(struct pv_config *config, enum pv_config_key key, char *const words[], size_t count,
                       struct pv_error *error)
{
    const struct pv_schema_list *list = pv_schema[key].list;
    struct pv_list *items = (struct pv_list *)((char *)config + pv_schema[key].offset);
    void *larger;
    int item_key = -1;

    if (items->count >= list->most) {
        return pv_error_set(error, PV_ERROR_USAGE, "%s: %zu are possible", pv_schema[key].key, list->most);
    }
    larger = realloc(items->items, (items->count + 1) * list->item_size);
    if (!larger) {
        return pv_error_errno(error, ENOMEM, "%s", pv_schema[key].key);
    }
    items->items = larger;
    memset((char *)larger + items->count++ * list->item_size, 0, list->item_size);
    if (fill_item(config, key, words, count, &item_key, error) != 0) {
        pv_config_wrap_item(config, key, items->count - 1, item_key, error);
    } else if (pv_config_check_lists(config, error) == 0) {
        return 0;
    }
    pv_config_remove_item(config, key, items->count - 1);
    return -1;
}

void pv_config_remove_item(struct pv_config *config, enum pv_config_key key, size_t index)
{
    const struct pv_schema_list *list = pv_schema[key].list;
    struct pv_list *items = (struct pv_list *)((char *)config + pv_schema[key].offset);
    char *item = item_of(config, key, index);

    pv_schema_clear(list->entries, list->entry_count, item);
    items->count--;
    memmove(item, item + list->item_size, (items->count - index) * list->item_size);
}
