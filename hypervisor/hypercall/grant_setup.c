/* SPDX-License-Identifier: MIT */
/* grant_table_op: the table itself, one request to a call. */
#include "core/domain.h"
#include "core/gnttab.h"
#include "hypercall/grant_table.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

/* The domain whose table a request is about, with a reference; GNTST_*. */
static int16_t grant_target(domid_t id, struct domain **d)
{
    *d = domain_get_or_self(id);
    if (!*d) {
        return GNTST_bad_domain;
    }
    if (!domain_may_control(CURRENT_DOMAIN(), *d)) {
        domain_put(*d);
        return GNTST_permission_denied;
    }
    return GNTST_okay;
}

/* Writes the numbers of the first count frames into the guest's list. */
static int16_t list_frames(struct domain *d, uint32_t count, bool status, guest_va_t list)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number;
        mfn_t m;

        if (gnttab_frame(d, i, status, &m)) {
            return GNTST_general_error;
        }
        number = m.n;
        if (GUEST_ARRAY_PUT(list, i, &number)) {
            return GNTST_bad_virt_addr;
        }
    }
    return GNTST_okay;
}

int grant_setup(guest_va_t at, unsigned int count)
{
    struct gnttab_setup_table op;
    struct domain *d;

    if (count != 1) {
        return -XEN_EINVAL;
    }
    if (port_copy_from_guest(&op, at, sizeof(op)) ||
        !guest_range_ok(GUEST_HANDLE_VA(op.frame_list), op.nr_frames * sizeof(uint64_t))) {
        return -XEN_EFAULT;
    }
    op.status = grant_target(op.dom, &d);
    if (op.status == GNTST_okay) {
        op.status = GNTST_general_error;
        if (gnttab_reserve(d, op.nr_frames)) {
            op.status = list_frames(d, op.nr_frames, false, GUEST_HANDLE_VA(op.frame_list));
        }
        domain_put(d);
    }
    return port_copy_to_guest(guest_va(at.n + offsetof(struct gnttab_setup_table, status)), &op.status,
                              sizeof(op.status));
}

int grant_status_frames(guest_va_t at, unsigned int count)
{
    struct gnttab_get_status_frames op;
    struct domain *d;

    if (count != 1) {
        return -XEN_EINVAL;
    }
    if (port_copy_from_guest(&op, at, sizeof(op)) ||
        !guest_range_ok(GUEST_HANDLE_VA(op.frame_list), op.nr_frames * sizeof(uint64_t))) {
        return -XEN_EFAULT;
    }
    op.status = grant_target(op.dom, &d);
    if (op.status == GNTST_okay) {
        op.status = GNTST_general_error;
        if (op.nr_frames <= gnttab_status_frame_count(d)) {
            op.status = list_frames(d, op.nr_frames, true, GUEST_HANDLE_VA(op.frame_list));
        }
        domain_put(d);
    }
    return port_copy_to_guest(guest_va(at.n + offsetof(struct gnttab_get_status_frames, status)), &op.status,
                              sizeof(op.status));
}

int grant_query_size(guest_va_t at, unsigned int count)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (count != 1) {
        return -XEN_EINVAL;
    }
    if (port_copy_from_guest(&op, at, sizeof(op))) {
        return -XEN_EFAULT;
    }
    op.status = grant_target(op.dom, &d);
    if (op.status == GNTST_okay) {
        op.nr_frames = gnttab_frame_count(d);
        op.max_nr_frames = gnttab_frames_max(d, false);
        domain_put(d);
    }
    return port_copy_to_guest(at, &op, sizeof(op));
}

int grant_set_version(guest_va_t at)
{
    struct gnttab_set_version op;
    int error;

    if (port_copy_from_guest(&op, at, sizeof(op))) {
        return -XEN_EFAULT;
    }
    error = gnttab_set_version(CURRENT_DOMAIN(), op.version);
    op.version = gnttab_version(CURRENT_DOMAIN());
    return port_copy_to_guest(at, &op, sizeof(op)) ? -XEN_EFAULT : error;
}

int grant_get_version(guest_va_t at)
{
    struct gnttab_get_version op;
    struct domain *d;

    if (port_copy_from_guest(&op, at, sizeof(op))) {
        return -XEN_EFAULT;
    }
    d = domain_get_or_self(op.dom);
    if (!d) {
        return -XEN_ESRCH;
    }
    if (!domain_may_control(CURRENT_DOMAIN(), d)) {
        domain_put(d);
        return -XEN_EPERM;
    }
    op.version = gnttab_version(d);
    domain_put(d);
    return port_copy_to_guest(guest_va(at.n + offsetof(struct gnttab_get_version, version)), &op.version,
                              sizeof(op.version));
}
