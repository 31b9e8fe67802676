/* SPDX-License-Identifier: MIT */
/* Domains as a person thinks of them: by name, created from a configuration, ended. */
#ifndef PVTOOLS_DOMAIN_H
#define PVTOOLS_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/boot.h"
#include "lib/config.h"
#include "lib/domctl.h"
#include "lib/host.h"

/* What a creation would do; `parvis create --dry-run` shows it. */
struct pv_domain_plan {
    bool kernel_from_cache;
    uint64_t kernel_start, kernel_bytes, ramdisk_bytes; /* address in the guest; sizes */
    uint64_t start_bytes;                               /* memory that is in use when the kernel starts */
    uint64_t free_bytes;                                /* of the host; 0 where that was not asked */
    char guest_os[64], guest_version[64];
    char kernel_name[PV_BOOTCONF_PATH + 64], cmdline[MAX_GUEST_CMDLINE];
};

/* Checks kernel, ramdisk and layout, and the host's free memory where `host` is given. Changes nothing. */
int pv_domain_plan(struct pv_host *host, const struct pv_config *config, struct pv_domain_plan *plan,
                   struct pv_error *error);

/*
 * Creates a domain, paused, and stores its configuration (lib/store.h). After a failure nothing of it is
 * left. Classes: USAGE for the kernel and the like, NAME_TAKEN, RESOURCES.
 */
int pv_domain_create(struct pv_host *host, const struct pv_config *config, uint16_t *domid,
                     struct pv_error *error);

/*
 * Ends a domain and removes its nodes. The stored configuration goes too where `forget`. With wait_ms >= 0
 * returns when the hypervisor has nothing left of it; class TIMEOUT when that took longer.
 */
int pv_domain_destroy(struct pv_host *host, uint16_t domid, bool forget, int wait_ms, struct pv_error *error);

/* The domain of that name or number. Class NO_DOMAIN. Dying domains have no name any more. */
int pv_domain_find(struct pv_host *host, const char *text, struct pv_domain_info *info,
                   struct pv_error *error);

/* The domain's name, for free(); NULL where it has none. */
char *pv_domain_name(struct pv_host *host, uint16_t domid);

/* Asks the guest to shut down: reason "poweroff", "reboot", "halt". It may take its time, or not listen. */
int pv_domain_ask_shutdown(struct pv_host *host, uint16_t domid, const char *reason, struct pv_error *error);

/*
 * Waits until the domain is gone, or has shut down where `shutdown_counts`. Class TIMEOUT. -1 ms waits for
 * ever.
 */
int pv_domain_wait_end(struct pv_host *host, uint16_t domid, bool shutdown_counts, int wait_ms,
                       struct pv_error *error);

#endif
