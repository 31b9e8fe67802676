/* SPDX-License-Identifier: MIT */
/* The domains that the store serves: the list, what requests do with it, and the round. */
#include "xenstored/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/evtchn.h"
#include "lib/gntdev.h"
#include "lib/sysctl.h"
#include "pvabi/xen.h"
#include "xenstored/domain_ring.h"
#include "xenstored/request.h"
#include "xenstored/txn.h"

/* Linux reads our index without a barrier behind the write of its own, so that even with ring_has_input a request can,
 * very rarely, be seen by neither side: it waits so long. */
#define DOMAINS_LOOK_AGAIN_MS 50

static struct domain *domains_find(const struct domains *domains, uint16_t domid)
{
    struct domain *domain = domains->first;

    while (domain && domain->domid != domid) {
        domain = domain->next;
    }
    return domain;
}

static struct domain *domains_add(struct domains *domains, uint16_t domid, uint64_t mfn, uint32_t remote_port)
{
    struct domain *domain = calloc(1, sizeof(*domain));

    if (!domain) {
        return NULL;
    }
    domain->domid = domid;
    domain->mfn = mfn;
    domain->remote_port = remote_port;
    domain->awake = true;
    domain->conn = store_connect(domains->store, domid, true);
    if (!domain->conn) {
        free(domain);
        return NULL;
    }
    domain->next = domains->first;
    domains->first = domain;
    return domain;
}

/* Ends a domain's connection; what the domain owned goes too, for its number may be another's soon. */
static void domains_drop(struct domains *domains, struct domain *domain)
{
    struct store *store = domains->store;
    struct domain **link = &domains->first;

    while (*link != domain) {
        link = &(*link)->next;
    }
    *link = domain->next;
    domain_ring_close(domains, domain);
    store_disconnect(store, domain->conn);
    journal_domain_gone(store->journal, domain->domid);
    if (store_forget_domain(store, domain->domid) != 0) {
        daemon_log(DAEMON_ERROR, "no memory to remove what domain %u owned", domain->domid);
    }
    free(domain);
}

static void domains_journal_record(const struct domains *domains, const struct domain *domain, bool fresh)
{
    struct journal_domain record = {
        .domid = domain->domid,
        .has_target = domain->conn->subject.target != PERMS_NO_TARGET,
        .target = (uint16_t)domain->conn->subject.target,
        .shutdown_seen = domain->shutdown_seen,
        .fresh = fresh,
        .port = domain->remote_port,
        .mfn = domain->mfn,
        .req_cons = domain->ring.req_cons,
        .rsp_base = domain->rsp_base,
    };

    journal_domain(domains->store->journal, &record);
}

/* A domain that is introduced again has a new event channel and forgets what it had: it was resumed. */
static int domains_introduce_again(struct domains *domains, struct domain *domain, uint32_t port)
{
    int error = domain_ring_rebind(domains, domain, port);

    if (error) {
        return -error;
    }
    watch_remove_all(&domains->store->watches, domain->conn);
    while (domain->conn->txns) {
        store_drop_txn(domains->store, domain->conn, domain->conn->txns);
    }
    journal_reset(domains->store->journal, domain->domid);
    domains_journal_record(domains, domain, true);
    domain->awake = true;
    return 0;
}

static int domains_introduce(void *context, uint16_t domid, uint64_t mfn, uint32_t port)
{
    struct domains *domains = context;
    struct domain *domain = domains_find(domains, domid);
    int error;

    if (domid == 0) {
        return EINVAL;
    }
    if (domain) {
        return domains_introduce_again(domains, domain, port);
    }
    domain = domains_add(domains, domid, mfn, port);
    if (!domain) {
        return ENOMEM;
    }
    error = domain_ring_open(domains, domain);
    if (error) {
        daemon_log(DAEMON_WARNING, "domain %u cannot be introduced: %s", domid, strerror(-error));
        domains_drop(domains, domain);
        return EINVAL;
    }
    domain_ring_begin(domain);
    domains_journal_record(domains, domain, true);
    store_fire_special(domains->store, STORE_INTRODUCE);
    return 0;
}

static int domains_release(void *context, uint16_t domid)
{
    struct domains *domains = context;
    struct domain *domain = domains_find(domains, domid);

    if (domid == 0) {
        return EINVAL;
    }
    if (!domain) {
        return ENOENT;
    }
    domains_drop(domains, domain);
    store_fire_special(domains->store, STORE_RELEASE);
    return 0;
}

static int domains_resume(void *context, uint16_t domid)
{
    struct domains *domains = context;
    struct domain *domain = domains_find(domains, domid);

    if (!domain) {
        return ENOENT;
    }
    domain->shutdown_seen = false;
    domains_journal_record(domains, domain, false);
    return 0;
}

