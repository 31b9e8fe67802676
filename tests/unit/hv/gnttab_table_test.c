/* SPDX-License-Identifier: MIT */
/* Grant tables themselves: size, limits, versions, rights of others, exchanged entries. */
#include "gnttab_suites.h"
#include "gnttab_world.h"

#include "core/gnttab_use.h"
#include "core/heap.h"

#define LIST_ADDRESS (BUFFER_ADDRESS + 0x8000)
#define LIST         ((uint64_t *)(void *)&gnttab_buffer[0x8000])

static int16_t setup_table(domid_t dom, uint32_t frames, int64_t *rc)
{
    struct gnttab_setup_table op = {.dom = dom, .nr_frames = frames, .status = 99};

    op.frame_list.p = (xen_pfn_t *)LIST_ADDRESS;
    *rc = gnttab_call(GNTTABOP_setup_table, &op, sizeof(op), 1);
    return op.status;
}

static int16_t setup_ok(domid_t dom, uint32_t frames)
{
    int64_t rc;
    int16_t status = setup_table(dom, frames, &rc);

    ck_assert_int_eq(rc, 0);
    return status;
}

static struct gnttab_query_size query(domid_t dom)
{
    struct gnttab_query_size op = {.dom = dom, .nr_frames = 55, .max_nr_frames = 66, .status = 99};

    ck_assert_int_eq(gnttab_call(GNTTABOP_query_size, &op, sizeof(op), 1), 0);
    return op;
}

START_TEST(table_grows)
{
    struct gnttab_query_size size = query(DOMID_SELF);

    ck_assert_int_eq(size.status, GNTST_okay);
    ck_assert_uint_eq(size.nr_frames, 1);
    ck_assert_uint_eq(size.max_nr_frames, 4);
    ck_assert_int_eq(setup_ok(DOMID_SELF, 3), GNTST_okay);
    for (unsigned int i = 0; i < 3; i++) {
        ck_assert_ptr_eq(frame_owner(mfn(LIST[i])), world_domain(MAPPER));
        ck_assert(i == 0 || LIST[i] != LIST[i - 1]);
    }
    ck_assert_uint_eq(query(DOMID_SELF).nr_frames, 3);
    ck_assert_int_eq(setup_ok(DOMID_SELF, 1), GNTST_okay);
    ck_assert_int_eq(setup_ok(DOMID_SELF, 0), GNTST_okay);
    ck_assert_uint_eq(query(DOMID_SELF).nr_frames, 3);
    gnttab_log[0] = '\0';
    ck_assert_int_eq(setup_ok(DOMID_SELF, 5), GNTST_general_error);
    ck_assert_ptr_nonnull(strstr(gnttab_log, "wants 5 frames and may have 4"));
    ck_assert_ptr_nonnull(strstr(gnttab_log, "max_grant_frames"));
    gnttab_log[0] = '\0';
    ck_assert_int_eq(setup_ok(DOMID_SELF, 5), GNTST_general_error);
    ck_assert_str_eq(gnttab_log, ""); /* said once */
    ck_assert_uint_eq(query(DOMID_SELF).nr_frames, 3);
    gnttab_world_check();
}
END_TEST

/* The guest maps the frames of its table itself, and writes entries there. */
START_TEST(table_is_mapped_by_its_guest)
{
    ck_assert_int_eq(setup_ok(DOMID_SELF, 1), GNTST_okay);
    ck_assert_int_eq(
        world_mmu_update(world_slot(gnttab_space().l1, 3), pte_make(mfn(LIST[0]), RW), DOMID_SELF), 0);
    gnttab_world_check();
    ck_assert_int_eq(world_mmu_update(world_slot(gnttab_space().l1, 3), 0, DOMID_SELF), 0);
    gnttab_world_check();
}
END_TEST

START_TEST(tables_of_others)
{
    int64_t rc;

    ck_assert_int_eq(setup_ok(GRANTER, 1), GNTST_permission_denied);
    ck_assert_int_eq(setup_ok(77, 1), GNTST_bad_domain);
    ck_assert_int_eq(setup_ok(MAPPER, 1), GNTST_okay);
    ck_assert_int_eq(query(GRANTER).status, GNTST_permission_denied);
    ck_assert_uint_eq(query(GRANTER).nr_frames, 55);
    ck_assert_int_eq(query(77).status, GNTST_bad_domain);
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(setup_table(GRANTER, 2, &rc), GNTST_okay);
    ck_assert_int_eq(rc, 0);
    ck_assert_ptr_eq(frame_owner(mfn(LIST[1])), world_domain(GRANTER));
    ck_assert_uint_eq(query(GRANTER).nr_frames, 2);
    gnttab_world_check();
}
END_TEST

