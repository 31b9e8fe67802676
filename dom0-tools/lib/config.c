/* SPDX-License-Identifier: MIT */
/* Reading a domain's configuration by the table of lib/schema.c, and checking what keys say together. */
#include "lib/config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/json.h"
#include "lib/schema.h"

/* What Xen's own tools allow a guest, and what a guest needs beside its devices. */
#define CHANNELS_LEAST 1024
#define CHANNELS_FIXED 64
#define CHANNELS_VCPU  8
/* What Linux's frontends use: queues, one for each vCPU up to these, and grants of a queue. A disk's ring has 32
 * entries of up to 32 pages each and a page that lists them. */
#define DISK_QUEUES        4
#define DISK_GRANTS        (UINT64_C(1) + 32 * (32 + 1))
#define NETWORK_QUEUES     8
#define NETWORK_GRANTS     (UINT64_C(2) + 2 * 256)
#define GRANTS_FRAME       512
#define GRANT_FRAMES_LEAST 64
#define GRANT_FRAMES_SPARE 16 /* for what is attached later */

int pv_config_wrap(const struct pv_config *config, enum pv_config_key key, struct pv_error *error)
{
    const struct pv_config_place *place = &config->places[key];

    if (place->command_line) {
        return pv_error_wrap(error, "command line: %s", pv_schema[key].key);
    }
    if (place->line != 0) {
        return pv_error_wrap(error, "%s:%u: %s", config->file, place->line, pv_schema[key].key);
    }
    return pv_error_wrap(error, "%s: %s", config->file, pv_schema[key].key);
}

int pv_config_fail(const struct pv_config *config, enum pv_config_key key, enum pv_error_class class,
                   struct pv_error *error, const char *format, ...)
{
    char message[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    pv_error_set(error, class, "%s", message);
    return pv_config_wrap(config, key, error);
}

static int find_key(const char *name, size_t length)
{
    for (int key = 0; key < PV_KEY_COUNT; key++) {
        if (strlen(pv_schema[key].key) == length && strncmp(pv_schema[key].key, name, length) == 0) {
            return key;
        }
    }
    return -1;
}

static int set_member(struct pv_config *config, const struct pv_json *member, struct pv_error *error)
{
    int key = find_key(member->key, strlen(member->key));
    const struct pv_schema_entry *entry = &pv_schema[key < 0 ? 0 : key];

    if (key < 0) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "%s:%u: %.100s: there is no such key; parvis.json(5) lists them", config->file,
                            member->line, member->key);
    }
    if (config->places[key].given) {
        return pv_error_set(error, PV_ERROR_USAGE, "%s:%u: %s: is there twice, first in line %u",
                            config->file, member->line, member->key, config->places[key].line);
    }
    config->places[key] = (struct pv_config_place){.given = true, .line = member->line};
    if (member->type != pv_schema_json_type(entry)) {
        return pv_config_fail(config, (enum pv_config_key)key, PV_ERROR_USAGE, error,
                              "must be %s%s, and is %s", pv_json_type_name(pv_schema_json_type(entry)),
                              entry->type == PV_TYPE_SIZE ? " with its unit, such as \"512M\"" : "",
                              pv_json_type_name(member->type));
    }
    if (entry->type == PV_TYPE_LIST) {
        return pv_config_read_list(config, (enum pv_config_key)key, member, error);
    }
    if (pv_schema_set(entry, config, pv_json_word(member), error) != 0) {
        return pv_config_wrap(config, (enum pv_config_key)key, error);
    }
    return 0;
}

/* A list on the command line is written as JSON, and takes the place of the file's. */
static int override_list(struct pv_config *config, enum pv_config_key key, const char *text, struct pv_error *error)
{
    struct pv_json *json = pv_json_parse("command line", text, strlen(text), error);
    int result = -1;

    if (json && json->type != PV_JSON_ARRAY) {
        pv_config_fail(config, key, PV_ERROR_USAGE, error, "must be %s, and is %s",
                       pv_json_type_name(PV_JSON_ARRAY), pv_json_type_name(json->type));
    } else if (json) {
        result = pv_config_read_list(config, key, json, error);
    }
    pv_json_free(json);
    return result;
}

