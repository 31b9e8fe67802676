/* SPDX-License-Identifier: MIT */
/* The host as the hypervisor sees it, through sysctl and xen_version. */
#include "lib/sysctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pvabi/sysctl.h"
#include "pvabi/version.h"
#include "pvabi/xen.h"

/* Domains asked for in one call. */
#define DOMAINS_CHUNK 256
/* Bytes of the log asked for in one call. */
#define LOG_CHUNK (PV_CTX_ARENA / 2)

static int call(struct pv_ctx *ctx, struct xen_sysctl *op, uint32_t command, const char *what,
                struct pv_error *error)
{
    long result;

    op->cmd = command;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    result = pv_hypercall1(ctx, __HYPERVISOR_sysctl, op);
    if (result == -EACCES) {
        return pv_error_set(
            error, PV_ERROR_NO_HOST,
            "the hypervisor speaks another version of the sysctl interface than these tools (0x%x)",
            XEN_SYSCTL_INTERFACE_VERSION);
    }
    if (result < 0) {
        pv_error_errno(error, (int)-result, "%s", what);
        return result == -EPERM ? pv_error_class(error, PV_ERROR_NO_HOST) : -1;
    }
    return 0;
}

static unsigned int newest_grant_version(uint32_t capabilities)
{
    if (capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2) {
        return 2;
    }
    return capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v1 ? 1 : 0;
}

int pv_sysctl_host(struct pv_ctx *ctx, struct pv_host_info *info, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_sysctl *op = pv_ctx_take(ctx, sizeof(*op));
    const struct xen_sysctl_physinfo *raw = &op->u.physinfo;
    int result = call(ctx, op, XEN_SYSCTL_physinfo, "asking about the host", error);

    if (result == 0) {
        *info = (struct pv_host_info){
            .cpus = raw->nr_cpus,
            .threads_per_core = raw->threads_per_core,
            .cores_per_socket = raw->cores_per_socket,
            .nodes = raw->nr_nodes,
            .cpu_khz = raw->cpu_khz,
            .total_pages = raw->total_pages,
            .free_pages = raw->free_pages,
            .scrub_pages = raw->scrub_pages,
            .grant_version = newest_grant_version(raw->capabilities),
        };
        memset(op, 0, sizeof(*op));
        result = call(ctx, op, XEN_SYSCTL_sched_id, "asking for the scheduler", error);
        info->scheduler = op->u.sched_id.sched_id;
    }
    pv_ctx_release(ctx, mark);
    return result;
}

/* Appends the domains of one call from `first` on. Returns how many there were, or -1. */
static long domains_chunk(struct pv_ctx *ctx, uint32_t first, struct pv_domain_info **list, size_t *count,
                          struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_sysctl *op = pv_ctx_take(ctx, sizeof(*op));
    xen_domctl_getdomaininfo_t *raw = pv_ctx_take(ctx, DOMAINS_CHUNK * sizeof(*raw));
    struct pv_domain_info *longer = realloc(*list, (*count + DOMAINS_CHUNK) * sizeof(**list));
    long result;

    if (!longer) {
        pv_ctx_release(ctx, mark);
        return pv_error_errno(error, ENOMEM, "listing domains");
    }
    *list = longer;
    op->u.getdomaininfolist.first_domain = (domid_t)first;
    op->u.getdomaininfolist.max_domains = DOMAINS_CHUNK;
    set_xen_guest_handle(op->u.getdomaininfolist.buffer, raw);
    result = call(ctx, op, XEN_SYSCTL_getdomaininfolist, "listing domains", error);
    if (result == 0) {
        result = op->u.getdomaininfolist.num_domains;
        for (long i = 0; i < result; i++) {
            pv_domain_info_read(&longer[(*count)++], &raw[i]);
        }
    }
    pv_ctx_release(ctx, mark);
    return result;
}