/* A frame that a dying domain got now would keep it for ever. */
START_TEST(table_of_the_dying)
{
    int64_t rc;

    ck_assert_int_eq(gnttab_release_mappings(world_domain(GRANTER)), 0);
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(setup_table(GRANTER, 1, &rc), GNTST_okay);
    ck_assert_int_eq(setup_table(GRANTER, 2, &rc), GNTST_general_error);
    ck_assert_int_eq(gnttab_set_version(world_domain(GRANTER), 2), -XEN_EINVAL);
    ck_assert_uint_eq(gnttab_frame_count(world_domain(GRANTER)), 1);
    gnttab_world_check();
}
END_TEST

START_TEST(calls_are_checked)
{
    struct gnttab_setup_table ops[2] = {{.dom = DOMID_SELF, .nr_frames = 1}};
    struct hypercall_args args = {.arg = {GNTTABOP_setup_table, 0xffff800000000000ull, 1}};

    ops[0].frame_list.p = (xen_pfn_t *)0xffff800000000000ull;
    ck_assert_int_eq(gnttab_call(GNTTABOP_setup_table, ops, sizeof(ops[0]), 2), -XEN_EINVAL);
    ck_assert_int_eq(gnttab_call(GNTTABOP_query_size, ops, sizeof(ops[0]), 0), -XEN_EINVAL);
    ck_assert_int_eq(gnttab_call(GNTTABOP_setup_table, ops, sizeof(ops[0]), 1), -XEN_EFAULT);
    ck_assert_int_eq(hypercall_grant_table_op(&args), -XEN_EFAULT);
    args.arg[0] = GNTTABOP_map_grant_ref;
    ck_assert_int_eq(hypercall_grant_table_op(&args), -XEN_EFAULT);
    args = (struct hypercall_args){.arg = {GNTTABOP_map_grant_ref, BUFFER_ADDRESS, 0x80000000}};
    ck_assert_int_eq(hypercall_grant_table_op(&args), -XEN_EINVAL);
    args = (struct hypercall_args){.arg = {GNTTABOP_map_grant_ref | 1u << 12, BUFFER_ADDRESS, 1}};
    ck_assert_int_eq(hypercall_grant_table_op(&args), -XEN_EINVAL);
    args = (struct hypercall_args){.arg = {GNTTABOP_cache_flush + 1, BUFFER_ADDRESS, 1}};
    ck_assert_int_eq(hypercall_grant_table_op(&args), -XEN_ENOSYS);
    args.arg[0] = GNTTABOP_dump_table;
    ck_assert_int_eq(hypercall_grant_table_op(&args), -XEN_ENOSYS);
    args = (struct hypercall_args){.arg = {GNTTABOP_map_grant_ref, BUFFER_ADDRESS, 0}};
    ck_assert_int_eq(hypercall_grant_table_op(&args), 0);
}
END_TEST

START_TEST(transfers_are_refused)
{
    struct gnttab_transfer op = {.mfn = world_frame(MAPPER).n, .domid = GRANTER, .ref = 8, .status = 99};

    ck_assert_int_eq(gnttab_call(GNTTABOP_transfer, &op, sizeof(op), 1), 0);
    ck_assert_int_eq(op.status, GNTST_general_error);
    gnttab_world_check();
}
END_TEST

START_TEST(limits_of_tables)
{
    struct domain *d = world_domain(THIRD);

    gnttab_free(d);
    ck_assert_ptr_null(d->gnttab);
    ck_assert_int_eq(gnttab_init(d, 4, 4, 0), 0);
    ck_assert_ptr_null(d->gnttab);
    ck_assert_int_eq(gnttab_init(d, 0, 4, 1), -XEN_EINVAL);
    ck_assert_int_eq(gnttab_init(d, GNTTAB_FRAMES_MAX + 1, 4, 1), -XEN_EINVAL);
    ck_assert_int_eq(gnttab_init(d, 4, GNTTAB_MAPTRACK_FRAMES_MAX + 1, 1), -XEN_EINVAL);
    ck_assert_int_eq(gnttab_init(d, 4, 4, 3), -XEN_EINVAL);
    ck_assert_ptr_null(d->gnttab);
    ck_assert_int_eq(gnttab_init(d, ~0u, ~0u, 1), 0);
    ck_assert_uint_eq(gnttab_frames_max(d, false), GNTTAB_FRAMES_DEFAULT);
    ck_assert_uint_eq(gnttab_frames_max(d, true), 0);
    ck_assert(gnttab_reserve(d, GNTTAB_FRAMES_DEFAULT));
    ck_assert(!gnttab_reserve(d, GNTTAB_FRAMES_DEFAULT + 1));
    ck_assert_int_eq(gnttab_set_version(d, 2), -XEN_ENOSYS);
    ck_assert_int_eq(gnttab_set_version(d, 3), -XEN_EINVAL);
}
END_TEST

