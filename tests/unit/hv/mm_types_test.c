/* SPDX-License-Identifier: MIT */
/* Page types: what excludes what, validation and its undoing, preemption at every point, pins and roots. */
#include "core/page_table.h"
#include "mm_suites.h"
#include "mm_world.h"
#include "pvabi/xen.h"

START_TEST(writable_excludes_table)
{
    mfn_t m;

    world_start();
    m = world_frame(1);
    ck_assert_int_eq(frame_get_type(m, FRAME_WRITABLE), 0);
    for (enum frame_type t = FRAME_L1; t <= FRAME_SEGDESC; t++) {
        ck_assert_int_eq(frame_get_type(m, t), -XEN_EINVAL);
    }
    frame_put_type(m);
    ck_assert_int_eq(frame_get_type(m, FRAME_L1), 0);
    ck_assert_int_eq(frame_get_type(m, FRAME_WRITABLE), -XEN_EINVAL);
    ck_assert_int_eq(frame_get_type(m, FRAME_L2), -XEN_EINVAL);
    ck_assert_int_eq(frame_get_type(m, FRAME_L1), 0);
    ck_assert_uint_eq(TYPE_COUNT(m), 2);
    frame_put_type(m);
    frame_put_type(m);
    ck_assert_int_eq(frame_get_type(m, FRAME_WRITABLE), 0);
    frame_put_type(m);
    world_check();
}
END_TEST

START_TEST(count_is_bounded)
{
    mfn_t m;

    world_start();
    m = world_frame(1);
    ck_assert_int_eq(frame_get_type(m, FRAME_WRITABLE), 0);
    TYPE_WORD(m) |= PAGE_TYPE_COUNT_MASK;
    ck_assert_int_eq(frame_get_type(m, FRAME_WRITABLE), -XEN_EINVAL);
    ck_assert_uint_eq(TYPE_COUNT(m), PAGE_TYPE_COUNT_MASK);
    frame_of(m)->refs |= FRAME_COUNT_MAX;
    ck_assert(!frame_get(m, world_domain(1)));
}
END_TEST

START_TEST(foreign_frames_are_refused)
{
    struct space s;
    mfn_t foreign;
    struct domain *owner;

    world_start();
    s = world_space(1);
    foreign = world_frame(2);
    ck_assert(!frame_get(foreign, world_domain(1)));
    ck_assert(frame_get_any(foreign, &owner));
    ck_assert_ptr_eq(owner, world_domain(2));
    frame_put(foreign);
    /* At every level, and far outside of memory too. */
    world_set(s.l1, 3, foreign, RO);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), -XEN_EBUSY);
    world_check();
    world_set(s.l1, 3, mfn(0), 0);
    world_set(s.l2, 7, foreign, RW);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), -XEN_EINVAL);
    world_check();
    world_set(s.l2, 7, mfn(0xfffffffull), RW);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), -XEN_EINVAL);
    world_check();
    world_set(s.l2, 7, mfn(0), 0);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), 0);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(2), s.l4, 4), -XEN_EINVAL);
    world_check();
}
END_TEST

START_TEST(validation_is_recursive)
{
    struct space s;
    mfn_t page;

    world_start();
    s = world_space(1);
    page = world_frame(1);
    world_set(s.l1, 0, page, RW);
    world_set(s.l1, 1, page, RO);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), 0);
    ck_assert_int_eq(frame_type_now(s.l3), FRAME_L3);
    ck_assert_int_eq(frame_type_now(s.l2), FRAME_L2);
    ck_assert_int_eq(frame_type_now(s.l1), FRAME_L1);
    ck_assert_int_eq(frame_type_now(page), FRAME_WRITABLE);
    ck_assert_uint_eq(REF_COUNT(page), 3);
    ck_assert_uint_eq(TYPE_COUNT(page), 1);
    world_check();
    ck_assert_int_eq(mm_unpin(world_vcpu(1, 0), world_domain(1), s.l4), 0);
    ck_assert_uint_eq(REF_COUNT(page), 1);
    ck_assert_uint_eq(TYPE_COUNT(s.l1), 0);
    ck_assert_int_eq(mm_unpin(world_vcpu(1, 0), world_domain(1), s.l4), -XEN_EINVAL);
    world_check();
}
END_TEST

