/* SPDX-License-Identifier: MIT */
/* Nodes in xenstore of domains that do not exist. */
#include "monitord/orphans.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"
#include "lib/daemon.h"
#include "lib/nodes.h"
#include "lib/sysctl.h"

#define ORPHANS_PATIENCE_S 10
#define ORPHANS_IDLE_S 60
#define ORPHANS_FOLDER "/local/domain"

static struct orphan *orphans_find(const struct orphans *orphans, uint16_t domid)
{
    struct orphan *orphan = orphans->first;

    while (orphan && orphan->domid != domid) {
        orphan = orphan->next;
    }
    return orphan;
}

/* Removes a domain's nodes: those below its uuid are found through its `vm`. */
static void orphans_remove(struct pv_host *host, uint16_t domid)
{
    uint8_t uuid[PV_UUID_SIZE] = {0};
    struct pv_error ignored;
    char path[64], *vm;

    snprintf(path, sizeof(path), ORPHANS_FOLDER "/%u/vm", domid);
    vm = xs_read(host->xs, 0, path, NULL, &ignored);
    if (vm && strrchr(vm, '/')) {
        pv_uuid_parse(strrchr(vm, '/') + 1, uuid);
    }
    free(vm);
    daemon_log(DAEMON_INFO, "domain %u is gone: its nodes are removed", domid);
    pv_nodes_remove(host, domid, uuid, NULL);
}

/* A domain that does not exist. Returns the seconds until its nodes go. */
static int orphans_note(struct orphans *orphans, struct pv_host *host, uint16_t domid, uint64_t now_s)
{
    struct orphan *orphan = orphans_find(orphans, domid);

    if (!orphan) {
        orphan = calloc(1, sizeof(*orphan));
        if (!orphan) {
            return ORPHANS_PATIENCE_S;
        }
        *orphan = (struct orphan){.next = orphans->first, .domid = domid, .since_s = now_s};
        orphans->first = orphan;
    }
    orphan->seen = true;
    if (now_s - orphan->since_s < ORPHANS_PATIENCE_S) {
        return (int)(ORPHANS_PATIENCE_S - (now_s - orphan->since_s));
    }
    orphan->seen = false;
    orphans_remove(host, domid);
    return ORPHANS_IDLE_S;
}

static void orphans_drop_unseen(struct orphans *orphans)
{
    struct orphan **link = &orphans->first;

    while (*link) {
        struct orphan *orphan = *link;

        if (orphan->seen) {
            orphan->seen = false;
            link = &orphan->next;
        } else {
            *link = orphan->next;
            free(orphan);
        }
    }
}

static bool orphans_lives(const struct pv_domain_info *list, size_t count, unsigned long domid)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].domid == domid) {
            return true;
        }
    }
    return false;
}

int orphans_look(struct orphans *orphans, struct pv_host *host, uint64_t now_s, struct pv_error *error)
{
    /* The names first: a domain has nodes only after it exists, so one that is not in the later list is gone. */
    char **names = xs_directory(host->xs, 0, ORPHANS_FOLDER, NULL, error);
    struct pv_domain_info *list = NULL;
    int next = ORPHANS_IDLE_S;
    size_t count = 0;

    if (!names) {
        return error->number == ENOENT ? next : -1;
    }
    if (pv_sysctl_domains(host->ctx, &list, &count, error) != 0) {
        free(names);
        return -1;
    }
    for (char **name = names; *name; name++) {
        char *end;
        unsigned long domid = strtoul(*name, &end, 10);

        if (end != *name && *end == '\0' && domid <= UINT16_MAX && !orphans_lives(list, count, domid)) {
            int due = orphans_note(orphans, host, (uint16_t)domid, now_s);

            next = due < next ? due : next;
        }
    }
    free(list);
    free(names);
    orphans_drop_unseen(orphans);
    return next;
}

void orphans_clear(struct orphans *orphans)
{
    orphans_drop_unseen(orphans);
    orphans_drop_unseen(orphans);
}
