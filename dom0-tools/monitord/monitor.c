/* SPDX-License-Identifier: MIT */
/* Looks at all guests and starts what must be done. */
#include "monitord/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/daemon.h"
#include "lib/domain.h"
#include "lib/nodes.h"
#include "lib/record.h"
#include "lib/store.h"
#include "lib/sysctl.h"
#include "monitord/records.h"

/* Events tell of every change; this look is for the one that got lost. */
#define MONITOR_IDLE_S 60

/* Nothing tells that a creating process has died: while there is one it is looked after this often. */
#define MONITOR_CREATION_S 2

static uint64_t monitor_now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec;
}

static struct monitor_waiting *monitor_find_waiting(const struct monitor *monitor,
                                                    const struct pv_domain_info *info)
{
    struct monitor_waiting *waiting = monitor->waiting;

    while (waiting &&
           (waiting->domid != info->domid || memcmp(waiting->uuid, info->uuid, PV_UUID_SIZE) != 0)) {
        waiting = waiting->next;
    }
    return waiting;
}

static struct monitor_waiting *monitor_add_waiting(struct monitor *monitor, const struct pv_domain_info *info)
{
    struct monitor_waiting *waiting = calloc(1, sizeof(*waiting));

    if (waiting) {
        waiting->domid = info->domid;
        memcpy(waiting->uuid, info->uuid, PV_UUID_SIZE);
        waiting->next = monitor->waiting;
        monitor->waiting = waiting;
    }
    return waiting;
}

static void monitor_drop_unseen(struct monitor *monitor)
{
    struct monitor_waiting **link = &monitor->waiting;

    while (*link) {
        struct monitor_waiting *waiting = *link;

        if (waiting->seen) {
            waiting->seen = false;
            link = &waiting->next;
        } else {
            *link = waiting->next;
            free(waiting);
        }
    }
}

static int monitor_shorter(int a, uint64_t b)
{
    return b < (uint64_t)a ? (int)b : a;
}

/* A guest that is to be restarted: when, and if that is now, starts it. Returns the seconds until then. */
static uint64_t monitor_restart(struct monitor *monitor, const char *name, const struct pv_domain_info *info,
                                struct monitor_waiting *waiting)
{
    uint64_t now = monitor_now_s();

    if (!waiting->due_s) {
        struct policy_record record;
        bool known = records_restart(&monitor->host, name, &record);
        uint64_t delay = policy_delay(known ? &record : NULL, now);

        waiting->due_s = now + delay;
        waiting->restart = policy_next(known ? &record : NULL, now);
        if (delay) {
            daemon_log(DAEMON_WARNING, "%s ends again and again: it is restarted in %u s", name,
                       (unsigned int)delay);
        }
    }
    if (waiting->due_s > now) {
        return waiting->due_s - now;
    }
    worker_start(&monitor->workers, name, info->domid, WORKER_RESTART, &waiting->restart);
    return MONITOR_IDLE_S;
}

/* Does what the configuration says about a guest that has shut down. Returns the seconds until the next look.
 */
static uint64_t monitor_ended(struct monitor *monitor, const char *name, const struct pv_domain_info *info)
{
    struct pv_error error;
    struct pv_config *config = pv_store_load(name, &error);
    enum policy_verdict verdict = policy_decide(info->shutdown_code, config);
    struct monitor_waiting *waiting = monitor_find_waiting(monitor, info);
    bool first = !waiting;

    if (!config) {
        daemon_log(DAEMON_WARNING, "%s has no stored configuration: %s", name, error.message);
    }
    pv_config_free(config);
    if (verdict == POLICY_LEAVE || worker_is_busy(&monitor->workers, name)) {
        if (waiting) {
            waiting->seen = true;
        }
        return MONITOR_IDLE_S;
    }
    waiting = waiting ? waiting : monitor_add_waiting(monitor, info);
    if (!waiting) {
        return 1;
    }
    waiting->seen = true;
    if (first) {
        daemon_log(DAEMON_INFO, "%s (domain %u) has ended, %s: %s", name, info->domid,
                   policy_key(info->shutdown_code),
                   verdict == POLICY_RESTART    ? "restart"
                   : verdict == POLICY_PRESERVE ? "preserve"
                                                : "destroy");
    }
    if (verdict == POLICY_RESTART) {
        return monitor_restart(monitor, name, info, waiting);
    }
    if (verdict == POLICY_DESTROY) {
        worker_start(&monitor->workers, name, info->domid, WORKER_DESTROY, NULL);
    }
    return MONITOR_IDLE_S;
}

static const struct pv_domain_info *monitor_lookup(const struct pv_domain_info *list, size_t count,
                                                   uint16_t domid)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].domid == domid) {
            return &list[i];
        }
    }
    return NULL;
}