START_TEST(no_writable_mapping_of_a_table)
{
    mfn_t own[4];
    struct space s;

    world_start();
    s = world_space(1);
    own[0] = s.l1, own[1] = s.l2, own[2] = s.l3, own[3] = s.l4;
    for (unsigned int i = 0; i < 4; i++) {
        world_set(s.l1, 9, own[i], RW);
        ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), -XEN_EBUSY);
        world_check();
        world_set(s.l1, 9, own[i], RO);
        ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), 0);
        world_check();
        ck_assert_int_eq(mm_unpin(world_vcpu(1, 0), world_domain(1), s.l4), 0);
    }
    world_check();
}
END_TEST

START_TEST(hv_slots_of_l4)
{
    struct space s;

    world_start();
    s = world_space(1);
    world_set(s.l4, 256, mfn(0x12345), RW);
    world_set(s.l4, 271, mfn(0x12345), RW | PTE_SUPERPAGE);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), 0);
    ck_assert_uint_eq(fake_peek(s.l4, 256), 0); /* no M2P until it is a kernel's root */
    ck_assert_uint_ne(fake_peek(s.l4, 271), pte_make(mfn(0x12345), RW | PTE_SUPERPAGE));
    for (unsigned int i = 256; i <= 271; i++) {
        ck_assert_int_eq(world_mmu_update(world_slot(s.l4, i), 0, DOMID_SELF), -XEN_EINVAL);
    }
    ck_assert_int_eq(world_mmu_update(world_slot(s.l4, 255), 0, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l4, 272), 0, DOMID_SELF), 0);
    world_enter(world_vcpu(1, 0), s.l4);
    ck_assert_uint_ne(fake_peek(s.l4, 256), 0);
    world_check();
}
END_TEST

START_TEST(m2p_strict)
{
    struct space s;

    world_start();
    world_domain(1)->vm_assist |= 1ull << VMASST_TYPE_m2p_strict;
    s = world_space(1);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), 0);
    ck_assert_uint_ne(fake_peek(s.l4, 256), 0);
    ck_assert_int_eq(mm_set_user_root(world_vcpu(1, 0), s.l4), 0);
    ck_assert_uint_eq(fake_peek(s.l4, 256), 0);
    world_check();
}
END_TEST

/* A tree with a few tables at each level and pages below. */
static struct space bushy_space(void)
{
    struct space s = world_space(1);

    for (unsigned int i = 0; i < 6; i++) {
        mfn_t l3 = world_frame(1), l2 = world_frame(1), l1 = world_frame(1);

        world_set(s.l4, 10 * i + 1, l3, RW);
        world_set(l3, 511, l2, RW);
        world_set(s.l2, 100 + i, l1, RW);
        world_set(l2, 3 * i, l1, RW);
        world_set(l2, 3 * i + 1, s.l1, RW);
        world_set(l1, 17, world_frame(1), RW);
        world_set(l1, 511, world_frame(1), RO);
    }
    return s;
}

/* Preempted at each n-th look, everything is the same in the end, and consistent at every stop. */
START_TEST(preemption_at_every_point)
{
    struct vcpu *v;
    struct domain *d;
    struct space s;
    int rc, stops = 0;

    world_start();
    v = world_vcpu(1, 0);
    d = world_domain(1);
    s = bushy_space();
    fake_preempt_every((unsigned int)_i);
    while ((rc = mm_pin(v, d, s.l4, 4)) == -XEN_ERESTART) {
        world_check();
        stops++;
    }
    ck_assert_int_eq(rc, 0);
    ck_assert(_i > 3 || stops > 1);
    world_check();
    rc = mm_unpin(v, d, s.l4);
    ck_assert_int_eq(rc, 0);
    while (mm_finish_old_table(v)) {
        world_check();
    }
    world_check();
    ck_assert_uint_eq(TYPE_COUNT(s.l1), 0);
    ck_assert_uint_eq(TYPE_COUNT(s.l2), 0);
}
END_TEST

/* The same when the last entry of all is bad: all is given back, though it was preempted on the way there and
 * back. */
