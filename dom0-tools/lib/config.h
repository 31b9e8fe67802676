/* SPDX-License-Identifier: MIT */
/* A domain's configuration: one table of keys that parses, checks, prints and documents it. */
#ifndef PVTOOLS_CONFIG_H
#define PVTOOLS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/device.h"
#include "lib/error.h"

enum pv_bootloader { PV_BOOTLOADER_NONE, PV_BOOTLOADER_EXTRACT };
enum pv_action { PV_ACTION_DESTROY, PV_ACTION_RESTART, PV_ACTION_PRESERVE };

enum pv_config_key {
    PV_KEY_NAME,
    PV_KEY_UUID,
    PV_KEY_KERNEL,
    PV_KEY_BOOTLOADER,
    PV_KEY_RAMDISK,
    PV_KEY_CMDLINE,
    PV_KEY_MEMORY,
    PV_KEY_MAX_MEMORY,
    PV_KEY_VCPUS,
    PV_KEY_MAX_VCPUS,
    PV_KEY_CPU_WEIGHT,
    PV_KEY_CPU_CAP,
    PV_KEY_ON_POWEROFF,
    PV_KEY_ON_REBOOT,
    PV_KEY_ON_CRASH,
    PV_KEY_MAX_GRANT_FRAMES,
    PV_KEY_MAX_EVENT_CHANNELS,
    PV_KEY_DISKS,
    PV_KEY_NETWORKS,
    PV_KEY_COUNT
};

/* Where a key's value came from, for errors. */
struct pv_config_place {
    bool given, command_line;
    unsigned int line;
};

struct pv_config {
    char *file;
    char *name, *kernel, *ramdisk, *cmdline; /* paths are absolute; NULL: no ramdisk, a kernel by the bootloader */
    uint64_t bootloader; /* enum pv_bootloader */
    uint8_t uuid[16];
    uint64_t memory, max_memory; /* bytes, whole pages */
    uint64_t vcpus, max_vcpus;
    uint64_t cpu_weight, cpu_cap;              /* 0: the scheduler's default weight, no cap */
    uint64_t on_poweroff, on_reboot, on_crash; /* enum pv_action */
    uint64_t max_grant_frames, max_event_channels;
    struct pv_list disks, networks;            /* of struct pv_disk and struct pv_network */
    struct pv_config_place places[PV_KEY_COUNT];
};

/*
 * Reads a configuration, puts the `count` overrides "key=value" over it, checks all, and fills in defaults (a
 * random uuid among them). Errors name the file, the line and the key, class USAGE. The result is for
 * pv_config_free.
 */
struct pv_config *pv_config_read(const char *path, char *const overrides[], size_t count,
                                 struct pv_error *error);

/* The same for a configuration whose files were checked before and need not be there any more. */
struct pv_config *pv_config_load(const char *path, struct pv_error *error);

/* The same for a text in memory; `name` stands for the path in errors, relative paths are left as they are.
 */
struct pv_config *pv_config_parse(const char *name, const char *text, size_t size, char *const overrides[],
                                  size_t count, struct pv_error *error);

void pv_config_free(struct pv_config *config);

/* Sets an error of this key: "FILE:LINE: KEY: MESSAGE". Returns -1. */
int pv_config_fail(const struct pv_config *config, enum pv_config_key key, enum pv_error_class class,
                   struct pv_error *error, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The items of the lists. */
static inline struct pv_disk *pv_config_disk(const struct pv_config *config, size_t index)
{
    return (struct pv_disk *)config->disks.items + index;
}

static inline struct pv_network *pv_config_network(const struct pv_config *config, size_t index)
{
    return (struct pv_network *)config->networks.items + index;
}

/* Puts "FILE:LINE: KEY: " in front of an error. Returns -1. */
int pv_config_wrap(const struct pv_config *config, enum pv_config_key key, struct pv_error *error);

/* The same for an item of a list: "FILE:LINE: disks[0].source: ", where `item_key` is the item's key or -1. */
int pv_config_wrap_item(const struct pv_config *config, enum pv_config_key key, size_t index, int item_key,
                        struct pv_error *error);

/* Reads a list's items from a JSON array (lib/config_list.c). Defaults that depend on other items are not set. */
struct pv_json;
int pv_config_read_list(struct pv_config *config, enum pv_config_key key, const struct pv_json *array,
                        struct pv_error *error);

/*
 * Adds an item from words "key=value", as if it had stood last in the configuration; paths become absolute. After a
 * failure the list is as it was. pv_config_remove_item takes one away.
 */
int pv_config_add_item(struct pv_config *config, enum pv_config_key key, char *const words[], size_t count,
                       struct pv_error *error);
void pv_config_remove_item(struct pv_config *config, enum pv_config_key key, size_t index);

/* Makes a path absolute: from the configuration's folder, or from here when it was given on the command line. Fails
 * where the file cannot be read. */
int pv_config_absolute_path(const struct pv_config *config, bool command_line, char **path, struct pv_error *error);

/* Sets what items leave open (names of disks, hardware addresses) and checks what they say together. */
int pv_config_check_lists(struct pv_config *config, struct pv_error *error);

/* The whole configuration as JSON that pv_config_read takes. NULL when memory ran out; for free(). */
char *pv_config_text(const struct pv_config *config);

/* "destroy", "restart" or "preserve". */
const char *pv_action_name(uint64_t action);

/* 36 characters and a NUL. */
#define PV_UUID_TEXT 37
void pv_uuid_text(const uint8_t uuid[16], char text[PV_UUID_TEXT]);
bool pv_uuid_parse(const char *text, uint8_t uuid[16]);

/* "512M" and the like; false where it is no such text or does not fit. */
bool pv_size_parse(const char *text, uint64_t *bytes);
/* The shortest such text without loss, in `text` of 32 bytes. Returns text. */
#define PV_SIZE_TEXT 32
char *pv_size_text(uint64_t bytes, char text[PV_SIZE_TEXT]);

#endif