static int set_override(struct pv_config *config, const char *text, struct pv_error *error)
{
    const char *equals = strchr(text, '=');
    int key = equals ? find_key(text, (size_t)(equals - text)) : -1;

    if (!equals) {
        return pv_error_set(error, PV_ERROR_USAGE, "command line: \"%.100s\" is not key=value", text);
    }
    if (key < 0) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "command line: %.*s: there is no such key; parvis.json(5) lists "
                            "them",
                            (int)(equals - text < 100 ? equals - text : 100), text);
    }
    config->places[key] = (struct pv_config_place){.given = true, .command_line = true};
    if (pv_schema[key].type == PV_TYPE_LIST) {
        return override_list(config, (enum pv_config_key)key, equals + 1, error);
    }
    if (pv_schema_set(&pv_schema[key], config, equals + 1, error) != 0) {
        return pv_config_wrap(config, (enum pv_config_key)key, error);
    }
    return 0;
}

/* Enough for Linux: some for each vCPU, and of a device one or two for each queue, of which there are as many as
 * vCPUs. */
static uint64_t event_channels(const struct pv_config *config)
{
    uint64_t queues = config->disks.count + 2 * config->networks.count;
    uint64_t need = CHANNELS_FIXED + config->max_vcpus * (CHANNELS_VCPU + queues);

    return need > CHANNELS_LEAST ? need : CHANNELS_LEAST;
}

/* Enough for Linux: of a disk's queue its ring, and all that its requests may point to, which it keeps granted; of a
 * network's both rings and a page for each of their entries. */
static uint64_t grant_frames(const struct pv_config *config)
{
    uint64_t vcpus = config->max_vcpus;
    uint64_t grants = config->disks.count * (vcpus < DISK_QUEUES ? vcpus : DISK_QUEUES) * DISK_GRANTS +
                      config->networks.count * (vcpus < NETWORK_QUEUES ? vcpus : NETWORK_QUEUES) * NETWORK_GRANTS;
    uint64_t need = GRANT_FRAMES_SPARE + (grants + GRANTS_FRAME - 1) / GRANTS_FRAME;
    uint64_t most = pv_schema[PV_KEY_MAX_GRANT_FRAMES].most;

    return need < GRANT_FRAMES_LEAST ? GRANT_FRAMES_LEAST : need < most ? need : most;
}

static int set_defaults(struct pv_config *config, struct pv_error *error)
{
    for (int key = 0; key < PV_KEY_COUNT; key++) {
        const struct pv_schema_entry *entry = &pv_schema[key];

        if (config->places[key].given) {
            continue;
        }
        if (entry->required) {
            return pv_error_set(error, PV_ERROR_USAGE, "%s: %s: is missing", config->file, entry->key);
        }
        if (entry->fallback && pv_schema_set(entry, config, entry->fallback, error) != 0) {
            return pv_config_wrap(config, (enum pv_config_key)key, error);
        }
    }
    if (!config->places[PV_KEY_MAX_MEMORY].given) {
        config->max_memory = config->memory;
    }
    if (!config->places[PV_KEY_MAX_VCPUS].given) {
        config->max_vcpus = config->vcpus;
    }
    if (!config->places[PV_KEY_MAX_EVENT_CHANNELS].given) {
        config->max_event_channels = event_channels(config);
    }
    if (!config->places[PV_KEY_MAX_GRANT_FRAMES].given) {
        config->max_grant_frames = grant_frames(config);
    }
    if (!config->places[PV_KEY_UUID].given) {
        if (getrandom(config->uuid, sizeof(config->uuid), 0) != sizeof(config->uuid)) {
            return pv_error_errno(error, errno, "random numbers for the uuid");
        }
        config->uuid[6] = (config->uuid[6] & 0x0f) | 0x40; /* version 4, random */
        config->uuid[8] = (config->uuid[8] & 0x3f) | 0x80; /* the variant of RFC 4122 */
    }
    return 0;
}

/* The kernel comes from one place. */
static int check_kernel(const struct pv_config *config, struct pv_error *error)
{
    if (config->bootloader == PV_BOOTLOADER_NONE) {
        return config->kernel ? 0 : pv_error_set(error, PV_ERROR_USAGE, "%s: kernel: is missing", config->file);
    }
    if (config->kernel || config->ramdisk) {
        return pv_config_fail(config, config->kernel ? PV_KEY_KERNEL : PV_KEY_RAMDISK, PV_ERROR_USAGE, error,
                              "the bootloader takes it from the disk, so it cannot be given");
    }
    if (config->disks.count == 0) {
        return pv_config_fail(config, PV_KEY_BOOTLOADER, PV_ERROR_USAGE, error, "there is no disk to boot from");
    }
    return 0;
}

