/* SPDX-License-Identifier: MIT */
/* Copies by grants: every kind of end, parts of frames, grants of grants. */
#include "gnttab_suites.h"
#include "gnttab_world.h"

#define REF 9u

static mfn_t granted, own;

static void setup(void)
{
    gnttab_world_start();
    granted = world_frame(GRANTER);
    own = world_frame(MAPPER);
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, MAPPER, granted);
    fake_poke(granted, 0, 0x1111);
    fake_poke(granted, 1, 0x2222);
    fake_poke(own, 0, 0xaaaa);
}

/* From grant ref of a domain into the caller's frame. */
static struct gnttab_copy copy_in(domid_t from, grant_ref_t ref, uint16_t offset, uint16_t length)
{
    struct gnttab_copy op = {.len = length, .flags = GNTCOPY_source_gref, .status = 99};

    op.source.u.ref = ref;
    op.source.domid = from;
    op.source.offset = offset;
    op.dest.u.gmfn = own.n;
    op.dest.domid = DOMID_SELF;
    return op;
}

static struct gnttab_copy copy_out(domid_t to, grant_ref_t ref, uint16_t offset, uint16_t length)
{
    struct gnttab_copy op = {.len = length, .flags = GNTCOPY_dest_gref, .status = 99};

    op.source.u.gmfn = own.n;
    op.source.domid = DOMID_SELF;
    op.dest.u.ref = ref;
    op.dest.domid = to;
    op.dest.offset = offset;
    return op;
}

static int16_t run(struct gnttab_copy op)
{
    ck_assert_int_eq(gnttab_call(GNTTABOP_copy, &op, sizeof(op), 1), 0);
    gnttab_world_check();
    return op.status;
}

START_TEST(copy_both_ways)
{
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 8, 8)), GNTST_okay);
    ck_assert_uint_eq(fake_peek(own, 0), 0x2222);
    ck_assert_int_eq(run(copy_out(GRANTER, REF, 4088, 8)), GNTST_okay);
    ck_assert_uint_eq(fake_peek(granted, 511), 0x2222);
    ck_assert_uint_eq(gnttab_entry_v1(world_domain(GRANTER)->gnttab, REF)->flags, GTF_permit_access);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 0)), GNTST_okay);
}
END_TEST

START_TEST(copy_between_grants_and_own)
{
    mfn_t second = world_frame(THIRD);
    struct gnttab_copy op = {.len = 16, .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref};

    gnttab_grant_v1(THIRD, 10, GTF_permit_access, MAPPER, second);
    op.source.u.ref = REF;
    op.source.domid = GRANTER;
    op.dest.u.ref = 10;
    op.dest.domid = THIRD;
    ck_assert_int_eq(run(op), GNTST_okay);
    ck_assert_uint_eq(fake_peek(second, 1), 0x2222);
    op = (struct gnttab_copy){.len = 8};
    op.source.u.gmfn = op.dest.u.gmfn = own.n;
    op.source.domid = op.dest.domid = DOMID_SELF;
    op.dest.offset = 4;
    ck_assert_int_eq(run(op), GNTST_okay);
    ck_assert_uint_eq(fake_peek(own, 0), 0xaaaa0000aaaaull);
}
END_TEST

START_TEST(copy_refusals)
{
    struct gnttab_copy op = copy_in(GRANTER, REF, 0, 8);

    op.dest.u.gmfn = granted.n;
    ck_assert_int_eq(run(op), GNTST_bad_page);
    op.dest.u.gmfn = ~0ull;
    ck_assert_int_eq(run(op), GNTST_bad_page);
    op = copy_in(GRANTER, REF, 0, 8);
    op.dest.domid = MAPPER;
    ck_assert_int_eq(run(op), GNTST_permission_denied);
    ck_assert_int_eq(run(copy_in(77, REF, 0, 8)), GNTST_bad_domain);
    ck_assert_int_eq(run(copy_in(GRANTER, ~0u, 0, 8)), GNTST_bad_gntref);
    ck_assert_int_eq(run(copy_in(GRANTER, REF + 1, 0, 8)), GNTST_general_error);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 4089, 8)), GNTST_bad_copy_arg);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0xffff, 0xffff)), GNTST_bad_copy_arg);
    ck_assert_uint_eq(fake_peek(own, 0), 0xaaaa);
}
END_TEST

START_TEST(copy_rights)
{
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access | GTF_readonly, MAPPER, granted);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_okay);
    ck_assert_int_eq(run(copy_out(GRANTER, REF, 0, 8)), GNTST_general_error);
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, THIRD, granted);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_general_error);
    ck_assert_uint_eq(fake_peek(granted, 0), 0x1111);
}
END_TEST

