/* SPDX-License-Identifier: MIT */
/* Mapping grants and unmapping them: rights, page tables, references, interruptions, deaths. */
#include "gnttab_suites.h"
#include "gnttab_world.h"

#include "core/pt_update.h"

#define PLACE 0x5000ull
#define REF   9u

static mfn_t granted;

static uint16_t flags_of(grant_ref_t ref)
{
    return gnttab_entry_v1(world_domain(GRANTER)->gnttab, ref)->flags;
}

static void setup(void)
{
    gnttab_world_start();
    granted = world_frame(GRANTER);
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, MAPPER, granted);
}

START_TEST(map_write_and_unmap)
{
    grant_handle_t handle = gnttab_map_ok(REF, GNTMAP_host_map, PLACE);
    uint64_t expected =
        PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_GUEST_KERNEL | PTE_ACCESSED | PTE_DIRTY | PTE_NO_EXECUTE;

    ck_assert_uint_eq(gnttab_pte(PLACE), pte_make(granted, expected));
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access | GTF_reading | GTF_writing);
    gnttab_world_check();
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE, 0), GNTST_okay);
    ck_assert_uint_eq(gnttab_pte(PLACE), 0);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    ck_assert_uint_eq(REF_COUNT(granted), 1);
    ck_assert_uint_eq(TYPE_COUNT(granted), 0);
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE, 0), GNTST_bad_handle);
    gnttab_world_check();
}
END_TEST

START_TEST(map_read_only_for_user)
{
    uint32_t flags = GNTMAP_host_map | GNTMAP_readonly | GNTMAP_application_map | 5u << _GNTMAP_guest_avail0;
    uint64_t expected =
        PTE_PRESENT | PTE_USER | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY | PTE_NO_EXECUTE | 5u << 9;

    gnttab_grant_v1(GRANTER, REF, GTF_permit_access | GTF_readonly, MAPPER, granted);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, PLACE), GNTST_general_error);
    gnttab_map_ok(REF, flags, PLACE);
    ck_assert_uint_eq(gnttab_pte(PLACE), pte_make(granted, expected));
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access | GTF_readonly | GTF_reading);
    /* A later wish to write is looked at anew. */
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, PLACE), GNTST_general_error);
    gnttab_world_check();
}
END_TEST

/* Writing is marked as long as one mapping may write, reading as long as there is one. */
START_TEST(marks_go_with_the_last)
{
    grant_handle_t reader = gnttab_map_ok(REF, GNTMAP_host_map | GNTMAP_readonly, PLACE);
    grant_handle_t writer = gnttab_map_ok(REF, GNTMAP_host_map, PLACE + PAGE_SIZE);

    ck_assert_uint_eq(flags_of(REF), GTF_permit_access | GTF_reading | GTF_writing);
    gnttab_world_check();
    ck_assert_int_eq(gnttab_unmap_try(writer, PLACE + PAGE_SIZE, 0), GNTST_okay);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access | GTF_reading);
    ck_assert_int_eq(gnttab_unmap_try(reader, PLACE, 0), GNTST_okay);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    gnttab_world_check();
}
END_TEST

START_TEST(map_refusals)
{
    mfn_t foreign = world_frame(THIRD);

    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, 0, PLACE), GNTST_bad_gntref);
    ck_assert_int_eq(gnttab_map_try(77, REF, GNTMAP_host_map, PLACE), GNTST_bad_domain);
    ck_assert_int_eq(gnttab_map_try(DOMID_SELF, REF, GNTMAP_host_map, PLACE), GNTST_bad_domain);
    ck_assert_int_eq(gnttab_map_try(GRANTER, GNTTAB_V1_A_FRAME, GNTMAP_host_map, PLACE), GNTST_bad_gntref);
    ck_assert_int_eq(gnttab_map_try(GRANTER, ~0u, GNTMAP_host_map, PLACE), GNTST_bad_gntref);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF + 1, GNTMAP_host_map, PLACE), GNTST_general_error);
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, THIRD, granted);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, PLACE), GNTST_general_error);
    gnttab_grant_v1(GRANTER, REF, GTF_accept_transfer, MAPPER, granted);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, PLACE), GNTST_general_error);
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, MAPPER, foreign);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, PLACE), GNTST_bad_page);
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, MAPPER, mfn(0xffffffff));
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, PLACE), GNTST_bad_page);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    ck_assert_uint_eq(world_domain(MAPPER)->gnttab->maptrack.used, 0);
    gnttab_world_check();
}
END_TEST

