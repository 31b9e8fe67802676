/* SPDX-License-Identifier: MIT */
/* Linear page tables: entries that point at their own table, or at another one of its level. */
#include "core/page_table.h"
#include "mm_suites.h"
#include "mm_world.h"
#include "pvabi/xen.h"

START_TEST(linear_entry_is_read_only)
{
    struct space s;

    world_start();
    s = world_space(1);
    world_set(s.l4, 300, s.l4, RW);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), -XEN_EINVAL);
    world_set(s.l4, 300, s.l4, RO);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), 0);
    world_check();
    /* Not to be made writable by an update of flags either. */
    ck_assert_int_eq(world_mmu_update(world_slot(s.l4, 300), pte_make(s.l4, RW), DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l4, 300), pte_make(s.l4, RO | PTE_ACCESSED), DOMID_SELF),
                     0);
    world_check();
    ck_assert_int_eq(world_mmu_update(world_slot(s.l4, 300), 0, DOMID_SELF), 0);
    ck_assert_int_eq(mm_unpin(world_vcpu(1, 0), world_domain(1), s.l4), 0);
    world_check();
}
END_TEST

/* Another table of the same level, of each level: read-only, when it is valid, and one step deep. */
START_TEST(linear_entry_of_another_table)
{
    struct domain *d;
    struct space a, b;

    world_start();
    d = world_domain(1);
    a = world_space(1);
    b = world_space(1);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, a.l4, 4), 0);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, b.l4, 4), 0);
    for (unsigned int level = 2; level <= 4; level++) {
        mfn_t from = level == 4 ? a.l4 : level == 3 ? a.l3 : a.l2;
        mfn_t to = level == 4 ? b.l4 : level == 3 ? b.l3 : b.l2;
        uint64_t slot = world_slot(from, 300);

        ck_assert_int_eq(world_mmu_update(slot, pte_make(to, RW), DOMID_SELF), -XEN_EINVAL);
        ck_assert_int_eq(world_mmu_update(slot, pte_make(to, RO), DOMID_SELF), 0);
        ck_assert_int_eq(page_type_linear(TYPE_WORD(from)), 1);
        ck_assert_int_eq(page_type_linear(TYPE_WORD(to)), -1);
        world_check();
        /* Flags may change, but for W; not one of both may have or be what the other is. */
        ck_assert_int_eq(world_mmu_update(slot, pte_make(to, RO | PTE_ACCESSED), DOMID_SELF), 0);
        ck_assert_int_eq(world_mmu_update(slot, pte_make(to, RW), DOMID_SELF), -XEN_EINVAL);
        ck_assert_int_eq(world_mmu_update(world_slot(to, 300), pte_make(from, RO), DOMID_SELF), -XEN_EINVAL);
        ck_assert_int_eq(world_mmu_update(world_slot(from, 301), pte_make(to, RO), DOMID_SELF), 0);
        ck_assert_int_eq(page_type_linear(TYPE_WORD(to)), -2);
        ck_assert_int_eq(world_mmu_update(world_slot(from, 301), 0, DOMID_SELF), 0);
        world_check();
    }
    /* What is pointed at outlives its pin, and ends with the entry. */
    ck_assert_int_eq(mm_unpin(world_vcpu(1, 0), d, b.l4), 0);
    ck_assert_uint_eq(TYPE_COUNT(b.l4), 1);
    world_check();
    fake_preempt_every(1);
    ck_assert_int_eq(world_mmuext(MMUEXT_UNPIN_TABLE, a.l4.n, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(TYPE_COUNT(b.l4), 0);
    world_check();
}
END_TEST

/* Found by validation rather than by an update; and nothing of the kind when it is switched off. */
START_TEST(linear_entry_validated)
{
    struct domain *d;
    struct space a, b;

    world_start();
    d = world_domain(1);
    a = world_space(1);
    b = world_space(1);
    world_set(a.l4, 400, b.l4, RO);
    world_set(a.l4, 401, a.l4, RO);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, b.l4, 4), 0);
    page_table_linear_allowed = false;
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, a.l4, 4), -XEN_EINVAL);
    world_set(a.l4, 400, mfn(0), 0);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, a.l4, 4), -XEN_EINVAL);
    page_table_linear_allowed = true;
    world_set(a.l4, 400, b.l4, RO);
    world_set(a.l4, 402, b.l4, RW); /* after 400 was taken: that is given back */
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, a.l4, 4), -XEN_EINVAL);
    ck_assert_int_eq(page_type_linear(TYPE_WORD(b.l4)), 0);
    world_set(a.l4, 402, b.l4, RO);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), d, a.l4, 4), 0);
    ck_assert_int_eq(page_type_linear(TYPE_WORD(a.l4)), 2);
    world_check();
    ck_assert_int_eq(mm_unpin(world_vcpu(1, 0), d, a.l4), 0);
    world_check();
}
END_TEST

Suite *mm_linear_suite(void)
{
    Suite *suite = suite_create("mm linear");
    TCase *tests = tcase_create("linear");

    tcase_add_test(tests, linear_entry_is_read_only);
    tcase_add_test(tests, linear_entry_of_another_table);
    tcase_add_test(tests, linear_entry_validated);
    suite_add_tcase(suite, tests);
    return suite;
}
