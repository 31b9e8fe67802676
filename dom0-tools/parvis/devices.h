/* SPDX-License-Identifier: MIT */
/* What `parvis disk` and `parvis network` have in common. */
#ifndef PARVIS_DEVICES_H
#define PARVIS_DEVICES_H

#include "lib/attach.h"
#include "parvis/command.h"

struct pv_json_writer;

/* A kind of device, as these commands see it. */
struct device_kind {
    const char *name;      /* "disk", for messages */
    const char *kind;      /* "vbd", in xenstore */
    enum pv_config_key key;
    const char *header;    /* of the list */
    int (*attach)(struct pv_host *host, uint16_t domid, const struct pv_config *config, size_t index,
                  struct pv_error *error);
    /* Says whether a person's word means the device. */
    bool (*is)(const struct pv_attached *device, const char *word);
    /* The index in a configuration of what is attached, or -1. */
    int (*find)(const struct pv_config *config, const struct pv_attached *device);
    void (*print)(const struct pv_attached *device, const char *domain);
    void (*write)(struct pv_json_writer *writer, const struct pv_attached *device);
};

extern const struct command_option device_options[];

/* Runs list, attach, detach and reconnect; the first argument says which. */
int device_run(const struct device_kind *kind, const struct invocation *invocation, struct pv_error *error);

#endif