static int check_together(const struct pv_config *config, struct pv_error *error)
{
    char memory[PV_SIZE_TEXT], most[PV_SIZE_TEXT];

    if (check_kernel(config, error) != 0) {
        return -1;
    }
    if (config->max_memory < config->memory) {
        return pv_config_fail(config, PV_KEY_MAX_MEMORY, PV_ERROR_USAGE, error,
                              "%s is less than memory, which is %s", pv_size_text(config->max_memory, most),
                              pv_size_text(config->memory, memory));
    }
    if (config->max_vcpus < config->vcpus) {
        return pv_config_fail(config, PV_KEY_MAX_VCPUS, PV_ERROR_USAGE, error,
                              "%" PRIu64 " is less than vcpus, which is %" PRIu64, config->max_vcpus,
                              config->vcpus);
    }
    return 0;
}

static int fill(struct pv_config *config, const struct pv_json *json, char *const overrides[], size_t count,
                struct pv_error *error)
{
    if (json->type != PV_JSON_OBJECT) {
        return pv_error_set(error, PV_ERROR_USAGE,
                            "%s:%u: the configuration must be an object, { ... }, and is %s", config->file,
                            json->line, pv_json_type_name(json->type));
    }
    for (const struct pv_json *member = json->children; member; member = member->next) {
        if (set_member(config, member, error) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (set_override(config, overrides[i], error) != 0) {
            return -1;
        }
    }
    return set_defaults(config, error) != 0 || check_together(config, error) != 0
               ? -1
               : pv_config_check_lists(config, error);
}

static struct pv_config *from_json(const char *name, struct pv_json *json, char *const overrides[],
                                   size_t count, struct pv_error *error)
{
    struct pv_config *config = json ? calloc(1, sizeof(*config)) : NULL;

    if (config) {
        config->file = strdup(name);
    }
    if (!json) {
        return NULL;
    }
    if (!config || !config->file) {
        pv_error_errno(error, ENOMEM, "%s", name);
    } else if (fill(config, json, overrides, count, error) == 0) {
        pv_json_free(json);
        return config;
    }
    pv_json_free(json);
    pv_config_free(config);
    return NULL;
}

struct pv_config *pv_config_parse(const char *name, const char *text, size_t size, char *const overrides[],
                                  size_t count, struct pv_error *error)
{
    return from_json(name, pv_json_parse(name, text, size, error), overrides, count, error);
}

int pv_config_absolute_path(const struct pv_config *config, bool command_line, char **path, struct pv_error *error)
{
    char base[PATH_MAX] = "", joined[2 * PATH_MAX];
    char *slash = strrchr(config->file, '/');

    if ((*path)[0] != '/') {
        bool beside = !command_line && slash;
        int folder = beside ? (int)(slash - config->file) : 0;

        if ((!beside || config->file[0] != '/') && !getcwd(base, sizeof(base))) {
            return pv_error_errno(error, errno, "the current folder");
        }
        snprintf(joined, sizeof(joined), "%s%s%.*s/%s", base, beside && base[0] ? "/" : "", folder,
                 config->file, *path);
        free(*path);
        *path = strdup(joined);
        if (!*path) {
            return pv_error_errno(error, ENOMEM, "no memory");
        }
    }
    if (access(*path, R_OK) != 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "%.300s: %s", *path, strerror(errno));
    }
    return 0;
}

static int absolute_paths(struct pv_config *config, struct pv_error *error)
{
    static const enum pv_config_key keys[] = {PV_KEY_KERNEL, PV_KEY_RAMDISK};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char **path = (char **)((char *)config + pv_schema[keys[i]].offset);

        if (*path && pv_config_absolute_path(config, config->places[keys[i]].command_line, path, error) != 0) {
            return pv_config_wrap(config, keys[i], error);
        }
    }
    for (size_t i = 0; i < config->disks.count; i++) {
        struct pv_disk *disk = pv_config_disk(config, i);

        if (!disk->backend && !pv_disk_is_remote(disk) &&
            pv_config_absolute_path(config, disk->place.command_line, &disk->source, error) != 0) {
            return pv_config_wrap_item(config, PV_KEY_DISKS, i, PV_DISK_SOURCE, error);
        }
    }
    return 0;
}

struct pv_config *pv_config_load(const char *path, struct pv_error *error)
{
    return from_json(path, pv_json_read(path, error), NULL, 0, error);
}

struct pv_config *pv_config_read(const char *path, char *const overrides[], size_t count,
                                 struct pv_error *error)
{
    struct pv_config *config = from_json(path, pv_json_read(path, error), overrides, count, error);

