/* SPDX-License-Identifier: MIT */
/* Control of one domain through domctl. */
#ifndef PVTOOLS_DOMCTL_H
#define PVTOOLS_DOMCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hypercall.h"

#define PV_UUID_SIZE 16

enum pv_shutdown_code {
    PV_SHUTDOWN_POWEROFF = 0,
    PV_SHUTDOWN_REBOOT = 1,
    PV_SHUTDOWN_SUSPEND = 2,
    PV_SHUTDOWN_CRASH = 3,
    PV_SHUTDOWN_WATCHDOG = 4,
};

/* What the hypervisor says of a domain. */
struct pv_domain_info {
    uint16_t domid;
    bool dying, shutdown, paused, blocked, running;
    unsigned int shutdown_code; /* pv_shutdown_code, where `shutdown` */
    uint64_t pages, max_pages, shared_info_frame;
    uint64_t cpu_time; /* nanoseconds */
    unsigned int vcpus_online, max_vcpu_id;
    uint32_t pool;
    uint8_t uuid[PV_UUID_SIZE];
};

/* Reads the ABI's structure into ours; getdomaininfolist gives the same one. */
struct xen_domctl_getdomaininfo;
void pv_domain_info_read(struct pv_domain_info *info, const struct xen_domctl_getdomaininfo *raw);

struct pv_domain_limits {
    uint8_t uuid[PV_UUID_SIZE];
    unsigned int max_vcpus;
    unsigned int grant_version; /* 0, 1 or 2 */
    unsigned int grant_frames;  /* 0: the hypervisor's default */
    unsigned int event_channels;
};

/* Makes an empty domain, paused once; *domid gets its number. */
int pv_domctl_create(struct pv_ctx *ctx, const struct pv_domain_limits *limits, uint16_t *domid,
                     struct pv_error *error);

/* Gives the domain its vCPUs, all of those that it may ever have. */
int pv_domctl_max_vcpus(struct pv_ctx *ctx, uint16_t domid, unsigned int count, struct pv_error *error);

/* Ends the domain and gives its memory back. Pages that other domains map are freed when those let go. */
int pv_domctl_destroy(struct pv_ctx *ctx, uint16_t domid, struct pv_error *error);

int pv_domctl_pause(struct pv_ctx *ctx, uint16_t domid, struct pv_error *error);
int pv_domctl_unpause(struct pv_ctx *ctx, uint16_t domid, struct pv_error *error);

/* How many KiB the domain may hold at most. */
int pv_domctl_max_memory(struct pv_ctx *ctx, uint16_t domid, uint64_t kib, struct pv_error *error);

/* Class NO_DOMAIN when there is none. */
int pv_domctl_info(struct pv_ctx *ctx, uint16_t domid, struct pv_domain_info *info, struct pv_error *error);

/* Sets weight and cap of the domain in a credit scheduler; 0 as weight leaves the weight. */
int pv_domctl_set_credit(struct pv_ctx *ctx, uint16_t domid, unsigned int weight, unsigned int cap,
                         struct pv_error *error);

/* A vCPU's first state. `context` is a struct vcpu_guest_context; it is copied. */
struct vcpu_guest_context;
int pv_domctl_set_vcpu(struct pv_ctx *ctx, uint16_t domid, unsigned int vcpu,
                       const struct vcpu_guest_context *context, struct pv_error *error);

/* Lets the hypervisor fill a frame of the domain with the stubs that a guest calls it by. */
int pv_domctl_hypercall_page(struct pv_ctx *ctx, uint16_t domid, uint64_t frame, struct pv_error *error);

/* Makes an unbound port in the domain that only domain `remote` may bind. */
int pv_domctl_alloc_port(struct pv_ctx *ctx, uint16_t domid, uint16_t remote, uint32_t *port,
                         struct pv_error *error);

#endif
