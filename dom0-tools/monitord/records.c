/* SPDX-License-Identifier: MIT */
/* What monitord keeps in xenstore, and what `parvis` keeps there of its domains. */
#include "monitord/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_DOMAINS   "/parvis/domain"
#define RECORDS_RESTARTS  "/parvis/restart"
#define RECORDS_CREATING  "/parvis/creating"
#define RECORDS_ATTEMPTS  16
#define RECORDS_PATH_SIZE 512

static char **records_names(struct pv_host *host, const char *folder, struct pv_error *error)
{
    char **names;

    error->number = 0;
    names = xs_directory(host->xs, 0, folder, NULL, error);
    if (!names && error->number == ENOENT) {
        error->number = 0;
    }
    return names;
}

static char *records_read_in(struct pv_host *host, uint32_t tx, const char *folder, const char *name)
{
    char path[RECORDS_PATH_SIZE];
    struct pv_error ignored;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return xs_read(host->xs, tx, path, NULL, &ignored);
}

static char *records_read(struct pv_host *host, const char *folder, const char *name)
{
    return records_read_in(host, 0, folder, name);
}

static void records_remove(struct pv_host *host, const char *folder, const char *name)
{
    char path[RECORDS_PATH_SIZE];
    struct pv_error ignored;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    xs_rm(host->xs, 0, path, &ignored);
}

char **records_domains(struct pv_host *host, struct pv_error *error)
{
    return records_names(host, RECORDS_DOMAINS, error);
}

static bool records_domain_in(struct pv_host *host, uint32_t tx, const char *name,
                              struct records_domain *domain)
{
    char *text = records_read_in(host, tx, RECORDS_DOMAINS, name);
    char uuid[PV_UUID_TEXT];
    unsigned int domid;
    bool good = text && sscanf(text, "%36s %u", uuid, &domid) == 2 && domid <= UINT16_MAX &&
                pv_uuid_parse(uuid, domain->uuid);

    if (good) {
        domain->domid = (uint16_t)domid;
    }
    free(text);
    return good;
}

bool records_domain(struct pv_host *host, const char *name, struct records_domain *domain)
{
    return records_domain_in(host, 0, name, domain);
}

char **records_restarts(struct pv_host *host, struct pv_error *error)
{
    return records_names(host, RECORDS_RESTARTS, error);
}

bool records_restart(struct pv_host *host, const char *name, struct policy_record *record)
{
    char *text = records_read(host, RECORDS_RESTARTS, name);
    bool good = text && policy_parse(text, record);

    free(text);
    return good;
}

int records_write_restart(struct pv_host *host, const char *name, const struct policy_record *record,
                          struct pv_error *error)
{
    char path[RECORDS_PATH_SIZE], text[POLICY_RECORD_SIZE];

    snprintf(path, sizeof(path), RECORDS_RESTARTS "/%s", name);
    policy_format(record, text);
    return xs_write_string(host->xs, 0, path, text, error);
}

void records_remove_restart(struct pv_host *host, const char *name)
{
    records_remove(host, RECORDS_RESTARTS, name);
}

/* One attempt. Returns 1 when it was removed, 0 when it is another's, -1 when it must be tried again. */
static int records_try_remove(struct pv_host *host, const char *name, const struct records_domain *domain)
{
    struct pv_error error;
    struct records_domain now;
    char path[RECORDS_PATH_SIZE];
    uint32_t tx = xs_transaction_start(host->xs, &error);
    char *creating = tx ? records_read_in(host, tx, RECORDS_CREATING, name) : NULL;
    bool same = tx && !creating && records_domain_in(host, tx, name, &now) && now.domid == domain->domid &&
                !memcmp(now.uuid, domain->uuid, sizeof(now.uuid));

    free(creating);
    if (!tx) {
        return 0;
    }
    snprintf(path, sizeof(path), RECORDS_DOMAINS "/%s", name);
    if (same && xs_rm(host->xs, tx, path, &error) != 0) {
        same = false;
    }
    if (xs_transaction_end(host->xs, tx, same, &error) != 0) {
        return error.number == EAGAIN ? -1 : 0;
    }
    return same;
}

bool records_remove_domain(struct pv_host *host, const char *name, const struct records_domain *domain)
{
    int removed = -1;

    for (int i = 0; removed < 0 && i < RECORDS_ATTEMPTS; i++) {
        removed = records_try_remove(host, name, domain);
    }
    return removed > 0;
}

bool records_creations(struct pv_host *host)
{
    struct pv_error error;
    char **names = records_names(host, RECORDS_CREATING, &error);
    bool any = names && names[0];

    free(names);
    return any;
}
