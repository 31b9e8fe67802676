/* SPDX-License-Identifier: MIT */
/* Domains as a person thinks of them: creation from a configuration. */
#include "lib/domain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attach.h"
#include "lib/builder.h"
#include "lib/foreign.h"
#include "lib/memory.h"
#include "lib/nodes.h"
#include "lib/record.h"
#include "lib/store.h"
#include "lib/sysctl.h"

/* Pages that the hypervisor spends on a domain beside its memory: structures, one more set for each vCPU. */
#define OVERHEAD_PAGES      64U
#define OVERHEAD_PAGES_VCPU 16U
/* Xen's toolstack lets a domain hold this much more than its memory, and guests count on it when they
 * balloon. */
#define LIMIT_SLACK_KIB 1024U
/* The domain whose daemons serve the guest's rings. */
#define SERVER_DOMID 0

static void build_init(struct pv_build *build, const struct pv_config *config, const struct pv_boot *boot)
{
    *build = (struct pv_build){
        .kernel_path = boot->kernel,
        .ramdisk_path = boot->ramdisk,
        .command_line = boot->cmdline,
        .pages = config->memory >> PV_PAGE_SHIFT,
        .memory_map_bytes = config->max_memory,
        .ramdisk_fd = -1,
    };
}

/* Finds what is to be booted and prepares the build; says which key of the configuration is to blame when that
 * fails. */
static int prepare(struct pv_build *build, const struct pv_config *config, struct pv_boot *boot,
                   struct pv_error *error)
{
    *build = (struct pv_build){.ramdisk_fd = -1};
    if (pv_boot_find(config, boot, error) != 0) {
        return -1;
    }
    build_init(build, config, boot);
    if (pv_build_prepare(build, error) == 0) {
        return 0;
    }
    if (error->class == PV_ERROR_RESOURCES) {
        return pv_config_wrap(config, PV_KEY_MEMORY, error);
    }
    if (config->bootloader != PV_BOOTLOADER_NONE) {
        pv_error_wrap(error, "%s", boot->name);
        return pv_config_wrap(config, PV_KEY_BOOTLOADER, error);
    }
    return pv_config_wrap(
        config, build->ramdisk_path && build->ramdisk_fd < 0 ? PV_KEY_RAMDISK : PV_KEY_KERNEL, error);
}

static int check_host(const struct pv_config *config, const struct pv_host_info *info, struct pv_error *error)
{
    uint64_t pages =
        (config->memory >> PV_PAGE_SHIFT) + OVERHEAD_PAGES + OVERHEAD_PAGES_VCPU * config->max_vcpus;
    char asked[PV_SIZE_TEXT];

    if (info->grant_version == 0) {
        return pv_error_set(error, PV_ERROR_FAILURE, "the hypervisor offers guests no grant tables");
    }
    if (pages > info->free_pages) {
        return pv_config_fail(config, PV_KEY_MEMORY, PV_ERROR_RESOURCES, error,
                              "%s asked for, and the host has %" PRIu64 "M free",
                              pv_size_text(config->memory, asked), info->free_pages >> (20 - PV_PAGE_SHIFT));
    }
    return 0;
}

int pv_domain_plan(struct pv_host *host, const struct pv_config *config, struct pv_domain_plan *plan,
                   struct pv_error *error)
{
    struct pv_host_info info = {0};
    struct pv_build build;
    struct pv_boot boot;
    int result = 0;

    if (host && (pv_sysctl_host(host->ctx, &info, error) != 0 || check_host(config, &info, error) != 0)) {
        return -1;
    }
    result = prepare(&build, config, &boot, error);
    *plan = (struct pv_domain_plan){
        .kernel_from_cache = build.kernel.from_cache,
        .kernel_start = build.layout.virt_base + (build.layout.kernel.first << PV_PAGE_SHIFT),
        .kernel_bytes = build.layout.kernel.count << PV_PAGE_SHIFT,
        .ramdisk_bytes = build.ramdisk_size,
        .start_bytes = build.layout.end << PV_PAGE_SHIFT,
        .free_bytes = info.free_pages << PV_PAGE_SHIFT,
    };
    memcpy(plan->guest_os, build.kernel.notes.guest_os, sizeof(plan->guest_os));
    memcpy(plan->guest_version, build.kernel.notes.guest_version, sizeof(plan->guest_version));
    memcpy(plan->kernel_name, boot.name, sizeof(plan->kernel_name));
    memcpy(plan->cmdline, boot.cmdline, sizeof(plan->cmdline));
    pv_build_close(&build);
    pv_boot_close(&boot);
    return result;
}