static int domains_set_target(void *context, uint16_t domid, uint16_t target)
{
    struct domains *domains = context;
    struct domain *domain = domains_find(domains, domid);

    if (!domain || !domains_find(domains, target)) {
        return ENOENT;
    }
    domain->conn->subject.target = target;
    domains_journal_record(domains, domain, false);
    return 0;
}

static bool domains_is_introduced(void *context, uint16_t domid)
{
    return domains_find(context, domid) != NULL;
}

const struct store_domains domains_operations = {
    .introduce = domains_introduce,
    .release = domains_release,
    .resume = domains_resume,
    .set_target = domains_set_target,
    .is_introduced = domains_is_introduced,
};

int domains_connect_self(struct domains *domains, struct pv_error *error)
{
    struct domain *domain = domains->ctx && !domains_find(domains, 0) ? domains_add(domains, 0, 0, 0) : NULL;
    int result;

    if (!domain) {
        return 0;
    }
    result = domain_ring_open(domains, domain);
    if (result) {
        return pv_error_errno(error, -result, "cannot reach this domain's own kernel");
    }
    /* The kernel may have asked already: what waits in its ring is served, what it was told is past. */
    domain->ring.req_cons = domain->ring.page->req_cons;
    domain->ring.rsp_prod = domain->ring.page->rsp_prod;
    domain->rsp_base = domain->ring.rsp_prod;
    domains_journal_record(domains, domain, true);
    return 0;
}

struct conn *domains_restore(void *context, const struct journal_domain *record)
{
    struct domains *domains = context;
    struct domain *domain = domains_find(domains, record->domid);

    if (!domain) {
        domain = domains_add(domains, record->domid, record->mfn, record->port);
    }
    if (!domain) {
        return NULL;
    }
    domain->remote_port = record->port;
    domain->shutdown_seen = record->shutdown_seen;
    domain->conn->subject.target = record->has_target ? record->target : PERMS_NO_TARGET;
    domain->ring.req_cons = record->req_cons;
    if (record->fresh) {
        conn_input_done(domain->conn);
        conn_output_clear(domain->conn);
        domain->conn->out_total = 0;
        domain->rsp_base = record->rsp_base;
    }
    return domain->conn;
}

void domains_restore_gone(void *context, uint16_t domid)
{
    struct domain *domain = domains_find(context, domid);

    if (domain) {
        domains_drop(context, domain);
    }
}

void domains_restore_input(void *context, struct conn *conn, uint32_t req_cons)
{
    struct domain *domain = domains_find(context, conn->subject.domid);

    if (domain) {
        domain->ring.req_cons = req_cons;
    }
}

void domains_attach(struct domains *domains)
{
    struct domain *domain, *next;

    for (domain = domains->first; domain; domain = next) {
        int error = domain_ring_open(domains, domain);

        next = domain->next;
        if (error) {
            daemon_log(DAEMON_INFO, "domain %u has gone meanwhile: %s", domain->domid, strerror(-error));
            domains_drop(domains, domain);
            store_fire_special(domains->store, STORE_RELEASE);
            continue;
        }
        domain_ring_continue(domain);
        daemon_log(DAEMON_INFO, "domain %u is served on", domain->domid);
    }
    domains->must_scan = true;
}

void domains_take_events(struct domains *domains)
{
    int port;

    while ((port = evtchn_take_pending(domains->evtchn_fd)) > 0) {
        evtchn_unmask(domains->evtchn_fd, (uint32_t)port);
        if ((uint32_t)port == domains->exit_port) {
            domains->must_scan = true;
            continue;
        }
        for (struct domain *domain = domains->first; domain; domain = domain->next) {
            domain->awake |= domain->local_port == (uint32_t)port;
        }
    }
}

static const struct pv_domain_info *domains_lookup(const struct pv_domain_info *list, size_t count,
                                                   uint16_t domid)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].domid == domid) {
            return &list[i];
        }
    }
    return NULL;
}

/* Says whether the watches of @releaseDomain are to be told. */
static bool domains_check(struct domains *domains, struct domain *domain, const struct pv_domain_info *info)
{
    if (!info || info->dying) {
        domains_drop(domains, domain);
        return true;
    }
    if (info->shutdown && !domain->shutdown_seen) {
        domain->shutdown_seen = true;
        domains_journal_record(domains, domain, false);
        return true;
    }
    return false;
}

