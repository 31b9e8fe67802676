/* SPDX-License-Identifier: MIT */
/* The host as the hypervisor sees it: its memory and CPUs, the list of domains, the log, the version. */
#ifndef PVTOOLS_SYSCTL_H
#define PVTOOLS_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/domctl.h"

struct pv_host_info {
    unsigned int cpus, threads_per_core, cores_per_socket, nodes;
    unsigned int cpu_khz;
    uint64_t total_pages, free_pages, scrub_pages;
    unsigned int grant_version; /* the newest that guests may use; 0 for none */
    unsigned int scheduler;     /* XEN_SCHEDULER_* */
};

struct pv_host_version {
    unsigned int major, minor;
    char extra[16], capabilities[1024], changeset[64], command_line[1024];
    char compiler[64], built_by[32], built_on[32];
};

int pv_sysctl_host(struct pv_ctx *ctx, struct pv_host_info *info, struct pv_error *error);

/* All domains by rising number, the dying ones too. *list is for free(). */
int pv_sysctl_domains(struct pv_ctx *ctx, struct pv_domain_info **list, size_t *count,
                      struct pv_error *error);

/*
 * Reads the hypervisor's log from *index on, or all that it still has where `all`. At most `size` bytes go to
 * `buffer`; *index moves behind them. Returns their count, 0 at the end, or -1.
 */
long pv_sysctl_log(struct pv_ctx *ctx, char *buffer, size_t size, bool all, uint32_t *index,
                   struct pv_error *error);

/* Empties the hypervisor's log. */
int pv_sysctl_log_clear(struct pv_ctx *ctx, struct pv_error *error);

/* What the hypervisor is and how it was built and started. */
int pv_sysctl_version(struct pv_ctx *ctx, struct pv_host_version *version, struct pv_error *error);

#endif
