/* SPDX-License-Identifier: MIT */
/*
 * The domains that the store serves: each one's ring, event channel and connection.
 *
 * A round has three steps for every domain: take bytes in and serve requests, record what changed, and only
 * then tell the domain. The middle step is the journal's; see journal.h.
 */
#ifndef XENSTORED_DOMAIN_H
#define XENSTORED_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/hypercall.h"
#include "xenstored/journal.h"
#include "xenstored/ring.h"
#include "xenstored/store.h"

struct domain {
    struct domain *next;
    uint16_t domid;
    uint64_t mfn;
    uint32_t remote_port;
    uint32_t local_port; /* 0: not bound */
    bool granted;        /* the page came from a grant, else from a foreign mapping */
    bool shutdown_seen;
    bool awake; /* has, or may have, something to do */
    bool look_again; /* wrote lately: its ring is looked at once more, event or not */
    bool told_failure;
    struct ring ring;  /* page NULL: not mapped */
    uint32_t rsp_base; /* rsp_prod before the connection's first byte of output */
    uint32_t told_req_cons;
    struct conn *conn;
};

struct domains {
    struct domain *first;
    struct store *store;
    struct pv_ctx *ctx; /* NULL: serve sockets only */
    int evtchn_fd;
    int gntdev_fd;
    uint32_t exit_port; /* of VIRQ_DOM_EXC */
    bool must_scan;     /* a domain has changed its state */
};

/* What the requests' handlers call. */
extern const struct store_domains domains_operations;

/* Opens the devices, binds the virtual interrupt. With `alone` nothing is opened and every introduction
 * fails. */
int domains_open(struct domains *domains, struct store *store, bool alone, struct pv_error *error);
void domains_close(struct domains *domains);

/* Connects the kernel of this domain, unless it was restored. */
int domains_connect_self(struct domains *domains, struct pv_error *error);

/* Maps and binds what journal_read restored. Domains that are gone are released. */
void domains_attach(struct domains *domains);

/* The reader's part in journal_read. */
struct conn *domains_restore(void *context, const struct journal_domain *record);
void domains_restore_gone(void *context, uint16_t domid);
void domains_restore_input(void *context, struct conn *conn, uint32_t req_cons);

/* Takes the pending ports and notes who is awake. */
void domains_take_events(struct domains *domains);

/* Asks the hypervisor which domains ended or shut down, when something says that it is time. */
void domains_scan(struct domains *domains);

/* The round's three steps. Serving gives each domain at most one request. */
void domains_serve(struct domains *domains);
void domains_journal(struct domains *domains);
void domains_tell(struct domains *domains);

/* How long to wait for events: 0 when somebody can be served at once, -1 when only an event can change
 * something. */
int domains_timeout(const struct domains *domains);

/* Records all domains and their connections from nothing. */
void domains_journal_all(struct domains *domains);

#endif