START_TEST(map_needs_a_place)
{
    struct space s = gnttab_space();
    uint32_t by_pte = GNTMAP_host_map | GNTMAP_contains_pte;

    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, 1ull << 40), GNTST_general_error);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, 0xffff800000000000ull),
                     GNTST_general_error);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, by_pte, 0), GNTST_general_error);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, by_pte, world_slot(s.l1, 5) + 4), GNTST_general_error);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, by_pte, world_slot(s.l2, 5)), GNTST_general_error);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, by_pte, world_slot(granted, 5)), GNTST_general_error);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, by_pte, ~7ull), GNTST_general_error);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    gnttab_world_check();
}
END_TEST

START_TEST(map_by_entry)
{
    struct space s = gnttab_space();
    uint64_t slot = world_slot(s.l1, 7);
    grant_handle_t handle = gnttab_map_ok(REF, GNTMAP_host_map | GNTMAP_contains_pte, slot);

    ck_assert_uint_eq(pte_frame(gnttab_pte(0x7000)).n, granted.n);
    gnttab_world_check();
    ck_assert_int_eq(gnttab_unmap_try(handle, slot, 0), GNTST_okay);
    ck_assert_uint_eq(gnttab_pte(0x7000), 0);
    gnttab_world_check();
}
END_TEST

/* What is a page table of the granter's may be seen, but not written. */
START_TEST(map_of_a_page_table)
{
    struct space s = world_space(GRANTER);

    fake_run(world_vcpu(GRANTER, 0));
    ck_assert_int_eq(mm_set_kernel_root(world_vcpu(GRANTER, 0), s.l4), 0);
    fake_run(world_vcpu(MAPPER, 0));
    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, MAPPER, s.l1);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_host_map, PLACE), GNTST_general_error);
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_device_map, 0), GNTST_general_error);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    gnttab_map_ok(REF, GNTMAP_host_map | GNTMAP_readonly, PLACE);
    gnttab_world_check();
}
END_TEST

START_TEST(map_replaces_an_entry)
{
    mfn_t own = world_frame(MAPPER);
    grant_handle_t handle;

    ck_assert_int_eq(world_mmu_update(world_slot(gnttab_space().l1, 5), pte_make(own, RW), DOMID_SELF), 0);
    ck_assert_uint_eq(REF_COUNT(own), 2);
    handle = gnttab_map_ok(REF, GNTMAP_host_map, PLACE);
    ck_assert_uint_eq(REF_COUNT(own), 1);
    gnttab_world_check();
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE, 0), GNTST_okay);
    gnttab_world_check();
}
END_TEST

START_TEST(halves_apart)
{
    uint64_t bus = mfn_to_maddr(granted).n;
    grant_handle_t handle = gnttab_map_ok(REF, GNTMAP_host_map | GNTMAP_device_map, PLACE);

    gnttab_world_check();
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE, bus + PAGE_SIZE), GNTST_bad_dev_addr);
    ck_assert_uint_ne(gnttab_pte(PLACE), 0);
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE, 0), GNTST_okay);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access | GTF_reading | GTF_writing);
    gnttab_world_check();
    ck_assert_int_eq(gnttab_unmap_try(handle, 0, bus), GNTST_okay);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    ck_assert_int_eq(gnttab_unmap_try(handle, 0, bus), GNTST_bad_handle);
    gnttab_world_check();
}
END_TEST