/* Makes the empty domain with its vCPUs, limits and ports. */
static int make_shell(struct pv_host *host, const struct pv_config *config, struct pv_build *build,
                      struct pv_error *error)
{
    uint16_t domid = build->domid;

    if (pv_domctl_max_vcpus(host->ctx, domid, (unsigned int)config->max_vcpus, error) != 0 ||
        pv_domctl_max_memory(host->ctx, domid, (config->max_memory >> 10) + LIMIT_SLACK_KIB, error) != 0) {
        return -1;
    }
    if ((config->cpu_weight || config->cpu_cap) &&
        pv_domctl_set_credit(host->ctx, domid, (unsigned int)config->cpu_weight,
                             (unsigned int)config->cpu_cap, error) != 0) {
        return pv_config_wrap(config, config->cpu_weight ? PV_KEY_CPU_WEIGHT : PV_KEY_CPU_CAP, error);
    }
    if (pv_domctl_alloc_port(host->ctx, domid, SERVER_DOMID, &build->store_port, error) != 0) {
        return -1;
    }
    return pv_domctl_alloc_port(host->ctx, domid, SERVER_DOMID, &build->console_port, error);
}

static int fill_domain(struct pv_host *host, const struct pv_config *config, struct pv_build *build,
                       struct pv_error *error)
{
    struct pv_nodes nodes;

    pv_host_progress(host, "loading the kernel");
    if (pv_build_domain(host->ctx, build, error) != 0) {
        return -1;
    }
    pv_host_progress(host, "telling xenstore");
    nodes = (struct pv_nodes){
        .domid = build->domid,
        .config = config,
        .store_frame = build->store_frame,
        .console_frame = build->console_frame,
        .store_port = build->store_port,
        .console_port = build->console_port,
    };
    return pv_nodes_write(host, &nodes, error);
}

/* Makes and fills the domain; undoes it when that fails. */
static int make_domain(struct pv_host *host, const struct pv_config *config, const struct pv_host_info *info,
                       struct pv_build *build, struct pv_error *error)
{
    struct pv_domain_limits limits = {.max_vcpus = (unsigned int)config->max_vcpus,
                                      .grant_version = info->grant_version,
                                      .grant_frames = (unsigned int)config->max_grant_frames,
                                      .event_channels = (unsigned int)config->max_event_channels};
    struct pv_error ignored;

    memcpy(limits.uuid, config->uuid, sizeof(limits.uuid));
    if (pv_domctl_create(host->ctx, &limits, &build->domid, error) != 0) {
        return -1;
    }
    if (make_shell(host, config, build, error) == 0 && fill_domain(host, config, build, error) == 0 &&
        pv_attach_all(host, build->domid, config, error) == 0 &&
        pv_store_save(config, error) == 0 &&
        pv_record_commit(host, config->name, config->uuid, build->domid, error) == 0) {
        return 0;
    }
    pv_domctl_destroy(host->ctx, build->domid, &ignored);
    pv_nodes_remove(host, build->domid, config->uuid, config->name);
    return -1;
}

int pv_domain_create(struct pv_host *host, const struct pv_config *config, uint16_t *domid,
                     struct pv_error *error)
{
    struct pv_host_info info;
    struct pv_build build = {.ramdisk_fd = -1};
    struct pv_boot boot = {.disk = {.kernel = -1, .ramdisk = -1}};
    int result = -1;

    pv_host_progress(host, "reading the kernel");
    if (pv_sysctl_host(host->ctx, &info, error) == 0 && check_host(config, &info, error) == 0 &&
        prepare(&build, config, &boot, error) == 0) {
        result = pv_record_reserve(host, config->name, config->uuid, error);
        if (result != 0 && error->class == PV_ERROR_NAME_TAKEN) {
            pv_config_wrap(config, PV_KEY_NAME, error);
        } else if (result == 0) {
            result = make_domain(host, config, &info, &build, error);
            if (result != 0) {
                pv_record_cancel(host, config->name);
            }
        }
    }
    *domid = build.domid;
    pv_build_close(&build);
    pv_boot_close(&boot);
    return result;
}
