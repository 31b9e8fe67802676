/* SPDX-License-Identifier: MIT */
/* Entries that map what is not simply the guest's own: grants, I/O memory, the hypervisor's shared frames. */
#include "core/pt_update.h"
#include "lib/rangeset.h"
#include "mm_suites.h"
#include "mm_world.h"

static struct space space;
static mfn_t page;

/* Domain 1 runs on a small address space: address 0 maps page, writable. */
static void start(void)
{
    world_start();
    space = world_space(1);
    page = world_frame(1);
    world_set(space.l1, 0, page, RW);
    world_enter(world_vcpu(1, 0), space.l4);
}

static uint64_t l1_slot(unsigned int index)
{
    return world_slot(space.l1, index);
}

START_TEST(read_only_grant_is_not_upgraded)
{
    struct pt_grant_place place = {.address = guest_va(0x3000)};
    mfn_t foreign;

    start();
    foreign = world_frame(2);
    ck_assert(frame_get(foreign, world_domain(2)));
    ck_assert_int_eq(pt_grant_map(world_vcpu(1, 0), place, pte_make(foreign, RO)), 0);
    ck_assert_int_eq(world_mmu_update(l1_slot(3), pte_make(foreign, RW), DOMID_SELF), -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(l1_slot(4), pte_make(foreign, RO), DOMID_SELF), -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(l1_slot(3), pte_make(foreign, RO | PTE_ACCESSED), DOMID_SELF), 0);
    world_check();
    ck_assert_int_eq(world_mmu_update(l1_slot(3), 0, DOMID_SELF), 0);
    ck_assert_uint_eq(REF_COUNT(foreign), 1);
    world_check();
}
END_TEST

START_TEST(io_memory)
{
    struct range storage[4];
    struct rangeset io;
    uint64_t uc = PTE_WRITE_THROUGH | PTE_CACHE_DISABLE;

    start();
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(mfn(0xa0), RW), DOMID_SELF), -XEN_EPERM);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(mfn(0xa0), RW), DOMID_IO), -XEN_EPERM);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), PTE_FRAME_MASK | RW, DOMID_SELF), -XEN_EINVAL);
    rangeset_init(&io, storage, 4);
    ck_assert_int_eq(rangeset_add(&io, 0xa0, 0xa0), 0);
    ck_assert_int_eq(rangeset_add(&io, 0xfee01, 0xfee02), 0);
    world_domain(1)->io_frames = &io;
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(mfn(0xa0), RW), DOMID_SELF), 0);
    ck_assert_int_eq(world_mmu_update(l1_slot(2), pte_make(mfn(0xfee01), RW), DOMID_IO), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 2),
                      pte_make(mfn(0xfee01), RW | PTE_GLOBAL | uc)); /* never cached */
    ck_assert_int_eq(world_mmu_update(l1_slot(3), pte_make(mfn(0xfee01), RW | PTE_ATTRIBUTE), DOMID_SELF), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 3), pte_make(mfn(0xfee01), RW | PTE_GLOBAL | PTE_ATTRIBUTE));
    ck_assert_int_eq(world_mmu_update(l1_slot(4), pte_make(mfn(0xfee03), RW), DOMID_SELF), -XEN_EPERM);
    ck_assert_int_eq(world_mmu_update(l1_slot(4), pte_make(page, RO), DOMID_IO), -XEN_EBUSY);
    world_check();
    /* With such rights the guest chooses attributes for its RAM too; the caches are flushed when that ends.
     */
    ck_assert_int_eq(world_mmu_update(l1_slot(4), pte_make(page, RO | uc), DOMID_SELF), 0);
    ck_assert(frame_of(page)->refs & FRAME_UNCACHED);
    for (unsigned int i = 1; i < 5; i++) {
        ck_assert_int_eq(world_mmu_update(l1_slot(i), 0, DOMID_SELF), 0);
    }
    world_check();
}
END_TEST