/* Two requests for one handle in one call: each gets its half. */
START_TEST(halves_in_one_batch)
{
    grant_handle_t handle = gnttab_map_ok(REF, GNTMAP_host_map | GNTMAP_device_map, PLACE);
    struct gnttab_unmap_grant_ref ops[3] = {
        {.host_addr = PLACE, .handle = handle, .status = 99},
        {.dev_bus_addr = mfn_to_maddr(granted).n, .handle = handle, .status = 99},
        {.host_addr = PLACE, .handle = handle, .status = 99},
    };

    ck_assert_int_eq(gnttab_call(GNTTABOP_unmap_grant_ref, ops, sizeof(ops[0]), 3), 0);
    ck_assert_int_eq(ops[0].status, GNTST_okay);
    ck_assert_int_eq(ops[1].status, GNTST_okay);
    ck_assert_int_eq(ops[2].status, GNTST_bad_handle);
    gnttab_world_check();
}
END_TEST

/* The entry must be the mapping: a guest that changed it keeps the handle until it has put that right. */
START_TEST(unmap_wrong_place)
{
    grant_handle_t handle = gnttab_map_ok(REF, GNTMAP_host_map, PLACE);
    mfn_t own = world_frame(MAPPER);

    ck_assert_int_eq(gnttab_unmap_try(~0u, PLACE, 0), GNTST_bad_handle);
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE + PAGE_SIZE, 0), GNTST_general_error);
    ck_assert_int_eq(gnttab_unmap_try(handle, 1ull << 40, 0), GNTST_general_error);
    ck_assert_int_eq(world_mmu_update(world_slot(gnttab_space().l1, 6), pte_make(own, RW), DOMID_SELF), 0);
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE + PAGE_SIZE, 0), GNTST_general_error);
    gnttab_world_check();
    /* Overwritten by other means: the entry's references are gone, the use stays until the domain ends. */
    ck_assert_int_eq(world_mmu_update(world_slot(gnttab_space().l1, 5), 0, DOMID_SELF), 0);
    gnttab_world_check();
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE, 0), GNTST_general_error);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access | GTF_reading | GTF_writing);
    gnttab_world_check();
}
END_TEST

START_TEST(unmap_and_replace)
{
    grant_handle_t handle = gnttab_map_ok(REF, GNTMAP_host_map, PLACE);
    mfn_t own = world_frame(MAPPER);
    struct gnttab_unmap_and_replace op = {PLACE, PLACE + PAGE_SIZE, handle, 99};
    uint64_t entry;

    ck_assert_int_eq(world_mmu_update(world_slot(gnttab_space().l1, 6), pte_make(own, RW), DOMID_SELF), 0);
    entry = gnttab_pte(PLACE + PAGE_SIZE);
    ck_assert_int_eq(gnttab_call(GNTTABOP_unmap_and_replace, &op, sizeof(op), 1), 0);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_uint_eq(gnttab_pte(PLACE), entry);
    ck_assert_uint_eq(gnttab_pte(PLACE + PAGE_SIZE), 0);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    gnttab_world_check();
}
END_TEST

#define MANY 80u

static void grant_many(void)
{
    for (grant_ref_t ref = 0; ref < MANY; ref++) {
        gnttab_grant_v1(GRANTER, ref + 8, GTF_permit_access, MAPPER, world_frame(GRANTER));
    }
}

static void map_many(struct gnttab_map_grant_ref *ops)
{
    for (unsigned int i = 0; i < MANY; i++) {
        ops[i] = (struct gnttab_map_grant_ref){.host_addr = (i + 1) * PAGE_SIZE,
                                               .flags = GNTMAP_host_map,
                                               .ref = i + 8,
                                               .dom = GRANTER,
                                               .status = 99};
    }
    ck_assert_int_eq(gnttab_call(GNTTABOP_map_grant_ref, ops, sizeof(ops[0]), MANY), 0);
}