/* Neither a grant nor an own frame is a way to write into a page table. */
START_TEST(copy_into_tables)
{
    struct gnttab_copy op = copy_in(GRANTER, REF, 0, 8);
    struct space s = world_space(GRANTER);

    op.dest.u.gmfn = gnttab_space().l1.n;
    ck_assert_int_eq(run(op), GNTST_general_error);
    op.dest.u.gmfn = gnttab_space().l4.n;
    ck_assert_int_eq(run(op), GNTST_general_error);
    ck_assert_int_eq(mm_set_kernel_root(world_vcpu(GRANTER, 0), s.l4), 0);
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, MAPPER, s.l2);
    ck_assert_int_eq(run(copy_out(GRANTER, REF, 0, 8)), GNTST_general_error);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_okay);
}
END_TEST

static union grant_entry_v2 *v2_entry(unsigned int domain, grant_ref_t ref)
{
    return gnttab_entry_v2(world_domain(domain)->gnttab, ref);
}

static void v2_start(void)
{
    ck_assert_int_eq(gnttab_set_version(world_domain(GRANTER), 2), 0);
    ck_assert_int_eq(gnttab_set_version(world_domain(THIRD), 2), 0);
}

static uint32_t v2_status(unsigned int domain, grant_ref_t ref)
{
    return world_domain(domain)->gnttab->status[0][ref / 2] >> ref % 2 * 16 & 0xffff;
}

START_TEST(v2_whole_frames)
{
    grant_handle_t handle;

    v2_start();
    *v2_entry(GRANTER, REF) =
        (union grant_entry_v2){.full_page = {{GTF_permit_access, MAPPER}, 0, granted.n}};
    handle = gnttab_map_ok(REF, GNTMAP_host_map, 0x5000);
    ck_assert_uint_eq(v2_status(GRANTER, REF), GTF_reading | GTF_writing);
    ck_assert_uint_eq(v2_entry(GRANTER, REF)->hdr.flags, GTF_permit_access);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_okay);
    ck_assert_int_eq(gnttab_unmap_try(handle, 0x5000, 0), GNTST_okay);
    ck_assert_uint_eq(v2_status(GRANTER, REF), 0);
    v2_entry(GRANTER, REF)->hdr.flags |= GTF_readonly;
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, 0x5000), GNTST_general_error);
    ck_assert_uint_eq(v2_status(GRANTER, REF), 0);
    gnttab_map_ok(REF, GNTMAP_host_map | GNTMAP_readonly, 0x5000);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, 0x6000), GNTST_general_error);
    ck_assert_uint_eq(v2_status(GRANTER, REF), GTF_reading);
    v2_entry(GRANTER, REF + 1)->full_page.frame = ~0ull;
    v2_entry(GRANTER, REF + 1)->hdr = (struct grant_entry_header){GTF_permit_access, MAPPER};
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF + 1, GNTMAP_host_map, 0x6000), GNTST_bad_page);
    ck_assert_int_eq(run(copy_in(GRANTER, REF + 1, 0, 8)), GNTST_bad_page);
    ck_assert_uint_eq(v2_status(GRANTER, REF + 1), 0);
    gnttab_world_check();
}
END_TEST

START_TEST(v2_parts_of_frames)
{
    v2_start();
    *v2_entry(GRANTER, REF) =
        (union grant_entry_v2){.sub_page = {{GTF_permit_access | GTF_sub_page, MAPPER}, 8, 16, granted.n}};
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, 0x5000), GNTST_general_error);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 8, 16)), GNTST_okay);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 16, 8)), GNTST_okay);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 7, 8)), GNTST_general_error);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 8, 17)), GNTST_general_error);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 24, 1)), GNTST_general_error);
    /* Limits that are no limits do not lead out of the frame. */
    v2_entry(GRANTER, REF)->sub_page.length = 0xffff;
    v2_entry(GRANTER, REF)->sub_page.page_off = 0;
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 4095, 2)), GNTST_bad_copy_arg);
    ck_assert_uint_eq(v2_status(GRANTER, REF), 0);
}
END_TEST