START_TEST(shared_frames)
{
    void *writable, *readonly;
    struct range storage[1];
    struct rangeset io;

    start();
    writable = mm_share_frame(world_domain(1), true);
    readonly = mm_share_frame(world_domain(1), false);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(port_hv_frame(writable), RW), DOMID_SELF), 0);
    ck_assert_int_eq(world_mmu_update(l1_slot(2), pte_make(port_hv_frame(readonly), RW), DOMID_SELF),
                     -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(l1_slot(2), pte_make(port_hv_frame(readonly), RO), DOMID_SELF), 0);
    ck_assert_int_eq(world_mmuext(MMUEXT_PIN_L1_TABLE, port_hv_frame(writable).n, 0, DOMID_SELF),
                     -XEN_EINVAL);
    ck_assert_int_eq(mm_release(world_domain(1), port_hv_frame(writable)), -XEN_EINVAL);
    rangeset_init(&io, storage, 1);
    world_domain(1)->io_frames = &io;
    ck_assert_int_eq(
        world_mmu_update(l1_slot(3), pte_make(port_hv_frame(writable), RO | PTE_CACHE_DISABLE), DOMID_SELF),
        -XEN_EACCES);
    world_check();
    ck_assert_int_eq(mm_unshare_frame(world_domain(1), writable), -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), 0, DOMID_SELF), 0);
    ck_assert_int_eq(mm_unshare_frame(world_domain(1), writable), 0);
    world_check();
}
END_TEST

/* The machine-to-physical table: for those who control the machine, to read. */
START_TEST(frames_of_domid_xen)
{
    struct space s;
    mfn_t m;

    start();
    m = frame_alloc_hv(0);
    mm_share_xen(m, 1, false);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(m, RO), DOMID_XEN), -XEN_EPERM);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(m, RO), DOMID_SELF), -XEN_EBUSY);
    fake_run(NULL);
    s = world_space(0);
    world_enter(world_vcpu(0, 0), s.l4);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 1), pte_make(m, RW), DOMID_XEN), -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 1), pte_make(m, RO), DOMID_XEN), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 1), 0, DOMID_SELF), 0);
    ck_assert_uint_eq(REF_COUNT(m), 1);
    world_check();
}
END_TEST

START_TEST(grants)
{
    struct pt_grant_place by_pte = {.pte = maddr(l1_slot(3))}, by_address = {.address = guest_va(0x4000)};
    struct vcpu *v;
    mfn_t foreign;

    start();
    by_pte.pte = maddr(l1_slot(3));
    v = world_vcpu(1, 0);
    foreign = world_frame(2);
    ck_assert(frame_get(foreign, world_domain(2)));
    ck_assert(frame_get(foreign, world_domain(2)));
    /* Entries that are none. */
    ck_assert_int_eq(
        pt_grant_map(v, (struct pt_grant_place){.pte = maddr(l1_slot(3) + 4)}, pte_make(foreign, RO)),
        -XEN_EINVAL);
    ck_assert_int_eq(pt_grant_map(v, (struct pt_grant_place){.pte = maddr(world_slot(space.l2, 3))},
                                  pte_make(foreign, RO)),
                     -XEN_EINVAL);
    ck_assert_int_eq(
        pt_grant_map(v, (struct pt_grant_place){.pte = maddr(world_slot(page, 3))}, pte_make(foreign, RO)),
        -XEN_EINVAL);
    ck_assert_int_eq(
        pt_grant_map(v, (struct pt_grant_place){.address = guest_va(1ull << 30)}, pte_make(foreign, RO)),
        -XEN_EINVAL);
    ck_assert_int_eq(pt_grant_map(v, (struct pt_grant_place){.pte = maddr(world_slot(world_frame(2), 3))},
                                  pte_make(foreign, RO)),
                     -XEN_EINVAL);
    ck_assert_int_eq(pt_grant_map(v, by_pte, pte_make(foreign, RO)), 0);
    /* What stood there is given back. */
    world_set(space.l1, 9, mfn(0), 0);
    ck_assert_int_eq(world_mmu_update(l1_slot(4), pte_make(page, RW), DOMID_SELF), 0);
    ck_assert_uint_eq(TYPE_COUNT(page), 2);
    ck_assert_int_eq(pt_grant_map(v, by_address, pte_make(foreign, PTE_PRESENT)), 0);
    ck_assert_uint_eq(TYPE_COUNT(page), 1);
    ck_assert_uint_eq(fake_peek(space.l1, 4), pte_make(foreign, RO | PTE_GUEST_KERNEL));
    world_check();
    ck_assert_int_eq(pt_grant_unmap(v, by_address, page, true, guest_va(0)), -XEN_EINVAL);
    ck_assert_int_eq(pt_grant_unmap(v, by_address, foreign, false, guest_va(0)), -XEN_EINVAL);
    /* Address 0 maps the page, writable: that takes the place of the grant. */
    ck_assert_int_eq(pt_grant_unmap(v, by_address, foreign, true, guest_va(0)), 0);
    frame_put(foreign);
    ck_assert_uint_eq(fake_peek(space.l1, 4), 0);
    ck_assert_int_eq(pt_grant_unmap(v, by_pte, foreign, true, guest_va(0x5000)), 0);
    frame_put(foreign);
    world_check();
    ck_assert_uint_eq(REF_COUNT(foreign), 1);
}
END_TEST