static void unmap_many(const struct gnttab_map_grant_ref *ops)
{
    struct gnttab_unmap_grant_ref unmaps[MANY];

    for (unsigned int i = 0; i < MANY; i++) {
        unmaps[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = ops[i].host_addr, .handle = ops[i].handle, .status = 99};
    }
    ck_assert_int_eq(gnttab_call(GNTTABOP_unmap_grant_ref, unmaps, sizeof(unmaps[0]), MANY), 0);
    for (unsigned int i = 0; i < MANY; i++) {
        ck_assert_int_eq(unmaps[i].status, GNTST_okay);
    }
}

START_TEST(arrays_are_interrupted)
{
    struct gnttab_map_grant_ref ops[MANY];

    grant_many();
    fake_preempt_every(3);
    map_many(ops);
    ck_assert_uint_ge(fake_preempt_calls(), MANY / 2);
    for (unsigned int i = 0; i < MANY; i++) {
        ck_assert_int_eq(ops[i].status, GNTST_okay);
        ck_assert_uint_ne(gnttab_pte(ops[i].host_addr), 0);
    }
    gnttab_world_check();
    fake_preempt_every(1);
    unmap_many(ops);
    ck_assert_uint_eq(world_domain(MAPPER)->gnttab->maptrack.used, 0);
    gnttab_world_check();
}
END_TEST

/* One flush serves a batch of unmaps. */
START_TEST(unmaps_share_flushes)
{
    struct gnttab_map_grant_ref ops[MANY];
    unsigned int before;

    grant_many();
    map_many(ops);
    before = fake_tlb_flushes(0);
    unmap_many(ops);
    ck_assert_uint_le(fake_tlb_flushes(0) - before, (MANY + 31) / 32);
    gnttab_world_check();
}
END_TEST

START_TEST(allocation_fails)
{
    for (unsigned int n = 1;; n++) {
        int16_t status;

        fake_fail_alloc(n);
        status = gnttab_map_try(GRANTER, REF, GNTMAP_host_map, PLACE);
        gnttab_world_check();
        if (!fake_failed_alloc()) {
            ck_assert_int_eq(status, GNTST_okay);
            ck_assert_uint_gt(n, 1);
            break;
        }
        ck_assert_int_eq(status, GNTST_no_device_space);
        ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    }
}
END_TEST

START_TEST(copies_fail)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = PLACE, .flags = GNTMAP_host_map, .ref = REF, .dom = GRANTER};

    fake_fail_copy(1);
    ck_assert_int_eq(gnttab_call(GNTTABOP_map_grant_ref, &op, sizeof(op), 1), -XEN_EFAULT);
    ck_assert_uint_eq(flags_of(REF), GTF_permit_access);
    gnttab_world_check();
    fake_fail_copy(2);
    ck_assert_int_eq(gnttab_call(GNTTABOP_map_grant_ref, &op, sizeof(op), 1), -XEN_EFAULT);
    gnttab_world_check();
}
END_TEST

START_TEST(handles_run_out)
{
    const grant_ref_t first = 100;
    unsigned int mapped = 0;
    grant_ref_t ref;
    int16_t status;

    do {
        ref = first + mapped / GNTTAB_USES_MAX;
        if (mapped % GNTTAB_USES_MAX == 0) {
            gnttab_grant_v1(GRANTER, ref, GTF_permit_access, MAPPER, world_frame(GRANTER));
        }
        status = gnttab_map_try(GRANTER, ref, GNTMAP_device_map | GNTMAP_readonly, 0);
        mapped += status == GNTST_okay;
    } while (status == GNTST_okay);
    ck_assert_int_eq(status, GNTST_no_device_space);
    ck_assert_uint_eq(mapped, 4 * (PAGE_SIZE / sizeof(struct gnttab_mapping)));
    gnttab_world_check();
    fake_preempt_every(1);
    while ((status = (int16_t)gnttab_release_mappings(world_domain(MAPPER))) != 0) {
        ck_assert_int_eq(status, -XEN_ERESTART);
        gnttab_world_check();
    }
    ck_assert_uint_eq(world_domain(MAPPER)->gnttab->maptrack.used, 0);
    ck_assert_uint_eq(flags_of(first), GTF_permit_access);
    gnttab_world_check();
}
END_TEST