    if (config && absolute_paths(config, error) != 0) {
        pv_config_free(config);
        config = NULL;
    }
    return config;
}

void pv_config_free(struct pv_config *config)
{
    if (config) {
        free(config->file);
        pv_schema_clear(pv_schema, PV_KEY_COUNT, config);
        free(config);
    }
}

static void write_list(struct pv_json_writer *writer, const struct pv_schema_list *list, const struct pv_list *items);

static void write_value(struct pv_json_writer *writer, const struct pv_schema_entry *entry, const char *field)
{
    char text[PV_UUID_TEXT];

    switch (entry->type) {
    case PV_TYPE_NAME:
    case PV_TYPE_TEXT:
    case PV_TYPE_PATH:
    case PV_TYPE_TARGET:
    case PV_TYPE_VLANS:
        pv_json_string(writer, *(char *const *)field);
        break;
    case PV_TYPE_SIZE:
        pv_json_string(writer, pv_size_text(*(const uint64_t *)field, text));
        break;
    case PV_TYPE_INTEGER:
        pv_json_integer(writer, (long long)*(const uint64_t *)field);
        break;
    case PV_TYPE_CHOICE:
        pv_json_string(writer, entry->choices[*(const uint64_t *)field]);
        break;
    case PV_TYPE_BOOL:
        pv_json_bool(writer, *(const uint64_t *)field != 0);
        break;
    case PV_TYPE_UUID:
        pv_uuid_text((const uint8_t *)field, text);
        pv_json_string(writer, text);
        break;
    case PV_TYPE_MAC:
        pv_mac_text((const uint8_t *)field, text);
        pv_json_string(writer, text);
        break;
    case PV_TYPE_RATE:
        pv_json_string(writer, pv_rate_text(*(const uint64_t *)field, text));
        break;
    case PV_TYPE_LIST:
        write_list(writer, entry->list, (const struct pv_list *)field);
        break;
    }
}

/* What has no value is left out: a missing ramdisk, a weight that the scheduler chooses, an empty list. */
static bool has_value(const struct pv_schema_entry *entry, const char *field)
{
    switch (entry->type) {
    case PV_TYPE_NAME:
    case PV_TYPE_TEXT:
    case PV_TYPE_PATH:
    case PV_TYPE_TARGET:
    case PV_TYPE_VLANS:
        return *(char *const *)field != NULL;
    case PV_TYPE_LIST:
        return ((const struct pv_list *)field)->count != 0;
    case PV_TYPE_BOOL:
        return *(const uint64_t *)field != 0;
    case PV_TYPE_INTEGER:
    case PV_TYPE_RATE:
        return *(const uint64_t *)field >= entry->least;
    default:
        return true;
    }
}

static void write_object(struct pv_json_writer *writer, const struct pv_schema_entry *entries, size_t count,
                         const void *object)
{
    pv_json_open(writer, PV_JSON_OBJECT);
    for (size_t key = 0; key < count; key++) {
        const char *field = (const char *)object + entries[key].offset;

        if (has_value(&entries[key], field)) {
            pv_json_key(writer, entries[key].key);
            write_value(writer, &entries[key], field);
        }
    }
    pv_json_close(writer, PV_JSON_OBJECT);
}

static void write_list(struct pv_json_writer *writer, const struct pv_schema_list *list, const struct pv_list *items)
{
    pv_json_open(writer, PV_JSON_ARRAY);
    for (size_t i = 0; i < items->count; i++) {
        write_object(writer, list->entries, list->entry_count, (const char *)items->items + i * list->item_size);
    }
    pv_json_close(writer, PV_JSON_ARRAY);
}

char *pv_config_text(const struct pv_config *config)
{
    struct pv_json_writer *writer = pv_json_writer_new();
    struct pv_config given = *config;
    const char *text;
    char *copy;

    if (!writer) {
        return NULL;
    }
    /* What follows from the devices is left out, so that it follows anew when there are others. */
    given.max_grant_frames = config->places[PV_KEY_MAX_GRANT_FRAMES].given ? config->max_grant_frames : 0;
    given.max_event_channels = config->places[PV_KEY_MAX_EVENT_CHANNELS].given ? config->max_event_channels : 0;
    write_object(writer, pv_schema, PV_KEY_COUNT, &given);
    text = pv_json_writer_text(writer);
    copy = text ? strdup(text) : NULL;
    pv_json_writer_free(writer);
    return copy;
}
