/* SPDX-License-Identifier: MIT */
/* The rules of entries, bit by bit, at every level, by validation and by update alike. */
#include "lib/rangeset.h"
#include "mm_suites.h"
#include "mm_world.h"

static const unsigned int allowed_bits[] = {0,  1,  2,  5,  6,  9,  10, 11, 52, 53,
                                            54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

static bool always_allowed(unsigned int bit)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(allowed_bits); i++) {
        if (allowed_bits[i] == bit) {
            return true;
        }
    }
    return bit >= 12 && bit <= 51; /* the frame */
}

START_TEST(bits)
{
    struct range storage[1];
    struct rangeset io;

    world_start();
    rangeset_init(&io, storage, 1);
    for (unsigned int bit = 0; bit < 64; bit++) {
        uint64_t entry = PTE_PRESENT | 1ull << bit;

        ck_assert_int_eq(pte_upper_allowed(entry), always_allowed(bit));
        ck_assert_int_eq(pte_l1_allowed(world_domain(1), entry), always_allowed(bit) || bit == 8);
        world_domain(1)->io_frames = &io;
        ck_assert_int_eq(pte_l1_allowed(world_domain(1), entry),
                         always_allowed(bit) || bit == 8 || bit == 3 || bit == 4 || bit == 7);
        world_domain(1)->io_frames = NULL;
    }
}
END_TEST

/* The same bits decide when a whole table is validated. */
START_TEST(bits_in_tables)
{
    struct space s;
    mfn_t tables[4], targets[4];
    unsigned int bit = (unsigned int)_i;

    if (bit >= 12 && bit <= 51) {
        return; /* another frame: who knows whose */
    }
    world_start();
    s = world_space(1);
    tables[0] = s.l1, tables[1] = s.l2, tables[2] = s.l3, tables[3] = s.l4;
    targets[0] = world_frame(1), targets[1] = s.l1, targets[2] = s.l2, targets[3] = s.l3;
    for (unsigned int level = 1; level <= 4; level++) {
        bool allowed = always_allowed(bit) || (level == 1 && bit == 8);
        int expected = allowed ? 0 : -XEN_EINVAL;

        world_set(tables[level - 1], 7, targets[level - 1], PTE_PRESENT);
        fake_poke(tables[level - 1], 7, fake_peek(tables[level - 1], 7) ^ (bit == 0 ? 0 : 1ull << bit));
        ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), expected);
        world_check();
        if (expected == 0) {
            ck_assert_int_eq(mm_unpin(world_vcpu(1, 0), world_domain(1), s.l4), 0);
        }
        fake_poke(tables[level - 1], 7, 0);
    }
    world_check();
}
END_TEST

START_TEST(adjusting)
{
    ck_assert_uint_eq(pte_l1_adjust(PTE_PRESENT), RO | PTE_GUEST_KERNEL);
    ck_assert_uint_eq(pte_l1_adjust(PTE_PRESENT | PTE_GLOBAL), RO | PTE_GUEST_KERNEL);
    ck_assert_uint_eq(pte_l1_adjust(RO), RO | PTE_GLOBAL);
    ck_assert_uint_eq(pte_l1_adjust(RO | PTE_GLOBAL), RO | PTE_GLOBAL);
    /* What was read back and is written again stays what it was. */
    ck_assert_uint_eq(pte_l1_adjust(RO | PTE_GUEST_KERNEL), RO | PTE_GUEST_KERNEL);
    ck_assert_uint_eq(pte_upper_adjust(PTE_PRESENT), RO);
    ck_assert_uint_eq(pte_upper_adjust(RW), RW);
}
END_TEST

START_TEST(table_is_adjusted)
{
    struct space s;
    mfn_t page;

    world_start();
    s = world_space(1);
    page = world_frame(1);
    world_set(s.l1, 0, page, PTE_PRESENT | PTE_WRITE);
    world_set(s.l1, 1, page, RO);
    fake_poke(s.l1, 2, 0xfffffffffffffffeull); /* not present: any bits */
    world_set(s.l2, 1, s.l1, PTE_PRESENT);
    ck_assert_int_eq(mm_pin(world_vcpu(1, 0), world_domain(1), s.l4, 4), 0);
    ck_assert_uint_eq(fake_peek(s.l1, 0), pte_make(page, RW | PTE_GUEST_KERNEL));
    ck_assert_uint_eq(fake_peek(s.l1, 1), pte_make(page, RO | PTE_GLOBAL));
    ck_assert_uint_eq(fake_peek(s.l1, 2), 0xfffffffffffffffeull);
    ck_assert_uint_eq(fake_peek(s.l2, 1), pte_make(s.l1, RO));
    world_check();
}
END_TEST

/* The last entry of each table is looked at, however many empty ones are passed over. */
START_TEST(every_slot_is_validated)
{
    mfn_t table, foreign;

    world_start();
    table = world_frame(1);
    foreign = world_frame(2);
    for (unsigned int i = 0; i < 512; i++) {
        world_set(table, i, foreign, RO);
        ck_assert_int_eq(frame_get_type(table, FRAME_L1), -XEN_EBUSY);
        fake_poke(table, i, 0);
    }
    ck_assert_int_eq(frame_get_type(table, FRAME_L1), 0);
    frame_put_type(table);
    world_check();
}
END_TEST

START_TEST(kernel_pages_survive_no_flush_of_user_mode)
{
    struct space kernel, user;
    mfn_t shared, secret, m;
    struct vcpu *v;

    world_start();
    v = world_vcpu(1, 0);
    kernel = world_space(1);
    user = world_space(1);
    shared = world_frame(1);
    secret = world_frame(1);
    world_set(kernel.l1, 0, shared, RO);
    world_set(kernel.l1, 1, secret, PTE_PRESENT);
    world_set(user.l1, 0, shared, RO);
    world_enter(v, kernel.l4);
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_USER_BASEPTR, user.l4.n, 0, DOMID_SELF), 0);
    ck_assert(fake_touch(guest_va(0x1000), false, &m));
    /* To user mode: the kernel's page is not to be seen there, not even from the cache. */
    v->cpu.kernel_mode = false;
    mm_update_hw_root(v);
    ck_assert(!fake_touch(guest_va(0x1000), false, &m));
    ck_assert(fake_touch(guest_va(0), false, &m));
    v->cpu.kernel_mode = true;
    mm_update_hw_root(v);
    ck_assert(fake_touch(guest_va(0x1000), false, &m));
    /* A new kernel root flushes the user's pages, which are global. */
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_BASEPTR, user.l4.n, 0, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(user.l1, 0), 0, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_BASEPTR, user.l4.n, 0, DOMID_SELF), 0);
    ck_assert(!fake_touch(guest_va(0), false, &m));
    world_check();
}
END_TEST

Suite *mm_pte_suite(void)
{
    Suite *suite = suite_create("mm pte");
    TCase *tests = tcase_create("entries");

    tcase_add_test(tests, bits);
    tcase_add_loop_test(tests, bits_in_tables, 0, 64);
    tcase_add_test(tests, adjusting);
    tcase_add_test(tests, table_is_adjusted);
    tcase_add_test(tests, every_slot_is_validated);
    tcase_add_test(tests, kernel_pages_survive_no_flush_of_user_mode);
    suite_add_tcase(suite, tests);
    return suite;
}