START_TEST(unmap_and_replace)
{
    struct pt_grant_place place = {.address = guest_va(0x4000)};
    struct vcpu *v;
    mfn_t foreign;

    start();
    v = world_vcpu(1, 0);
    foreign = world_frame(2);
    ck_assert(frame_get(foreign, world_domain(2)));
    ck_assert_int_eq(pt_grant_map(v, place, pte_make(foreign, RO)), 0);
    ck_assert_int_eq(world_mmu_update(l1_slot(6), pte_make(page, RW), DOMID_SELF), 0);
    ck_assert_int_eq(pt_grant_unmap(v, place, foreign, true, guest_va(1ull << 30)), -XEN_EINVAL);
    ck_assert_int_eq(pt_grant_unmap(v, place, foreign, true, guest_va(0x6000)), 0);
    frame_put(foreign);
    ck_assert_uint_eq(fake_peek(space.l1, 6), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 4), pte_make(page, RW | PTE_GLOBAL));
    world_check();
}
END_TEST

START_TEST(l1tf)
{
    mfn_t other;

    start();
    pte_l1tf = (struct pte_l1tf){.mask = PTE_FRAME_MASK, .limit = 0x100000000ull, .others = true};
    ck_assert_int_eq(world_mmu_update(l1_slot(1), 0x5000, DOMID_SELF), -XEN_EINVAL);
    ck_assert_uint_eq(world_crashes(1), 1);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), 0xffe, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), 0x000ffffffffff000ull, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(space.l3, 1), 0x5000, DOMID_SELF), -XEN_EINVAL);
    ck_assert_uint_eq(world_crashes(1), 2);
    /* A large page that is not present; bits that the CPU does not look at; found by validation. */
    ck_assert_int_eq(world_mmu_update(l1_slot(1), PTE_SUPERPAGE, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(space.l3, 1), PTE_SUPERPAGE, DOMID_SELF), -XEN_EINVAL);
    ck_assert_uint_eq(world_crashes(1), 3);
    pte_l1tf.mask = 0x00000000fffff000ull;
    ck_assert_int_eq(world_mmu_update(l1_slot(1), 0x100000000ull, DOMID_SELF), 0);
    other = world_frame(1);
    world_set(other, 9, mfn(5), PTE_WRITE);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), other, 1), -XEN_EINVAL);
    ck_assert_uint_eq(world_crashes(1), 4);
    /* The first domain's entries are another choice. */
    pte_l1tf.others = false;
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), other, 1), 0);
    world_check();
}
END_TEST

Suite *mm_mapping_suite(void)
{
    Suite *suite = suite_create("mm mapping");
    TCase *tests = tcase_create("mappings");

    tcase_add_test(tests, read_only_grant_is_not_upgraded);
    tcase_add_test(tests, io_memory);
    tcase_add_test(tests, shared_frames);
    tcase_add_test(tests, frames_of_domid_xen);
    tcase_add_test(tests, grants);
    tcase_add_test(tests, unmap_and_replace);
    tcase_add_test(tests, l1tf);
    suite_add_tcase(suite, tests);
    return suite;
}
