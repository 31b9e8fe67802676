/* SPDX-License-Identifier: MIT */
/* One domain's ring and event channel: mapped, bound, and the bytes moved between it and the connection. */
#include "xenstored/domain_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/evtchn.h"
#include "lib/foreign.h"
#include "lib/gntdev.h"
#include "pvabi/xen.h"

#include "pvabi/event_channel.h"
#include "pvabi/grant_table.h"

/* Linux: the event channel of the kernel's own connection. */
#define XENBUS_BACKEND_EVTCHN _IOC(_IOC_NONE, 'B', 0, 0)

static int domain_ring_map_guest(struct domains *domains, struct domain *domain)
{
    struct pv_error error;
    void *page;

    if (gntdev_map(domains->gntdev_fd, domain->domid, GNTTAB_RESERVED_XENSTORE, &page) == 0) {
        domain->granted = true;
    } else {
        page = pv_foreign_map(domains->ctx, domain->domid, &domain->mfn, 1, 1, &error);
        domain->granted = false;
    }
    if (!page) {
        return error.number ? -error.number : -EINVAL;
    }
    domain->ring.page = page;
    return 0;
}

/* xenfs gives the kernel's ring and port where the newer device does not. */
static int domain_ring_self_by_xenfs(struct domain *domain)
{
    int fd = open("/proc/xen/xsd_kva", O_RDWR | O_CLOEXEC);
    FILE *file = fopen("/proc/xen/xsd_port", "re");
    int error = 0;
    void *page = MAP_FAILED;

    if (fd >= 0) {
        page = mmap(NULL, PV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
    }
    if (page == MAP_FAILED || !file || fscanf(file, "%u", &domain->remote_port) != 1) {
        error = -ENODEV;
    }
    if (file) {
        fclose(file);
    }
    if (error && page != MAP_FAILED) {
        munmap(page, PV_PAGE_SIZE);
    }
    domain->ring.page = error ? NULL : page;
    return error;
}

static int domain_ring_map_self(struct domain *domain)
{
    int fd = open("/dev/xen/xenbus_backend", O_RDWR | O_CLOEXEC);
    int port = fd >= 0 ? ioctl(fd, XENBUS_BACKEND_EVTCHN) : -1;
    void *page = MAP_FAILED;

    domain->granted = false;
    if (port > 0) {
        page = mmap(NULL, PV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (page == MAP_FAILED) {
        return domain_ring_self_by_xenfs(domain);
    }
    domain->remote_port = (uint32_t)port;
    domain->ring.page = page;
    return 0;
}

static void domain_ring_unmap(struct domains *domains, struct domain *domain)
{
    if (!domain->ring.page) {
        return;
    }
    if (domain->granted) {
        gntdev_unmap(domains->gntdev_fd, domain->ring.page);
    } else {
        pv_foreign_unmap(domain->ring.page, 1);
    }
    domain->ring.page = NULL;
}

int domain_ring_open(struct domains *domains, struct domain *domain)
{
    int port, error;

    if (!domains->ctx) {
        return -ENODEV;
    }
    error = domain->domid == 0 ? domain_ring_map_self(domain) : domain_ring_map_guest(domains, domain);
    if (error) {
        return error;
    }
    port = evtchn_bind_interdomain(domains->evtchn_fd, domain->domid, domain->remote_port);
    if (port <= 0) {
        domain_ring_unmap(domains, domain);
        return port ? port : -EIO;
    }
    domain->local_port = (uint32_t)port;
    domain->ring.page->server_features = XENSTORE_SERVER_FEATURE_ERROR;
    /* Linux in domain 0 takes the first event as the word that there is a store at all. */
    evtchn_notify(domains->evtchn_fd, domain->local_port);
    return 0;
}

void domain_ring_close(struct domains *domains, struct domain *domain)
{
    if (domain->local_port) {
        evtchn_unbind(domains->evtchn_fd, domain->local_port);
        domain->local_port = 0;
    }
    domain_ring_unmap(domains, domain);
}

/* Both streams begin again at 0, as a domain that connects finds them. */
static void domain_ring_reset(struct domain *domain)
{
    struct xenstore_domain_interface *page = domain->ring.page;

    conn_input_done(domain->conn);
    conn_output_clear(domain->conn);
    domain->conn->out_total = 0;
    domain->conn->failed = false;
    domain->told_failure = false;
    page->req_cons = page->req_prod = 0;
    page->rsp_cons = page->rsp_prod = 0;
    page->error = XENSTORE_ERROR_NONE;
    domain->ring.req_cons = domain->ring.rsp_prod = 0;
    domain->told_req_cons = domain->rsp_base = 0;
}

int domain_ring_rebind(struct domains *domains, struct domain *domain, uint32_t port)
{
    int local;

    if (domain->local_port) {
        evtchn_unbind(domains->evtchn_fd, domain->local_port);
        domain->local_port = 0;
    }
    local = evtchn_bind_interdomain(domains->evtchn_fd, domain->domid, port);
    if (local <= 0) {
        return local ? local : -EIO;
    }
    domain->local_port = (uint32_t)local;
    domain->remote_port = port;
    domain_ring_reset(domain);
    return 0;
}

void domain_ring_begin(struct domain *domain)
{
    domain->ring.req_cons = domain->ring.page->req_cons;
    domain->ring.rsp_prod = domain->ring.page->rsp_prod;
    domain->told_req_cons = domain->ring.req_cons;
    domain->rsp_base = domain->ring.rsp_prod;
}

void domain_ring_continue(struct domain *domain)
{
    struct conn *conn = domain->conn;
    uint32_t arrived = domain->ring.page->rsp_prod - domain->rsp_base;
    const char *bytes;
    uint32_t length;

    domain->ring.rsp_prod = domain->ring.page->rsp_prod;
    domain->told_req_cons = domain->ring.req_cons - 1;
    if (arrived > conn->out_total) {
        /* Only the domain itself can have moved its index so: it gets nothing old. */
        arrived = (uint32_t)conn->out_bytes;
        domain->rsp_base = domain->ring.rsp_prod - conn->out_total;
    }
    while (arrived > 0 && conn_output_next(conn, &bytes, &length)) {
        length = length < arrived ? length : arrived;
        conn_output_went(conn, length);
        arrived -= length;
    }
    conn->out_fresh = NULL;
    domain->awake = true;
}

bool domain_ring_take(struct domain *domain)
{
    struct conn *conn = domain->conn;
    uint32_t wanted;

    while (!conn->failed && (wanted = conn_input_wanted(conn)) > 0) {
        int32_t got = ring_read(&domain->ring, conn_input_place(conn), wanted);

        if (got < 0) {
            conn->failed = true;
            ring_tell_error(&domain->ring, XENSTORE_ERROR_RINGIDX);
            return false;
        }
        if (got == 0) {
            return false;
        }
        conn_input_came(conn, (uint32_t)got);
        if (conn->failed) {
            ring_tell_error(&domain->ring, XENSTORE_ERROR_PROTO);
        }
    }
    return !conn->failed;
}

static bool domain_ring_give(struct domain *domain)
{
    struct conn *conn = domain->conn;
    const char *bytes;
    uint32_t length;
    bool gave = false;

    while (!conn->failed && conn_output_next(conn, &bytes, &length)) {
        int32_t put = ring_write(&domain->ring, bytes, length);

        if (put < 0) {
            conn->failed = true;
            ring_tell_error(&domain->ring, XENSTORE_ERROR_RINGIDX);
        }
        if (put <= 0) {
            break;
        }
        conn_output_went(conn, (uint32_t)put);
        gave = true;
    }
    return gave;
}

void domain_ring_tell(struct domains *domains, struct domain *domain)
{
    bool took = domain->told_req_cons != domain->ring.req_cons;
    bool gave = false;

    if (took) {
        ring_publish_input(&domain->ring);
        domain->told_req_cons = domain->ring.req_cons;
    }
    while (domain_ring_give(domain)) {
        ring_publish_output(&domain->ring);
        gave = true;
    }
    domain->awake |= ring_has_input(&domain->ring);
    domain->look_again = took;
    if (took || gave) {
        evtchn_notify(domains->evtchn_fd, domain->local_port);
    }
}