void domains_scan(struct domains *domains)
{
    struct pv_domain_info *list;
    struct domain *domain, *next;
    struct pv_error error;
    bool changed = false;
    size_t count;

    if (!domains->must_scan || !domains->ctx) {
        return;
    }
    domains->must_scan = false;
    if (pv_sysctl_domains(domains->ctx, &list, &count, &error) != 0) {
        daemon_log(DAEMON_ERROR, "%s", error.message);
        return;
    }
    for (domain = domains->first; domain; domain = next) {
        next = domain->next;
        if (domain->domid != 0) {
            changed |= domains_check(domains, domain, domains_lookup(list, count, domain->domid));
        }
    }
    free(list);
    if (changed) {
        store_fire_special(domains->store, STORE_RELEASE);
    }
}

static void domains_note_failure(struct domain *domain)
{
    if (domain->conn->failed && !domain->told_failure) {
        domain->told_failure = true;
        daemon_log(DAEMON_WARNING, "domain %u broke the protocol and is served no more", domain->domid);
    }
}

void domains_serve(struct domains *domains)
{
    for (struct domain *domain = domains->first; domain; domain = domain->next) {
        domain->awake |= domain->ring.page && ring_has_input(&domain->ring);
        if (domain->conn->failed || !domain->awake) {
            domains_note_failure(domain);
            continue;
        }
        domain->awake = domain_ring_take(domain);
        if (domain->awake && store_may_serve(domains->store, domain->conn)) {
            request_serve(domains->store, domain->conn);
        }
    }
}

int domains_timeout(const struct domains *domains)
{
    int timeout = -1;

    for (const struct domain *domain = domains->first; domain; domain = domain->next) {
        if (domain->conn->failed) {
            continue;
        }
        if (domain->awake) {
            timeout = store_timeout(domains->store, domain->conn, timeout);
        } else if (domain->look_again && (timeout < 0 || timeout > DOMAINS_LOOK_AGAIN_MS)) {
            timeout = DOMAINS_LOOK_AGAIN_MS;
        }
    }
    return timeout;
}

void domains_journal(struct domains *domains)
{
    for (struct domain *domain = domains->first; domain; domain = domain->next) {
        if (domain->conn->changed && domains->store->journal) {
            journal_conn_changes(domains->store->journal, domain->conn, domain->ring.req_cons);
        }
    }
}

void domains_tell(struct domains *domains)
{
    for (struct domain *domain = domains->first; domain; domain = domain->next) {
        if (domain->ring.page) {
            domain_ring_tell(domains, domain);
        }
    }
}

void domains_journal_all(struct domains *domains)
{
    for (struct domain *domain = domains->first; domain; domain = domain->next) {
        struct conn *conn = domain->conn;

        /* What the domain has not fetched is all that the new record promises it. */
        domain->rsp_base = domain->ring.rsp_prod;
        conn->out_total = (uint32_t)conn->out_bytes;
        domains_journal_record(domains, domain, true);
        journal_conn(domains->store->journal, conn, domain->ring.req_cons);
    }
}

static int domains_open_devices(struct domains *domains, struct pv_error *error)
{
    domains->ctx = pv_ctx_open(error);
    if (!domains->ctx) {
        return -1;
    }
    domains->evtchn_fd = evtchn_open();
    if (domains->evtchn_fd < 0) {
        return pv_error_errno(error, -domains->evtchn_fd,
                              "cannot open /dev/xen/evtchn (is xen-evtchn loaded?)");
    }
    domains->gntdev_fd = gntdev_open();
    if (domains->gntdev_fd < 0) {
        return pv_error_errno(error, -domains->gntdev_fd,
                              "cannot open /dev/xen/gntdev (is xen-gntdev loaded?)");
    }
    return 0;
}

int domains_open(struct domains *domains, struct store *store, bool alone, struct pv_error *error)
{
    int port;

    *domains = (struct domains){.store = store, .evtchn_fd = -1, .gntdev_fd = -1};
    store->domains = &domains_operations;
    store->domains_context = domains;
    if (alone) {
        return 0;
    }
    if (domains_open_devices(domains, error) != 0) {
        return -1;
    }
    port = evtchn_bind_virq(domains->evtchn_fd, VIRQ_DOM_EXC);
    if (port <= 0) {
        return pv_error_errno(error, port ? -port : EIO,
                              "cannot hear of domains that end (does another xenstored run?)");
    }
    domains->exit_port = (uint32_t)port;
    return 0;
}

void domains_close(struct domains *domains)
{
    struct domain *domain;

    while ((domain = domains->first)) {
        domains->first = domain->next;
        domain_ring_close(domains, domain);
        store_disconnect(domains->store, domain->conn);
        free(domain);
    }
    if (domains->evtchn_fd >= 0) {
        close(domains->evtchn_fd);
    }
    if (domains->gntdev_fd >= 0) {
        close(domains->gntdev_fd);
    }
    pv_ctx_close(domains->ctx);
}