START_TEST(making_fails)
{
    struct domain *d = world_domain(THIRD);
    int rc = -XEN_ENOMEM;

    gnttab_free(d);
    for (unsigned int n = 1; rc; n++) {
        uint64_t free_before = frame_free_count() + heap_frame_count();

        fake_fail_alloc(n);
        rc = gnttab_init(d, 4, 4, 2);
        ck_assert_int_eq(rc, fake_failed_alloc() ? -XEN_ENOMEM : 0);
        ck_assert(rc == 0 || !d->gnttab);
        ck_assert(rc == 0 || frame_free_count() + heap_frame_count() == free_before);
    }
    for (unsigned int n = 1;; n++) {
        fake_fail_alloc(n);
        rc = gnttab_set_version(d, 2);
        if (!fake_failed_alloc()) {
            break;
        }
        ck_assert_int_eq(rc, -XEN_ENOMEM);
        ck_assert_uint_eq(gnttab_version(d), 1);
    }
    ck_assert_uint_eq(gnttab_version(d), 2);
    for (unsigned int n = 1;; n++) {
        bool grown;

        fake_fail_alloc(n);
        grown = gnttab_reserve(d, 4);
        ck_assert(grown == !fake_failed_alloc());
        if (grown) {
            break;
        }
    }
    ck_assert_uint_eq(gnttab_frame_count(d), 4);
}
END_TEST

static int64_t set_version(uint32_t version)
{
    struct gnttab_set_version op = {version};
    int64_t rc = gnttab_call(GNTTABOP_set_version, &op, sizeof(op), 1);

    ck_assert_uint_eq(op.version, gnttab_version(world_domain(MAPPER)));
    return rc;
}

/* The toolstack's entries go over to the other form and back, with the marks of their uses; the others are
 * cleared. */
START_TEST(versions_keep_entries)
{
    struct gnttab *t = world_domain(MAPPER)->gnttab;
    struct gnttab_wish wish = {GRANTER, GNTTAB_USE(GNTTAB_DEVICE_WRITE), false};
    struct gnttab_granted granted;
    mfn_t m = world_frame(MAPPER);

    gnttab_grant_v1(MAPPER, 1, GTF_permit_access, GRANTER, m);
    gnttab_grant_v1(MAPPER, 8, GTF_permit_access, GRANTER, m);
    ck_assert_int_eq(gnttab_use_begin(world_domain(MAPPER), 1, &wish, &granted), GNTST_okay);
    ck_assert_int_eq(set_version(2), 0);
    ck_assert_uint_eq(gnttab_entry_v2(t, 1)->hdr.flags, GTF_permit_access);
    ck_assert_uint_eq(gnttab_entry_v2(t, 1)->hdr.domid, GRANTER);
    ck_assert_uint_eq(gnttab_entry_v2(t, 1)->full_page.frame, m.n);
    ck_assert_uint_eq(gnttab_entry_v2(t, 8)->hdr.flags, 0);
    ck_assert_uint_eq(t->status[0][0], (uint32_t)(GTF_reading | GTF_writing) << 16);
    ck_assert_int_eq(set_version(1), 0);
    ck_assert_uint_eq(gnttab_entry_v1(t, 1)->flags, GTF_permit_access | GTF_reading | GTF_writing);
    ck_assert_uint_eq(gnttab_entry_v1(t, 1)->domid, GRANTER);
    ck_assert_uint_eq(gnttab_entry_v1(t, 1)->frame, m.n);
    ck_assert_int_eq(set_version(2), 0);
    gnttab_use_end(world_domain(MAPPER), 1, wish.uses);
    ck_assert_uint_eq(t->status[0][0], 0);
    gnttab_world_check();
}
END_TEST