START_TEST(preemption_of_failure)
{
    struct vcpu *v;
    struct domain *d;
    struct space s;
    mfn_t bad;
    int rc;

    world_start();
    v = world_vcpu(1, 0);
    d = world_domain(1);
    s = bushy_space();
    bad = world_frame(1);
    world_set(bad, 511, world_frame(2), RO);
    world_set(s.l2, 511, bad, RW);
    fake_preempt_every((unsigned int)_i);
    while ((rc = mm_pin(v, d, s.l4, 4)) == -XEN_ERESTART) {
        world_check();
    }
    ck_assert(rc == -XEN_EBUSY || rc == -XEN_EINVAL); /* what was wrong is forgotten by a preempted undo */
    fake_preempt_every(0);
    world_check();
    for (uint64_t n = FAKE_RAM_FIRST; n < frame_table_count; n++) {
        ck_assert(!(frame_table[n].refs & FRAME_COUNT_MASK) || frame_table[n].refs & FRAME_HV ||
                  !(frame_table[n].type & PAGE_TYPE_COUNT_MASK));
        ck_assert(!(frame_table[n].refs & FRAME_COUNT_MASK) || !(frame_table[n].type & PAGE_TYPE_PARTIAL));
    }
}
END_TEST

/* A half-done table that is taken up by somebody else, as a root, and finished or dropped. */
START_TEST(half_done_is_anybodys)
{
    struct vcpu *v, *other;
    struct domain *d;
    struct space s;
    int rc;

    world_start();
    v = world_vcpu(1, 0);
    other = world_vcpu(1, 1);
    d = world_domain(1);
    s = bushy_space();
    fake_preempt_every(1);
    ck_assert_int_eq(mm_pin(v, d, s.l4, 4), -XEN_ERESTART);
    ck_assert_uint_eq(TYPE_WORD(s.l4) & PAGE_TYPE_PARTIAL, PAGE_TYPE_PARTIAL);
    /* Not to be had as anything else meanwhile. */
    ck_assert_int_eq(frame_get_type(s.l4, FRAME_WRITABLE), -XEN_EINVAL);
    ck_assert_int_eq(frame_get_type(s.l4, FRAME_L1), -XEN_EINVAL);
    world_check();
    fake_preempt_every(0);
    ck_assert_int_eq(mm_set_user_root(other, s.l4), 0);
    world_check();
    ck_assert_int_eq(mm_pin(v, d, s.l4, 4), 0);
    fake_preempt_every(1);
    ck_assert_int_eq(mm_unpin(v, d, s.l4), 0);
    world_check();
    /* The last user goes half-way; another one takes it up from there. */
    ck_assert_int_eq(mm_set_user_root(other, MFN_INVALID), 0);
    ck_assert(mfn_equal(other->mm.old_table, s.l4));
    world_check();
    fake_preempt_every(0);
    ck_assert_int_eq(mm_pin(v, d, s.l4, 4), 0);
    world_check();
    ck_assert_int_eq(mm_finish_old_table(other), 0);
    world_check();
    ck_assert_int_eq(mm_unpin(v, d, s.l4), 0);
    rc = mm_finish_old_table(v);
    ck_assert_int_eq(rc, 0);
    world_check();
}
END_TEST