/* A record whose domain is not there any more: somebody destroyed it and could not clean up behind it. */
static void monitor_forget(struct monitor *monitor, const char *name, const struct records_domain *domain,
                           bool number_taken)
{
    struct policy_record restart;

    if (worker_is_busy(&monitor->workers, name)) {
        return;
    }
    daemon_log(DAEMON_INFO, "%s (domain %u) is gone: its nodes are removed", name, domain->domid);
    if (!number_taken) {
        pv_nodes_remove(&monitor->host, domain->domid, domain->uuid, NULL);
    }
    if (!records_remove_domain(&monitor->host, name, domain)) {
        return; /* the name has a new domain */
    }
    if (!records_restart(&monitor->host, name, &restart) || !restart.pending) {
        records_remove_restart(&monitor->host, name);
        pv_store_remove(name);
    }
}

/* Looks at one of our domains. Returns the seconds until the next look. */
static uint64_t monitor_check(struct monitor *monitor, const char *name, const struct records_domain *domain,
                              const struct pv_domain_info *list, size_t count)
{
    const struct pv_domain_info *info = monitor_lookup(list, count, domain->domid);
    bool same = info && !memcmp(info->uuid, domain->uuid, PV_UUID_SIZE);

    if (!same || info->dying) {
        monitor_forget(monitor, name, domain, info && !same);
        return MONITOR_IDLE_S;
    }
    return info->shutdown ? monitor_ended(monitor, name, info) : MONITOR_IDLE_S;
}

/* Reads the records of these names. The names whose record cannot be read are left out of both lists. */
static struct records_domain *monitor_read_records(struct monitor *monitor, char **names, size_t *count)
{
    struct records_domain *domains;
    size_t found = 0;

    for (*count = 0; names[*count]; (*count)++) {
    }
    domains = calloc(*count + 1, sizeof(*domains));
    for (size_t i = 0; domains && i < *count; i++) {
        if (records_domain(&monitor->host, names[i], &domains[found])) {
            names[found++] = names[i];
        }
    }
    *count = found;
    return domains;
}

static int monitor_check_all(struct monitor *monitor, struct pv_error *error)
{
    char **names = records_domains(&monitor->host, error);
    struct pv_domain_info *list = NULL;
    struct records_domain *domains;
    int next = MONITOR_IDLE_S;
    size_t name_count, count;

    if (!names) {
        return error->number ? -1 : next;
    }
    /* The records first: a domain that has one is in the list that is asked for later, or it is gone. */
    domains = monitor_read_records(monitor, names, &name_count);
    if (!domains || pv_sysctl_domains(monitor->host.ctx, &list, &count, error) != 0) {
        next = domains ? -1 : pv_error_errno(error, ENOMEM, "records");
        name_count = 0;
    }
    for (size_t i = 0; i < name_count; i++) {
        next = monitor_shorter(next, monitor_check(monitor, names[i], &domains[i], list, count));
    }
    free(domains);
    free(list);
    free(names);
    monitor_drop_unseen(monitor);
    return next;
}

/* Restarts that began and did not end: the old domain is gone, the new one was never made, or not whole. */
static int monitor_resume_restarts(struct monitor *monitor, struct pv_error *error)
{
    char **names = records_restarts(&monitor->host, error);
    uint64_t now = monitor_now_s();
    int next = MONITOR_IDLE_S;

    if (!names) {
        return error->number ? -1 : next;
    }
    for (char **name = names; *name; name++) {
        struct records_domain domain;
        struct policy_record record;
        uint64_t due;

        if (!records_restart(&monitor->host, *name, &record) || !record.pending ||
            worker_is_busy(&monitor->workers, *name) || records_domain(&monitor->host, *name, &domain)) {
            continue;
        }
        due = record.time_s + (uint64_t)record.tries * POLICY_TRY_S;
        if (due > now) {
            next = monitor_shorter(next, due - now);
        } else {
            worker_start(&monitor->workers, *name, 0, WORKER_RECREATE, NULL);
        }
    }
    free(names);
    return next;
}

int monitor_look(struct monitor *monitor, struct pv_error *error)
{
    int check, resume, orphans;
    bool creating;

    workers_reap(&monitor->workers);
    if (pv_record_sweep(&monitor->host, error) != 0) {
        return -1;
    }
    creating = records_creations(&monitor->host);
    check = monitor_check_all(monitor, error);
    resume = check < 0 ? -1 : monitor_resume_restarts(monitor, error);
    orphans = resume < 0 ? -1 : orphans_look(&monitor->orphans, &monitor->host, monitor_now_s(), error);
    if (orphans < 0) {
        return -1;
    }
    check = creating ? monitor_shorter(check, MONITOR_CREATION_S) : check;
    return monitor_shorter(monitor_shorter(check, (uint64_t)resume), (uint64_t)orphans);
}

void monitor_clear(struct monitor *monitor)
{
    for (struct monitor_waiting *waiting = monitor->waiting; waiting; waiting = waiting->next) {
        waiting->seen = false;
    }
    monitor_drop_unseen(monitor);
    orphans_clear(&monitor->orphans);
    pv_host_close(&monitor->host);
}