/* XSA-255: version 1 has no status frames. They go with version 2, unless somebody maps one. */
START_TEST(status_frames_end_with_version_2)
{
    struct domain *d = world_domain(MAPPER);
    uint32_t before;
    mfn_t first, last;

    gnttab_free(d);
    ck_assert_int_eq(gnttab_init(d, 9, 4, 2), 0);
    before = d->mm.hv_frames;
    ck_assert(gnttab_reserve(d, 9));
    ck_assert_int_eq(set_version(2), 0);
    ck_assert_int_eq(gnttab_frame(d, 0, true, &first), 0);
    ck_assert_int_eq(gnttab_frame(d, gnttab_status_need(9) - 1, true, &last), 0);
    ck_assert(first.n != last.n);
    ck_assert(frame_get(last, d));
    ck_assert_int_eq(set_version(1), -XEN_EBUSY);
    ck_assert_uint_eq(gnttab_version(d), 2);
    ck_assert(frame_get(first, d));
    frame_put(first);
    frame_put(last);
    ck_assert_int_eq(set_version(1), 0);
    ck_assert(!frame_get(first, d));
    ck_assert_uint_eq(d->gnttab->status_frames, 0);
    ck_assert_uint_eq(d->mm.hv_frames, before + 8);
    ck_assert_int_eq(gnttab_frame(d, 0, true, &first), -XEN_EINVAL);
    gnttab_free(d);
    ck_assert_int_eq(gnttab_init(d, 4, 4, 2), 0);
    gnttab_world_check();
}
END_TEST

/* XSA-232: a frame without an owner, or another's that is not granted, is refused; the search may be interrupted. */
START_TEST(cache_flush_of_whom)
{
    mfn_t own = world_frame(MAPPER), other = world_frame(GRANTER), nobody = frame_alloc_hv(0);
    struct gnttab_cache_flush op = {.a.dev_bus_addr = mfn_to_maddr(own).n, .op = GNTTAB_CACHE_CLEAN, .length = 8};
    struct domain *d = world_domain(MAPPER);
    struct gnttab_wish wish = {MAPPER, GNTTAB_USE(GNTTAB_DEVICE_READ), false};
    struct gnttab_granted granted;
    grant_ref_t cursor = 0;

    ck_assert_int_eq(gnttab_cache_flush(d, &op, &cursor), 0);
    op.op = GNTTAB_CACHE_INVAL;
    ck_assert_int_eq(gnttab_cache_flush(d, &op, &cursor), -XEN_EOPNOTSUPP);
    op.op = GNTTAB_CACHE_INVAL | GNTTAB_CACHE_CLEAN;
    op.a.dev_bus_addr = mfn_to_maddr(nobody).n;
    ck_assert_int_eq(gnttab_cache_flush(d, &op, &cursor), -XEN_EPERM);
    op.a.dev_bus_addr = mfn_to_maddr(mfn(port_frame_limit())).n;
    ck_assert_int_eq(gnttab_cache_flush(d, &op, &cursor), -XEN_EINVAL);
    op.a.dev_bus_addr = mfn_to_maddr(other).n;
    ck_assert_int_eq(gnttab_call(GNTTABOP_cache_flush, &op, sizeof(op), 1), -XEN_EINVAL);
    ck_assert(gnttab_reserve(world_domain(GRANTER), 4));
    gnttab_grant_v1(GRANTER, 1500, GTF_permit_access, MAPPER, other);
    ck_assert_int_eq(gnttab_use_begin(world_domain(GRANTER), 1500, &wish, &granted), GNTST_okay);
    ck_assert_int_eq(gnttab_cache_flush(d, &op, &cursor), 1);
    ck_assert_int_eq(gnttab_cache_flush(d, &op, &cursor), 0);
    fake_preempt_every(1);
    ck_assert_int_eq(gnttab_call(GNTTABOP_cache_flush, &op, sizeof(op), 1), 0);
    op.length = 0;
    ck_assert_int_eq(gnttab_cache_flush(d, &op, &cursor), -XEN_EILSEQ);
    gnttab_use_end(world_domain(GRANTER), 1500, wish.uses);
    frame_free(nobody, 0, true);
    gnttab_world_check();
}
END_TEST