START_TEST(pin_twice)
{
    struct space s;

    world_start();
    s = world_space(1);
    ck_assert_int_eq(world_mmuext(MMUEXT_PIN_L4_TABLE, s.l4.n, 0, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmuext(MMUEXT_PIN_L4_TABLE, s.l4.n, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_PIN_L3_TABLE, s.l4.n, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_PIN_L1_TABLE, s.l1.n, 0, DOMID_SELF), 0);
    world_check();
    ck_assert_int_eq(world_mmuext(MMUEXT_UNPIN_TABLE, s.l4.n, 0, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmuext(MMUEXT_UNPIN_TABLE, s.l4.n, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_uint_eq(TYPE_COUNT(s.l1), 1);
    world_check();
}
END_TEST

START_TEST(roots_hold_tables)
{
    struct space a, b;
    struct vcpu *v;

    world_start();
    v = world_vcpu(1, 0);
    a = world_space(1);
    b = world_space(1);
    world_enter(v, a.l4);
    world_check();
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_USER_BASEPTR, a.l4.n, 0, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_BASEPTR, b.l4.n, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(TYPE_COUNT(a.l4), 1);
    ck_assert_uint_eq(TYPE_COUNT(b.l4), 1);
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_BASEPTR, b.l4.n, 0, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_BASEPTR, a.l3.n, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert(mfn_equal(mm_hw_root(&v->mm, v->cpu.kernel_mode), b.l4));
    world_check();
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(TYPE_COUNT(a.l4), 0);
    world_check();
    ck_assert_int_eq(mm_drop_roots(v), 0);
    ck_assert_uint_eq(TYPE_COUNT(b.l4), 0);
    world_check();
}
END_TEST

START_TEST(type_change_flushes)
{
    struct space s;
    mfn_t page, m;
    struct vcpu *v;

    world_start();
    v = world_vcpu(1, 0);
    s = world_space(1);
    page = world_frame(1);
    world_set(s.l1, 5, page, RW);
    world_enter(v, s.l4);
    ck_assert(fake_touch(guest_va(0x5000), true, &m));
    ck_assert(mfn_equal(m, page));
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 5), 0, DOMID_SELF), 0);
    /* The guest has not flushed: its stale translation is its own affair, until the frame becomes a table. */
    ck_assert(fake_touch(guest_va(0x5000), true, &m));
    ck_assert_int_eq(world_mmuext(MMUEXT_PIN_L1_TABLE, page.n, 0, DOMID_SELF), 0);
    ck_assert(!fake_touch(guest_va(0x5000), true, &m));
    world_check();
}
END_TEST

START_TEST(freed_frame_is_flushed)
{
    struct space s;
    mfn_t page, m;
    struct domain *d;
    uint64_t before;

    world_start();
    d = world_domain(1);
    s = world_space(1);
    page = world_frame(1);
    world_set(s.l1, 5, page, RO);
    world_enter(world_vcpu(1, 0), s.l4);
    ck_assert(fake_touch(guest_va(0x5000), false, &m));
    before = frame_free_count();
    ck_assert_int_eq(mm_release(d, page), 0);
    ck_assert_int_eq(mm_release(d, page), 0);
    ck_assert_uint_eq(frame_free_count(), before); /* still mapped */
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 5), 0, DOMID_SELF), 0);
    ck_assert_uint_eq(frame_free_count(), before + 1);
    world_check();
    /* Whoever gets it next: nobody sees it through an old translation. */
    while (mm_alloc(world_domain(2), 0, 0, &m) == 0 && !mfn_equal(m, page)) {
        continue;
    }
    ck_assert(mfn_equal(m, page));
    world_check();
}
END_TEST

START_TEST(descriptors_exclude_writing)
{
    mfn_t m;

    world_start();
    m = world_frame(1);
    ck_assert_int_eq(frame_get_type(m, FRAME_SEGDESC), 0);
    ck_assert_int_eq(frame_get_type(m, FRAME_WRITABLE), -XEN_EINVAL);
    frame_put_type(m);
    /* A descriptor that is not allowed: a present task-state segment. */
    fake_poke(m, 3, 0x00008b0000000067ull);
    ck_assert_int_eq(frame_get_type(m, FRAME_SEGDESC), -XEN_EINVAL);
    ck_assert_uint_eq(TYPE_COUNT(m), 0);
    ck_assert_int_eq(frame_get_type(m, FRAME_WRITABLE), 0);
    frame_put_type(m);
    world_check();
}
END_TEST

START_TEST(ldt_page_becomes_writable)
{
    struct space s;
    struct vcpu *v;
    mfn_t page;

    world_start();
    v = world_vcpu(1, 0);
    s = world_space(1);
    page = world_frame(1);
    world_set(s.l1, 5, page, RO);
    world_enter(v, s.l4);
    /* As the LDT's first use does. */
    ck_assert_int_eq(frame_get_with_type(page, world_domain(1), FRAME_SEGDESC), 0);
    v->machine.ldt[0] = page;
    world_check();
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 5), pte_make(page, RW), DOMID_SELF), -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 5), 0, DOMID_SELF), 0);
    ck_assert_uint_eq(TYPE_COUNT(page), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 5), pte_make(page, RW), DOMID_SELF), 0);
    world_check();
}
END_TEST