/* The third domain grants to the granter, which passes it on to the mapper. */
START_TEST(v2_grants_of_grants)
{
    mfn_t source = world_frame(THIRD);

    v2_start();
    fake_poke(source, 0, 0x3333);
    *v2_entry(THIRD, 20) = (union grant_entry_v2){.full_page = {{GTF_permit_access, GRANTER}, 0, source.n}};
    *v2_entry(GRANTER, REF) = (union grant_entry_v2){.transitive = {{GTF_transitive, MAPPER}, THIRD, 0, 20}};
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, 0x5000), GNTST_general_error);
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_okay);
    ck_assert_uint_eq(fake_peek(own, 0), 0x3333);
    ck_assert_uint_eq(v2_status(GRANTER, REF) | v2_status(THIRD, 20), 0);
    fake_poke(own, 0, 0x4444);
    ck_assert_int_eq(run(copy_out(GRANTER, REF, 0, 8)), GNTST_okay);
    ck_assert_uint_eq(fake_peek(source, 0), 0x4444);
    v2_entry(THIRD, 20)->hdr.flags |= GTF_readonly;
    ck_assert_int_eq(run(copy_out(GRANTER, REF, 0, 8)), GNTST_general_error);
    v2_entry(THIRD, 20)->hdr.domid = MAPPER;
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_general_error);
    ck_assert_uint_eq(v2_status(GRANTER, REF) | v2_status(THIRD, 20), 0);
}
END_TEST

START_TEST(v2_chains_end)
{
    v2_start();
    /* To itself, to nobody, and a chain of three. */
    *v2_entry(GRANTER, REF) =
        (union grant_entry_v2){.transitive = {{GTF_transitive, MAPPER}, GRANTER, 0, REF}};
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_general_error);
    v2_entry(GRANTER, REF)->transitive.trans_domid = 77;
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_general_error);
    v2_entry(GRANTER, REF)->transitive.trans_domid = THIRD;
    v2_entry(GRANTER, REF)->transitive.gref = 20;
    *v2_entry(THIRD, 20) = (union grant_entry_v2){.transitive = {{GTF_transitive, GRANTER}, 0, 0, 8}};
    gnttab_grant_v1(0, 8, GTF_permit_access, THIRD, world_frame(0));
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_general_error);
    ck_assert_uint_eq(v2_status(GRANTER, REF) | v2_status(THIRD, 20), 0);
    /* What was granted by the mapper itself comes back to it. */
    gnttab_grant_v1(MAPPER, 8, GTF_permit_access, GRANTER, own);
    *v2_entry(GRANTER, REF) = (union grant_entry_v2){.transitive = {{GTF_transitive, MAPPER}, MAPPER, 0, 8}};
    ck_assert_int_eq(run(copy_in(GRANTER, REF, 0, 8)), GNTST_okay);
}
END_TEST

START_TEST(copies_are_interrupted)
{
    struct gnttab_copy ops[20];

    for (unsigned int i = 0; i < 20; i++) {
        ops[i] = copy_in(GRANTER, REF, i % 2 * 8, 8);
        ops[i].dest.offset = (uint16_t)(i * 8);
    }
    ops[7].source.u.ref = 33;
    fake_preempt_every(3);
    ck_assert_int_eq(gnttab_call(GNTTABOP_copy, ops, sizeof(ops[0]), 20), 0);
    for (unsigned int i = 0; i < 20; i++) {
        ck_assert_int_eq(ops[i].status, i == 7 ? GNTST_general_error : GNTST_okay);
        ck_assert_uint_eq(fake_peek(own, i), i == 7 ? 0 : i % 2 ? 0x2222 : 0x1111);
    }
    gnttab_world_check();
}
END_TEST

START_TEST(copy_arguments_are_read_once)
{
    struct gnttab_copy op = copy_in(GRANTER, REF, 0, 8);

    fake_double_fetch(true);
    ck_assert_int_eq(gnttab_call(GNTTABOP_copy, &op, sizeof(op), 1), 0);
    fake_double_fetch(false);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_uint_eq(fake_peek(own, 0), 0x1111);
    gnttab_world_check();
}
END_TEST

Suite *gnttab_copy_suite(void)
{
    Suite *suite = suite_create("gnttab_copy");
    TCase *tests = tcase_create("copy");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, copy_both_ways);
    tcase_add_test(tests, copy_between_grants_and_own);
    tcase_add_test(tests, copy_refusals);
    tcase_add_test(tests, copy_rights);
    tcase_add_test(tests, copy_into_tables);
    tcase_add_test(tests, v2_whole_frames);
    tcase_add_test(tests, v2_parts_of_frames);
    tcase_add_test(tests, v2_grants_of_grants);
    tcase_add_test(tests, v2_chains_end);
    tcase_add_test(tests, copies_are_interrupted);
    tcase_add_test(tests, copy_arguments_are_read_once);
    suite_add_tcase(suite, tests);
    return suite;
}
