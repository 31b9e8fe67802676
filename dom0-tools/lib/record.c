/* SPDX-License-Identifier: MIT */
/* Names of domains, kept in xenstore so that two creations cannot take the same one. */
#include "lib/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/domctl.h"
#include "lib/nodes.h"
#include "lib/sysctl.h"
#include "lib/xsbatch.h"

#define CREATING  "/parvis/creating"
#define DOMAINS   "/parvis/domain"
#define PATH_SIZE 512
/* In /proc/PID/stat: the start time is this field behind the name's closing bracket. */
#define START_TIME_FIELD 20
/* Another creation's commit can interfere with ours; that many times in a row it does not. */
#define ATTEMPTS 100

/* When a process started, in the kernel's ticks since boot; 0 where there is no such process. */
static unsigned long long process_start(long pid)
{
    char path[64], text[1024], *at;
    FILE *file;
    size_t size = 0;

    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    file = fopen(path, "re");
    if (file) {
        size = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
    }
    text[size] = '\0';
    at = strrchr(text, ')');
    for (int i = 0; at && i < START_TIME_FIELD; i++) {
        at = strchr(at + 1, ' ');
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

struct creation {
    uint8_t uuid[16];
    long pid;
    unsigned long long start;
};

static bool creation_parse(const char *text, struct creation *creation)
{
    char uuid[PV_UUID_TEXT];

    return sscanf(text, "%36s %ld %llu", uuid, &creation->pid, &creation->start) == 3 &&
           pv_uuid_parse(uuid, creation->uuid);
}

static bool creation_lives(const struct creation *creation)
{
    unsigned long long start = process_start(creation->pid);

    return start != 0 && start == creation->start;
}

static const struct pv_domain_info *with_uuid(const struct pv_domain_info *list, size_t count,
                                              const uint8_t uuid[16])
{
    for (size_t i = 0; i < count; i++) {
        if (!list[i].dying && list[i].domid != 0 && memcmp(list[i].uuid, uuid, PV_UUID_SIZE) == 0) {
            return &list[i];
        }
    }
    return NULL;
}

/* Clears away one dead creation: its domain, the domain's nodes, the record. */
static int sweep_one(struct pv_host *host, const char *name, const struct creation *creation,
                     struct pv_error *error)
{
    struct pv_domain_info *list;
    const struct pv_domain_info *domain;
    size_t count;
    int result = 0;

    if (pv_sysctl_domains(host->ctx, &list, &count, error) != 0) {
        return -1;
    }
    domain = with_uuid(list, count, creation->uuid);
    if (domain) {
        result = pv_domctl_destroy(host->ctx, domain->domid, error);
        if (result == 0) {
            pv_nodes_remove(host, domain->domid, creation->uuid, name);
        }
    }
    free(list);
    if (result == 0) {
        pv_record_cancel(host, name);
    }
    return result;
}

int pv_record_sweep(struct pv_host *host, struct pv_error *error)
{
    size_t count = 0;
    char **names = xs_directory(host->xs, 0, CREATING, &count, error);
    int result = 0;

    if (!names) {
        return error->number == ENOENT ? 0 : -1;
    }
    for (size_t i = 0; i < count && result == 0; i++) {
        struct creation creation;
        char path[PATH_SIZE], *text;

        snprintf(path, sizeof(path), CREATING "/%s", names[i]);
        text = xs_read(host->xs, 0, path, NULL, error);
        if (text && !creation_parse(text, &creation)) {
            pv_record_cancel(host, names[i]);
        } else if (text && !creation_lives(&creation)) {
            result = sweep_one(host, names[i], &creation, error);
        }
        free(text);
    }
    free(names);
    return result;
}

/* Is the domain of a DOMAINS record still there? */
static bool record_lives(struct pv_host *host, const char *text)
{
    uint8_t uuid[16];
    char uuid_text[PV_UUID_TEXT];
    struct pv_domain_info info;
    struct pv_error ignored;
    unsigned int domid;

    return sscanf(text, "%36s %u", uuid_text, &domid) == 2 && pv_uuid_parse(uuid_text, uuid) &&
           pv_domctl_info(host->ctx, (uint16_t)domid, &info, &ignored) == 0 && !info.dying &&
           memcmp(info.uuid, uuid, sizeof(uuid)) == 0;
}

static int name_taken(struct pv_error *error, const char *name, const char *how)
{
    return pv_error_set(error, PV_ERROR_NAME_TAKEN, "\"%s\" %s", name, how);
}

/*
 * One attempt inside a transaction. Returns 0, -1, or 1 when it must be tried again; error->number is EAGAIN
 * where the store met a conflict.
 */
static int reserve_once(struct pv_host *host, const char *name, const char *value, struct pv_error *error)
{
    char creating[PATH_SIZE], domain[PATH_SIZE], *text;
    uint32_t tx = xs_transaction_start(host->xs, error);
    struct pv_error ignored;
    int result = 0;

    if (tx == 0) {
        return -1;
    }
    snprintf(creating, sizeof(creating), CREATING "/%s", name);
    snprintf(domain, sizeof(domain), DOMAINS "/%s", name);
    text = xs_read(host->xs, tx, creating, NULL, error);
    if (text) {
        result = name_taken(error, name, "is being created by another command");
    }
    free(text);
    text = result == 0 ? xs_read(host->xs, tx, domain, NULL, error) : NULL;
    if (text && record_lives(host, text)) {
        result = name_taken(error, name, "is the name of another domain");
    }
    free(text);
    if (result == 0) {
        result = xs_write_string(host->xs, tx, creating, value, error);
    }
    if (result != 0) {
        xs_transaction_end(host->xs, tx, false, &ignored);
        return -1;
    }
    if (xs_transaction_end(host->xs, tx, true, error) != 0) {
        return error->number == EAGAIN ? 1 : -1;
    }
    return 0;
}

/* Domains that other tools made have no record of ours: their names are looked at one by one, uuids as well.
 */
static int check_others(struct pv_host *host, const char *name, const uint8_t uuid[16],
                        struct pv_error *error)
{
    struct xs_batch *batch = xs_batch_new();
    struct pv_domain_info *list = NULL;
    size_t count = 0;
    int result = batch ? pv_sysctl_domains(host->ctx, &list, &count, error)
                       : pv_error_errno(error, ENOMEM, "names of domains");

    for (size_t i = 0; i < count; i++) {
        xs_batch_read(batch, "/local/domain/%u/name", list[i].domid);
    }
    if (result == 0) {
        result = xs_batch_run(host->xs, batch, error);
    }
    for (size_t i = 0; i < count && result == 0; i++) {
        const char *other = xs_batch_answer(batch, i);

        if (!list[i].dying && other && strcmp(other, name) == 0) {
            result = pv_error_set(error, PV_ERROR_NAME_TAKEN, "\"%s\" is the name of domain %u", name,
                                  list[i].domid);
        }
    }
    if (result == 0 && with_uuid(list, count, uuid)) {
        result = pv_error_set(error, PV_ERROR_NAME_TAKEN, "domain %u has this uuid already",
                              with_uuid(list, count, uuid)->domid);
    }
    free(list);
    xs_batch_free(batch);
    return result;
}

int pv_record_reserve(struct pv_host *host, const char *name, const uint8_t uuid[16], struct pv_error *error)
{
    char value[128], uuid_text[PV_UUID_TEXT];
    int result = 1;

    if (pv_record_sweep(host, error) != 0) {
        return -1;
    }
    pv_uuid_text(uuid, uuid_text);
    snprintf(value, sizeof(value), "%s %ld %llu", uuid_text, (long)getpid(), process_start(getpid()));
    for (int i = 0; i < ATTEMPTS && result > 0; i++) {
        result = reserve_once(host, name, value, error);
    }
    if (result != 0) {
        return -1;
    }
    if (check_others(host, name, uuid, error) != 0) {
        pv_record_cancel(host, name);
        return -1;
    }
    return 0;
}

int pv_record_commit(struct pv_host *host, const char *name, const uint8_t uuid[16], uint16_t domid,
                     struct pv_error *error)
{
    char path[PATH_SIZE], uuid_text[PV_UUID_TEXT];
    struct xs_batch *batch = xs_batch_new();
    int result;

    if (!batch) {
        return pv_error_errno(error, ENOMEM, "recording the domain");
    }
    pv_uuid_text(uuid, uuid_text);
    snprintf(path, sizeof(path), DOMAINS "/%s", name);
    xs_batch_write(batch, path, "%s %u", uuid_text, domid);
    xs_batch_rm(batch, CREATING "/%s", name);
    result = xs_batch_run(host->xs, batch, error);
    xs_batch_free(batch);
    return result;
}

void pv_record_cancel(struct pv_host *host, const char *name)
{
    char path[PATH_SIZE];
    struct pv_error ignored;

    snprintf(path, sizeof(path), CREATING "/%s", name);
    xs_rm(host->xs, 0, path, &ignored);
}