/* A dying domain leaves nothing, whatever it was in the middle of. */
START_TEST(relinquish)
{
    struct vcpu *v;
    struct domain *d;
    struct space s;
    uint64_t free_before;
    unsigned int rounds = 0;

    world_start();
    free_before = frame_free_count();
    v = world_vcpu(1, 0);
    d = world_domain(1);
    s = bushy_space();
    world_set(s.l1, 0, s.l1, RO);
    world_set(s.l1, 1, s.l4, RO);
    world_set(s.l4, 511, s.l4, RO);
    ck_assert_int_eq(mm_pin(v, d, s.l3, 3), 0);
    world_enter(v, s.l4);
    fake_run(NULL);
    fake_become_cpu(0);
    fake_preempt_every((unsigned int)_i);
    if (_i == 1) {
        struct space t = bushy_space();

        ck_assert_int_eq(mm_pin(v, d, t.l4, 4), -XEN_ERESTART);
    }
    d->life = DOMAIN_DYING;
    while (mm_drop_roots(v)) {
        world_check();
    }
    while (mm_relinquish(d)) {
        world_check();
        rounds++;
    }
    ck_assert(_i == 0 || rounds > 0);
    world_check();
    ck_assert_uint_eq(d->mm.frame_count, 0);
    ck_assert_uint_eq(d->refs, 1);
    ck_assert_uint_eq(frame_free_count(), free_before);
}
END_TEST

/* A foreign mapping keeps a frame and its dead owner until it goes. */
START_TEST(relinquish_with_foreign_mapping)
{
    struct space s;
    struct domain *d;
    mfn_t page, shared;
    void *address;

    world_start();
    d = world_domain(1);
    page = world_frame(1);
    address = mm_share_frame(d, true);
    shared = port_hv_frame(address);
    s = world_space(0);
    world_enter(world_vcpu(0, 0), s.l4);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 0), pte_make(page, RW), 1), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 1), pte_make(shared, RW), 1), 0);
    world_check();
    d->life = DOMAIN_DYING;
    ck_assert_int_eq(mm_relinquish(d), 0);
    world_check();
    ck_assert_uint_eq(d->refs, 2);
    ck_assert_uint_eq(d->mm.frame_count, 1);
    ck_assert_int_eq(mm_unshare_frame(d, address), -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 0), 0, DOMID_SELF), 0);
    ck_assert_uint_eq(d->refs, 2);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 1), 0, DOMID_SELF), 0);
    ck_assert_uint_eq(d->refs, 1);
    ck_assert_int_eq(mm_unshare_frame(d, address), 0);
    world_check();
    ck_assert_int_eq(mm_alloc(d, 0, 0, &page), -XEN_ENOMEM);
}
END_TEST

Suite *mm_types_suite(void)
{
    Suite *suite = suite_create("mm types");
    TCase *tests = tcase_create("types");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, writable_excludes_table);
    tcase_add_test(tests, count_is_bounded);
    tcase_add_test(tests, foreign_frames_are_refused);
    tcase_add_test(tests, validation_is_recursive);
    tcase_add_test(tests, no_writable_mapping_of_a_table);
    tcase_add_test(tests, hv_slots_of_l4);
    tcase_add_test(tests, m2p_strict);
    tcase_add_loop_test(tests, preemption_at_every_point, 1, 24);
    tcase_add_loop_test(tests, preemption_of_failure, 1, 24);
    tcase_add_test(tests, half_done_is_anybodys);
    tcase_add_test(tests, pin_twice);
    tcase_add_test(tests, roots_hold_tables);
    tcase_add_test(tests, type_change_flushes);
    tcase_add_test(tests, freed_frame_is_flushed);
    tcase_add_test(tests, descriptors_exclude_writing);
    tcase_add_test(tests, ldt_page_becomes_writable);
    tcase_add_loop_test(tests, relinquish, 0, 6);
    tcase_add_test(tests, relinquish_with_foreign_mapping);
    suite_add_tcase(suite, tests);
    return suite;
}