START_TEST(a_grant_has_so_many_uses)
{
    struct gnttab_wish wish = {MAPPER, GNTTAB_USE(GNTTAB_DEVICE_READ), false};
    struct domain *granter = world_domain(GRANTER);
    struct gnttab_granted granted;

    gnttab_grant_v1(GRANTER, 8, GTF_permit_access, MAPPER, world_frame(GRANTER));
    for (unsigned int i = 0; i < GNTTAB_USES_MAX; i++) {
        ck_assert_int_eq(gnttab_use_begin(granter, 8, &wish, &granted), GNTST_okay);
    }
    ck_assert_int_eq(gnttab_use_begin(granter, 8, &wish, &granted), GNTST_general_error);
    for (unsigned int i = 0; i < GNTTAB_USES_MAX; i++) {
        gnttab_use_end(granter, 8, wish.uses);
    }
    gnttab_world_check();
}
END_TEST

START_TEST(versions_that_cannot_be)
{
    struct gnttab *t = world_domain(MAPPER)->gnttab;
    struct gnttab_wish wish = {GRANTER, GNTTAB_USE(GNTTAB_HOST_READ), false};
    struct gnttab_granted granted;

    gnttab_grant_v1(MAPPER, 8, GTF_permit_access, GRANTER, world_frame(MAPPER));
    ck_assert_int_eq(gnttab_use_begin(world_domain(MAPPER), 8, &wish, &granted), GNTST_okay);
    ck_assert_int_eq(set_version(2), -XEN_EBUSY);
    gnttab_use_end(world_domain(MAPPER), 8, wish.uses);
    ck_assert_int_eq(set_version(0), -XEN_EINVAL);
    ck_assert_int_eq(set_version(3), -XEN_EINVAL);
    ck_assert_int_eq(set_version(2), 0);
    gnttab_entry_v2(t, 3)->full_page.frame = 1ull << 32;
    gnttab_entry_v2(t, 3)->hdr.flags = GTF_permit_access;
    ck_assert_int_eq(set_version(1), -XEN_ERANGE);
    gnttab_entry_v2(t, 3)->hdr.flags = GTF_transitive;
    ck_assert_int_eq(set_version(1), -XEN_ERANGE);
    gnttab_entry_v2(t, 3)->hdr.flags = GTF_accept_transfer;
    ck_assert_int_eq(set_version(1), 0);
    ck_assert_uint_eq(gnttab_entry_v1(t, 3)->flags, 0);
}
END_TEST

START_TEST(version_is_told)
{
    struct gnttab_get_version op = {.dom = GRANTER, .version = 9};

    ck_assert_int_eq(gnttab_call(GNTTABOP_get_version, &op, sizeof(op), 1), -XEN_EPERM);
    op.dom = 77;
    ck_assert_int_eq(gnttab_call(GNTTABOP_get_version, &op, sizeof(op), 1), -XEN_ESRCH);
    op.dom = DOMID_SELF;
    ck_assert_int_eq(gnttab_call(GNTTABOP_get_version, &op, sizeof(op), 1), 0);
    ck_assert_uint_eq(op.version, 1);
}
END_TEST

START_TEST(status_frames)
{
    struct gnttab_get_status_frames op = {.nr_frames = 1, .dom = DOMID_SELF, .status = 99};

    op.frame_list.p = (uint64_t *)LIST_ADDRESS;
    ck_assert_int_eq(gnttab_call(GNTTABOP_get_status_frames, &op, sizeof(op), 1), 0);
    ck_assert_int_eq(op.status, GNTST_general_error);
    ck_assert_int_eq(set_version(2), 0);
    ck_assert_int_eq(gnttab_call(GNTTABOP_get_status_frames, &op, sizeof(op), 1), 0);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_ptr_eq(frame_owner(mfn(LIST[0])), world_domain(MAPPER));
    op.nr_frames = 2;
    ck_assert_int_eq(gnttab_call(GNTTABOP_get_status_frames, &op, sizeof(op), 1), 0);
    ck_assert_int_eq(op.status, GNTST_general_error);
    op.dom = GRANTER;
    ck_assert_int_eq(gnttab_call(GNTTABOP_get_status_frames, &op, sizeof(op), 1), 0);
    ck_assert_int_eq(op.status, GNTST_permission_denied);
}
END_TEST

static int16_t swap(grant_ref_t a, grant_ref_t b)
{
    struct gnttab_swap_grant_ref op = {a, b, 99};

    ck_assert_int_eq(gnttab_call(GNTTABOP_swap_grant_ref, &op, sizeof(op), 1), 0);
    return op.status;
}