/* What is asked changes right after it was read: only what was read counts. */
START_TEST(arguments_are_read_once)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = PLACE, .flags = GNTMAP_host_map, .ref = REF, .dom = GRANTER};

    fake_double_fetch(true);
    ck_assert_int_eq(gnttab_call(GNTTABOP_map_grant_ref, &op, sizeof(op), 1), 0);
    fake_double_fetch(false);
    ck_assert_int_eq(op.status, GNTST_okay);
    ck_assert_uint_eq(pte_frame(gnttab_pte(PLACE)).n, granted.n);
    gnttab_world_check();
}
END_TEST

/* A frame that its owner returned stays the owner's until the last mapping ends. */
START_TEST(granter_returns_the_frame)
{
    grant_handle_t handle = gnttab_map_ok(REF, GNTMAP_host_map, PLACE);

    ck_assert_int_eq(mm_release(world_domain(GRANTER), granted), 0);
    gnttab_world_check();
    ck_assert_ptr_eq(frame_owner(granted), world_domain(GRANTER));
    /* The grant is gone as well, but the guest of this test forgot its marks. */
    gnttab_grant_v1(GRANTER, REF, GTF_invalid, 0, mfn(0));
    gnttab_world_check();
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE, 0), GNTST_okay);
    ck_assert_ptr_null(frame_owner(granted));
    gnttab_world_check();
}
END_TEST

/* While it is used, an entry serves the same user with the same frame, whatever the granter writes there. */
START_TEST(entry_changes_in_use)
{
    mfn_t other = world_frame(GRANTER);
    grant_handle_t handle = gnttab_map_ok(REF, GNTMAP_host_map, PLACE);

    gnttab_grant_v1(GRANTER, REF, GTF_permit_access, THIRD, other);
    gnttab_map_ok(REF, GNTMAP_host_map, PLACE + PAGE_SIZE);
    ck_assert_uint_eq(pte_frame(gnttab_pte(PLACE + PAGE_SIZE)).n, granted.n);
    fake_run(world_vcpu(THIRD, 0));
    ck_assert_int_eq(gnttab_map_try(GRANTER, REF, GNTMAP_device_map, 0), GNTST_general_error);
    fake_run(world_vcpu(MAPPER, 0));
    ck_assert_int_eq(gnttab_unmap_try(handle, PLACE, 0), GNTST_okay);
    gnttab_world_check();
}
END_TEST

Suite *gnttab_map_suite(void)
{
    Suite *suite = suite_create("gnttab_map");
    TCase *tests = tcase_create("map");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, map_write_and_unmap);
    tcase_add_test(tests, map_read_only_for_user);
    tcase_add_test(tests, marks_go_with_the_last);
    tcase_add_test(tests, map_refusals);
    tcase_add_test(tests, map_needs_a_place);
    tcase_add_test(tests, map_by_entry);
    tcase_add_test(tests, map_of_a_page_table);
    tcase_add_test(tests, map_replaces_an_entry);
    tcase_add_test(tests, halves_apart);
    tcase_add_test(tests, halves_in_one_batch);
    tcase_add_test(tests, unmap_wrong_place);
    tcase_add_test(tests, unmap_and_replace);
    tcase_add_test(tests, arrays_are_interrupted);
    tcase_add_test(tests, unmaps_share_flushes);
    tcase_add_test(tests, allocation_fails);
    tcase_add_test(tests, copies_fail);
    tcase_add_test(tests, handles_run_out);
    tcase_add_test(tests, arguments_are_read_once);
    tcase_add_test(tests, granter_returns_the_frame);
    tcase_add_test(tests, entry_changes_in_use);
    suite_add_tcase(suite, tests);
    return suite;
}