int pv_sysctl_domains(struct pv_ctx *ctx, struct pv_domain_info **list, size_t *count, struct pv_error *error)
{
    long found;

    *list = NULL;
    *count = 0;
    do {
        found = domains_chunk(ctx, *count ? (*list)[*count - 1].domid + 1u : 0, list, count, error);
    } while (found == DOMAINS_CHUNK);
    if (found < 0) {
        free(*list);
        *list = NULL;
        return -1;
    }
    return 0;
}

long pv_sysctl_log(struct pv_ctx *ctx, char *buffer, size_t size, bool all, uint32_t *index,
                   struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_sysctl *op = pv_ctx_take(ctx, sizeof(*op));
    char *text = pv_ctx_take(ctx, LOG_CHUNK);
    struct xen_sysctl_readconsole *read = &op->u.readconsole;
    long result;

    read->incremental = !all;
    read->index = *index;
    read->count = (uint32_t)(size < LOG_CHUNK ? size : LOG_CHUNK);
    set_xen_guest_handle(read->buffer, text);
    result = call(ctx, op, XEN_SYSCTL_readconsole, "reading the hypervisor's log", error);
    if (result == 0) {
        result = read->count;
        *index = read->index;
        memcpy(buffer, text, read->count);
    }
    pv_ctx_release(ctx, mark);
    return result;
}

int pv_sysctl_log_clear(struct pv_ctx *ctx, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_sysctl *op = pv_ctx_take(ctx, sizeof(*op));
    char *text = pv_ctx_take(ctx, LOG_CHUNK);
    int result;

    op->u.readconsole.clear = 1;
    op->u.readconsole.count = LOG_CHUNK;
    set_xen_guest_handle(op->u.readconsole.buffer, text);
    result = call(ctx, op, XEN_SYSCTL_readconsole, "clearing the hypervisor's log", error);
    pv_ctx_release(ctx, mark);
    return result;
}

/* One string of xen_version; what the hypervisor does not tell is empty. */
static void version_string(struct pv_ctx *ctx, unsigned int command, char *text, size_t size)
{
    size_t mark = pv_ctx_mark(ctx);
    char *answer = pv_ctx_take(ctx, size);

    text[0] = '\0';
    if (pv_hypercall2(ctx, __HYPERVISOR_xen_version, command, answer) >= 0) {
        memcpy(text, answer, size);
        text[size - 1] = '\0';
    }
    pv_ctx_release(ctx, mark);
}

int pv_sysctl_version(struct pv_ctx *ctx, struct pv_host_version *version, struct pv_error *error)
{
    size_t mark = pv_ctx_mark(ctx);
    struct xen_compile_info *built = pv_ctx_take(ctx, sizeof(*built));
    long number = pv_hypercall2(ctx, __HYPERVISOR_xen_version, XENVER_version, NULL);

    memset(version, 0, sizeof(*version));
    if (number >= 0 && pv_hypercall2(ctx, __HYPERVISOR_xen_version, XENVER_compile_info, built) >= 0) {
        memcpy(version->compiler, built->compiler, sizeof(version->compiler) - 1);
        memcpy(version->built_by, built->compile_by, sizeof(built->compile_by) - 1);
        memcpy(version->built_on, built->compile_date, sizeof(version->built_on) - 1);
    }
    pv_ctx_release(ctx, mark);
    if (number < 0) {
        return pv_error_errno(error, (int)-number, "asking for the hypervisor's version");
    }
    version->major = (unsigned int)number >> 16;
    version->minor = (unsigned int)number & 0xffff;
    version_string(ctx, XENVER_extraversion, version->extra, sizeof(version->extra));
    version_string(ctx, XENVER_capabilities, version->capabilities, sizeof(version->capabilities));
    version_string(ctx, XENVER_changeset, version->changeset, sizeof(version->changeset));
    version_string(ctx, XENVER_commandline, version->command_line, sizeof(version->command_line));
    return 0;
}