START_TEST(entries_swap)
{
    struct gnttab *t = world_domain(MAPPER)->gnttab;
    struct gnttab_wish wish = {GRANTER, GNTTAB_USE(GNTTAB_HOST_READ), false};
    struct gnttab_granted granted;
    mfn_t m = world_frame(MAPPER);

    gnttab_grant_v1(MAPPER, 10, GTF_permit_access, GRANTER, m);
    ck_assert_int_eq(swap(10, 11), GNTST_okay);
    ck_assert_uint_eq(gnttab_entry_v1(t, 10)->flags, 0);
    ck_assert_uint_eq(gnttab_entry_v1(t, 11)->frame, m.n);
    ck_assert_int_eq(swap(10, GNTTAB_V1_A_FRAME), GNTST_bad_gntref);
    ck_assert_int_eq(swap(~0u, 10), GNTST_bad_gntref);
    ck_assert_int_eq(swap(11, 11), GNTST_okay);
    ck_assert_int_eq(gnttab_use_begin(world_domain(MAPPER), 11, &wish, &granted), GNTST_okay);
    ck_assert_int_eq(swap(10, 11), GNTST_eagain);
    ck_assert_int_eq(swap(11, 10), GNTST_eagain);
    gnttab_use_end(world_domain(MAPPER), 11, wish.uses);
    ck_assert_int_eq(set_version(2), 0);
    *gnttab_entry_v2(t, 20) = (union grant_entry_v2){.full_page = {{GTF_permit_access, GRANTER}, 0, m.n}};
    t->status[0][10] = 0x00070005;
    ck_assert_int_eq(swap(20, 21), GNTST_okay);
    ck_assert_uint_eq(gnttab_entry_v2(t, 21)->full_page.frame, m.n);
    ck_assert_uint_eq(t->status[0][10], 0x00050007);
    gnttab_world_check();
}
END_TEST

START_TEST(cache_flush)
{
    struct gnttab_cache_flush op = {.offset = 0, .length = 16, .op = GNTTAB_CACHE_CLEAN};

    ck_assert_int_eq(gnttab_call(GNTTABOP_cache_flush, &op, sizeof(op), 0), 0);
    op.op = 8;
    ck_assert_int_eq(gnttab_call(GNTTABOP_cache_flush, &op, sizeof(op), 1), -XEN_EINVAL);
    op = (struct gnttab_cache_flush){.offset = 4090, .length = 16, .op = GNTTAB_CACHE_CLEAN};
    ck_assert_int_eq(gnttab_call(GNTTABOP_cache_flush, &op, sizeof(op), 1), -XEN_EINVAL);
}
END_TEST

START_TEST(debug_key_prints)
{
    struct gnttab_wish wish = {GRANTER, GNTTAB_USE(GNTTAB_HOST_READ), false};
    struct gnttab_granted granted;

    gnttab_grant_v1(MAPPER, 10, GTF_permit_access, GRANTER, world_frame(MAPPER));
    ck_assert_int_eq(gnttab_use_begin(world_domain(MAPPER), 10, &wish, &granted), GNTST_okay);
    gnttab_print(world_domain(MAPPER));
    ck_assert_str_eq(gnttab_log, "d1: 0 mappings of others' frames, in 0 of 4 frames");
    gnttab_use_end(world_domain(MAPPER), 10, wish.uses);
}
END_TEST

Suite *gnttab_table_suite(void)
{
    Suite *suite = suite_create("gnttab_table");
    TCase *tests = tcase_create("table");

    tcase_add_checked_fixture(tests, gnttab_world_start, NULL);
    tcase_add_test(tests, table_grows);
    tcase_add_test(tests, table_is_mapped_by_its_guest);
    tcase_add_test(tests, tables_of_others);
    tcase_add_test(tests, table_of_the_dying);
    tcase_add_test(tests, calls_are_checked);
    tcase_add_test(tests, transfers_are_refused);
    tcase_add_test(tests, limits_of_tables);
    tcase_add_test(tests, making_fails);
    tcase_add_test(tests, versions_keep_entries);
    tcase_add_test(tests, versions_that_cannot_be);
    tcase_add_test(tests, version_is_told);
    tcase_add_test(tests, status_frames_end_with_version_2);
    tcase_add_test(tests, cache_flush_of_whom);
    tcase_add_test(tests, a_grant_has_so_many_uses);
    tcase_add_test(tests, status_frames);
    tcase_add_test(tests, entries_swap);
    tcase_add_test(tests, cache_flush);
    tcase_add_test(tests, debug_key_prints);
    suite_add_tcase(suite, tests);
    return suite;
}
