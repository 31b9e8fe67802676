/* SPDX-License-Identifier: MIT */
/* Domains as a person thinks of them: finding, shutting down, destroying, waiting. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/domain.h"
#include "lib/nodes.h"
#include "lib/store.h"
#include "lib/sysctl.h"
#include "lib/xsbatch.h"

#define PATH_SIZE 512

char *pv_domain_name(struct pv_host *host, uint16_t domid)
{
    char path[PATH_SIZE];
    struct pv_error ignored;

    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    return xs_read(host->xs, 0, path, NULL, &ignored);
}

static int no_such(struct pv_error *error, const char *text)
{
    return pv_error_set(error, PV_ERROR_NO_DOMAIN, "there is no domain \"%.64s\"", text);
}

static int find_number(struct pv_host *host, const char *text, struct pv_domain_info *info,
                       struct pv_error *error)
{
    unsigned long number = strtoul(text, NULL, 10);

    if (strlen(text) > 5 || number > UINT16_MAX) {
        return no_such(error, text);
    }
    return pv_domctl_info(host->ctx, (uint16_t)number, info, error);
}

static int find_name(struct pv_host *host, const char *text, struct pv_domain_info *info,
                     struct pv_error *error)
{
    struct xs_batch *names = xs_batch_new();
    struct pv_domain_info *list = NULL;
    size_t count = 0;
    int result = names ? pv_sysctl_domains(host->ctx, &list, &count, error)
                       : pv_error_errno(error, ENOMEM, "names of domains");

    for (size_t i = 0; i < count; i++) {
        xs_batch_read(names, "/local/domain/%u/name", list[i].domid);
    }
    if (result == 0) {
        result = xs_batch_run(host->xs, names, error);
    }
    if (result == 0) {
        result = no_such(error, text);
        for (size_t i = 0; i < count && result != 0; i++) {
            const char *name = xs_batch_answer(names, i);

            if (!list[i].dying && name && strcmp(name, text) == 0) {
                *info = list[i];
                result = 0;
            }
        }
    }
    xs_batch_free(names);
    free(list);
    return result;
}

int pv_domain_find(struct pv_host *host, const char *text, struct pv_domain_info *info,
                   struct pv_error *error)
{
    if (*text && strspn(text, "0123456789") == strlen(text)) {
        return find_number(host, text, info, error);
    }
    return find_name(host, text, info, error);
}

int pv_domain_ask_shutdown(struct pv_host *host, uint16_t domid, const char *reason, struct pv_error *error)
{
    char path[PATH_SIZE], *listens;
    struct pv_error ignored;

    snprintf(path, sizeof(path), "/local/domain/%u/control/feature-%s", domid,
             strcmp(reason, "reboot") == 0 ? "reboot" : "poweroff");
    listens = xs_read(host->xs, 0, path, NULL, &ignored);
    if (!listens || strcmp(listens, "1") != 0) {
        free(listens);
        return pv_error_set(
            error, PV_ERROR_FAILURE,
            "the guest does not listen for it (is it up yet?); `parvis destroy` ends it at once");
    }
    free(listens);
    snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
    return xs_write_string(host->xs, 0, path, reason, error);
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* 1: has ended; 0: lives; -1: the question failed. */
static int has_ended(struct pv_host *host, uint16_t domid, bool shutdown_counts, struct pv_error *error)
{
    struct pv_domain_info info;

    if (pv_domctl_info(host->ctx, domid, &info, error) != 0) {
        return error->class == PV_ERROR_NO_DOMAIN ? 1 : -1;
    }
    return shutdown_counts && (info.shutdown || info.dying);
}

/*
 * xenstore tells of domains that end; a connection of its own has that watch. It tells before the hypervisor
 * has let go of the last page, so it is asked again now and then as well.
 */
int pv_domain_wait_end(struct pv_host *host, uint16_t domid, bool shutdown_counts, int wait_ms,
                       struct pv_error *error)
{
    struct xs_client *xs = xs_open(error);
    long long end = now_ms() + wait_ms;
    int ended = -1, pause_ms = 1;

    if (!xs || xs_watch(xs, "@releaseDomain", "end", error) != 0) {
        xs_close(xs);
        return -1;
    }
    while ((ended = has_ended(host, domid, shutdown_counts, error)) == 0) {
        char *path = NULL, *token = NULL;

        if (wait_ms >= 0 && now_ms() >= end) {
            ended = pv_error_set(error, PV_ERROR_TIMEOUT, "domain %u is still there", domid);
            break;
        }
        if (xs_next_event(xs, pause_ms, &path, &token, error) < 0) {
            ended = -1;
            break;
        }
        free(path);
        free(token);
        pause_ms = pause_ms < 256 ? 2 * pause_ms : 256;
    }
    xs_close(xs);
    return ended < 0 ? -1 : 0;
}

int pv_domain_destroy(struct pv_host *host, uint16_t domid, bool forget, int wait_ms, struct pv_error *error)
{
    struct pv_domain_info info;
    char *name;

    if (pv_domctl_info(host->ctx, domid, &info, error) != 0) {
        return -1;
    }
    if (domid == 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "domain 0 is the one that this runs in");
    }
    name = pv_domain_name(host, domid);
    if (pv_domctl_destroy(host->ctx, domid, error) != 0) {
        free(name);
        return -1;
    }
    pv_nodes_remove(host, domid, info.uuid, name);
    if (forget && name) {
        pv_store_remove(name);
    }
    free(name);
    return wait_ms >= 0 ? pv_domain_wait_end(host, domid, false, wait_ms, error) : 0;
}
