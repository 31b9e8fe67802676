/* SPDX-License-Identifier: MIT */
/* mmu_update, mmuext_op and update_va_mapping as a guest sees them: errors, counts, foreign domains, flushes.
 */
#include "core/page_table.h"
#include "mm_suites.h"
#include "mm_world.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

#include <signal.h>

#define BUFFER 0x20000000ull

static struct {
    struct mmu_update updates[8];
    struct mmuext_op ops[8];
    uint64_t bitmap;
    uint32_t done;
} guest;

static struct space space;
static mfn_t page;

/* Domain 1 runs on a small address space: address 0 maps page, writable. */
static void start(void)
{
    world_start();
    fake_guest_memory(guest_va(BUFFER), &guest, sizeof(guest));
    space = world_space(1);
    page = world_frame(1);
    world_set(space.l1, 0, page, RW);
    world_enter(world_vcpu(1, 0), space.l4);
}

static uint64_t l1_slot(unsigned int index)
{
    return world_slot(space.l1, index);
}

/* A page of the guest at address 0 asks for entry 10 to map it read-only; the entry's place. */
static uint64_t l1_slot_of_page(void)
{
    start();
    fake_poke(page, 0, l1_slot(10));
    fake_poke(page, 1, pte_make(page, RO));
    return l1_slot(10);
}

static uint64_t guest_address(const void *p)
{
    return BUFFER + (uint64_t)((const char *)p - (const char *)&guest);
}

static struct hypercall_args batch(const void *requests, uint64_t count, uint64_t foreign)
{
    return (struct hypercall_args){
        .arg = {guest_address(requests), count, guest_address(&guest.done), foreign}};
}

START_TEST(commands)
{
    start();
    ck_assert_int_eq(world_mmu_update(l1_slot(1) | 4, pte_make(page, RO), DOMID_SELF), -XEN_ENOSYS);
    ck_assert_int_eq(world_mmu_update(l1_slot(1) | 7, pte_make(page, RO), DOMID_SELF), -XEN_ENOSYS);
    ck_assert_int_eq(world_mmu_update(l1_slot(1) | 3, pte_make(page, RO), DOMID_SELF), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 1), pte_make(page, RO | PTE_GLOBAL));
    ck_assert_int_eq(world_mmu_update(l1_slot(2), pte_make(page, PTE_PRESENT), DOMID_SELF), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 2), pte_make(page, RO | PTE_GUEST_KERNEL));
    ck_assert_int_eq(world_mmu_update(1ull << 45 | 1, 5, DOMID_SELF), -XEN_EINVAL);
    world_check();
}
END_TEST

START_TEST(preserve_ad)
{
    start();
    fake_poke(space.l1, 0, fake_peek(space.l1, 0) | PTE_ACCESSED | PTE_DIRTY);
    ck_assert_int_eq(world_mmu_update(l1_slot(0) | MMU_PT_UPDATE_PRESERVE_AD, pte_make(page, RO), DOMID_SELF),
                     0);
    ck_assert_uint_eq(fake_peek(space.l1, 0), pte_make(page, RO | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY));
    ck_assert_uint_eq(TYPE_COUNT(page), 0);
    ck_assert_uint_eq(REF_COUNT(page), 2);
    world_check();
    ck_assert_int_eq(world_mmu_update(l1_slot(0), pte_make(page, RW), DOMID_SELF), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 0), pte_make(page, RW | PTE_GLOBAL));
    ck_assert_uint_eq(TYPE_COUNT(page), 1);
    world_check();
}
END_TEST

START_TEST(flags_only_needs_no_count)
{
    uint64_t refs;

    start();
    refs = frame_of(page)->refs;
    ck_assert_int_eq(
        world_mmu_update(l1_slot(0), pte_make(page, RW | PTE_NO_EXECUTE | PTE_DIRTY), DOMID_SELF), 0);
    ck_assert_uint_eq(frame_of(page)->refs, refs);
    ck_assert_int_eq(world_mmu_update(l1_slot(0), pte_make(page, RW | PTE_CACHE_DISABLE), DOMID_SELF),
                     -XEN_EINVAL);
    ck_assert_int_eq(
        world_mmu_update(world_slot(space.l2, 0), pte_make(space.l1, RO | PTE_SUPERPAGE), DOMID_SELF),
        -XEN_EINVAL);
    ck_assert_int_eq(
        world_mmu_update(world_slot(space.l2, 0), pte_make(space.l1, RO | PTE_GLOBAL), DOMID_SELF),
        -XEN_EINVAL);
    ck_assert_int_eq(world_mmu_update(world_slot(space.l2, 0), pte_make(space.l1, PTE_PRESENT), DOMID_SELF),
                     0);
    ck_assert_uint_eq(fake_peek(space.l2, 0), pte_make(space.l1, RO));
    ck_assert_uint_eq(TYPE_COUNT(space.l1), 1);
    world_check();
}
END_TEST

START_TEST(done_counts)
{
    struct hypercall_args args;

    start();
    for (unsigned int i = 0; i < 5; i++) {
        guest.updates[i] = (struct mmu_update){l1_slot(10 + i), pte_make(i == 3 ? space.l1 : page, RW)};
    }
    guest.done = 1000;
    args = batch(guest.updates, 5, DOMID_SELF);
    ck_assert_int_eq(hypercall_mmu_update(&args), -XEN_EBUSY);
    ck_assert_uint_eq(guest.done, 3);
    ck_assert_uint_eq(fake_peek(space.l1, 12), pte_make(page, RW | PTE_GLOBAL));
    ck_assert_uint_eq(fake_peek(space.l1, 14), 0);
    /* Nowhere to tell: not told. */
    guest.done = 1000;
    args = batch(guest.updates, 2, DOMID_SELF);
    args.arg[2] = 0;
    ck_assert_int_eq(hypercall_mmu_update(&args), 0);
    ck_assert_uint_eq(guest.done, 1000);
    args = batch(guest.updates, 0, DOMID_SELF);
    ck_assert_int_eq(hypercall_mmu_update(&args), 0);
    ck_assert_uint_eq(guest.done, 0);
    /* Requests that end in the middle of nothing. */
    args = (struct hypercall_args){.arg = {0x7000, 1, guest_address(&guest.done), DOMID_SELF}};
    guest.done = 1000;
    ck_assert_int_eq(hypercall_mmu_update(&args), -XEN_EFAULT);
    ck_assert_uint_eq(guest.done, 0);
    world_check();
}
END_TEST

START_TEST(done_counts_across_preemption)
{
    struct hypercall_args args;
    unsigned int restarts = 0;
    int64_t rc;

    start();
    for (unsigned int i = 0; i < 6; i++) {
        guest.updates[i] = (struct mmu_update){l1_slot(10 + i), i == 5 ? 3 : pte_make(page, RO)};
    }
    args = batch(guest.updates, 6, DOMID_SELF);
    fake_preempt_every(1);
    while ((rc = hypercall_mmu_update(&args)) == HYPERCALL_RESTART) {
        ck_assert_uint_eq(guest.done, ++restarts);
        ck_assert_uint_eq(args.arg[1] & 0x7fffffff, 6 - restarts);
    }
    ck_assert_int_eq(rc, -XEN_EPERM); /* frame 0 is I/O memory */
    ck_assert_uint_eq(guest.done, 5);
    world_check();
}
END_TEST

START_TEST(long_work_is_finished_later)
{
    struct hypercall_args args;
    mfn_t l3, l2;
    int64_t rc;
    unsigned int restarts = 0;

    start();
    l3 = world_frame(1);
    l2 = world_frame(1);
    for (unsigned int i = 0; i < 4; i++) {
        mfn_t l1 = world_frame(1);

        world_set(l2, i, l1, RW);
    }
    world_set(l3, 0, l2, RW);
    ck_assert_int_eq(world_mmu_update(world_slot(space.l4, 5), pte_make(l3, RW), DOMID_SELF), 0);
    world_check();
    /* The old tree goes after the entry is written: the hypercall answers when it is gone. */
    guest.updates[0] = (struct mmu_update){world_slot(space.l4, 5), 0};
    guest.updates[1] = (struct mmu_update){world_slot(space.l4, 6), 1 | 1ull << 51};
    args = batch(guest.updates, 2, DOMID_SELF);
    fake_preempt_every(1);
    while ((rc = hypercall_mmu_update(&args)) == HYPERCALL_RESTART) {
        ck_assert_uint_eq(fake_peek(space.l4, 5), 0);
        world_check();
        restarts++;
    }
    ck_assert_uint_gt(restarts, 2);
    ck_assert_int_eq(rc, -XEN_EINVAL);
    ck_assert_uint_eq(guest.done, 1);
    ck_assert_uint_eq(TYPE_COUNT(l2), 0);
    world_check();
}
END_TEST

START_TEST(result_waits_for_long_work)
{
    struct hypercall_args args;
    struct space other;
    int64_t rc;
    unsigned int restarts = 0;

    start();
    other = world_space(1);
    for (unsigned int i = 1; i < 4; i++) {
        world_set(other.l2, i, world_frame(1), RW);
    }
    ck_assert_int_eq(world_mmuext(MMUEXT_PIN_L4_TABLE, other.l4.n, 0, DOMID_SELF), 0);
    guest.ops[0] = (struct mmuext_op){.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = other.l4.n};
    args = batch(guest.ops, 1, DOMID_SELF);
    guest.done = 0;
    fake_preempt_every(1);
    while ((rc = hypercall_mmuext_op(&args)) == HYPERCALL_RESTART) {
        ck_assert_uint_eq(guest.done, 1);
        world_check();
        restarts++;
    }
    ck_assert_uint_gt(restarts, 1);
    ck_assert_int_eq(rc, 0);
    ck_assert_uint_eq(TYPE_COUNT(other.l1), 0);
    world_check();
    /* A guest that forges the last part gets only what it forged. */
    args = (struct hypercall_args){.arg = {0, 0x80000000u, 0, (uint32_t)-5}};
    ck_assert_int_eq(hypercall_mmuext_op(&args), -5);
    args = (struct hypercall_args){.arg = {0, 0x80000000u, 0, 7}};
    ck_assert_int_eq(hypercall_mmu_update(&args), 7);
    world_check();
}
END_TEST

START_TEST(foreign_domains)
{
    mfn_t foreign;
    struct space s;

    start();
    foreign = world_frame(2);
    /* Not privileged: neither another's frames nor its tables. */
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(foreign, RO), 2), -XEN_EPERM);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(foreign, RO), DOMID_XEN), -XEN_EPERM);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), 0, 3u << 16 | DOMID_SELF), -XEN_EPERM);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(page, RO), 1), -XEN_ESRCH); /* one's own number */
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(page, RO), 77), -XEN_ESRCH);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(page, RO), 78u << 16 | DOMID_SELF), -XEN_ESRCH);
    ck_assert_int_eq(world_mmu_update(l1_slot(1), pte_make(page, RO), 2u << 16 | DOMID_SELF),
                     0); /* 1 + one's own */
    ck_assert_int_eq(world_mmuext(MMUEXT_CLEAR_PAGE, foreign.n, 0, 2), -XEN_EPERM);
    ck_assert_int_eq(world_mmuext(MMUEXT_CLEAR_PAGE, foreign.n, 0, 77), -XEN_ESRCH);
    /* Privileged: both, but tables of another only with its own frames above level 1. */
    fake_run(NULL);
    s = world_space(0);
    world_enter(world_vcpu(0, 0), s.l4);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 1), pte_make(foreign, RW), 2), 0);
    ck_assert_uint_eq(TYPE_COUNT(foreign), 1);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 2), pte_make(foreign, RO), 1), -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l1, 2), pte_make(foreign, RO), DOMID_SELF), -XEN_EBUSY);
    ck_assert_int_eq(world_mmu_update(world_slot(s.l2, 2), pte_make(foreign, RO), 2), -XEN_EINVAL);
    ck_assert_int_eq(world_mmu_update(l1_slot(7), pte_make(page, RO), 2u << 16 | 1), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 7), pte_make(page, RO | PTE_GLOBAL));
    ck_assert_int_eq(world_mmu_update(l1_slot(7) | 1, 9, 2u << 16 | 1),
                     -XEN_EPERM); /* M2P: own tables only */
    ck_assert_int_eq(world_mmu_update(world_slot(page, 0) | 1, 9, 1), 0);
    ck_assert_uint_eq(fake_m2p_get(page), 9);
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_BASEPTR, space.l4.n, 0, 1), -XEN_EPERM);
    ck_assert_int_eq(world_mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0, 1), -XEN_EPERM);
    ck_assert_int_eq(world_mmuext(MMUEXT_CLEAR_PAGE, page.n, 0, 1), 0);
    world_check();
}
END_TEST

START_TEST(other_table_than_thought)
{
    mfn_t plain;

    start();
    plain = world_frame(1);
    /* A frame that is no table is written like memory, whatever the bits. */
    ck_assert_int_eq(world_mmu_update(world_slot(plain, 4), 0xffffffffffffffffull, DOMID_SELF), 0);
    ck_assert_uint_eq(fake_peek(plain, 4), ~0ull);
    ck_assert_int_eq(world_mmu_update(world_slot(world_frame(2), 4), 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmu_update(1ull << 51, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmu_update(~7ull, 0, DOMID_SELF), -XEN_EINVAL);
    /* Descriptors are not memory like that: first with one of a task-state segment. */
    ck_assert_int_eq(world_mmu_update(world_slot(plain, 4), 0x00008b0000000067ull, DOMID_SELF), 0);
    ck_assert_int_eq(frame_get_with_type(plain, world_domain(1), FRAME_SEGDESC), -XEN_EINVAL);
    ck_assert_int_eq(world_mmu_update(world_slot(plain, 4), 0, DOMID_SELF), 0);
    ck_assert_int_eq(frame_get_with_type(plain, world_domain(1), FRAME_SEGDESC), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(plain, 4), 0, DOMID_SELF), -XEN_EINVAL);
    frame_put_with_type(plain);
    world_check();
}
END_TEST

START_TEST(double_fetch)
{
    struct hypercall_args args;

    start();
    fake_double_fetch(true);
    guest.updates[0] = (struct mmu_update){l1_slot(10), pte_make(page, RO)};
    args = batch(guest.updates, 1, DOMID_SELF);
    ck_assert_int_eq(hypercall_mmu_update(&args), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 10), pte_make(page, RO | PTE_GLOBAL));
    guest.ops[0] = (struct mmuext_op){.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = space.l1.n};
    args = batch(guest.ops, 1, DOMID_SELF);
    ck_assert_int_eq(hypercall_mmuext_op(&args), 0);
    ck_assert(TYPE_WORD(space.l1) & PAGE_TYPE_PINNED);
    world_check();
}
END_TEST

/* Of the tests' machine: a list in the guest's own page is read once, and is another one afterwards. */
START_TEST(memory_changes_when_it_was_read)
{
    struct hypercall_args args = {.arg = {0, 1, 0, DOMID_SELF}};
    uint64_t slot = l1_slot_of_page();

    fake_single_fetch(true);
    ck_assert_int_eq(hypercall_mmu_update(&args), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 10), pte_make(page, RO | PTE_GLOBAL));
    ck_assert_uint_ne(fake_peek(page, 0), slot);
    fake_single_fetch(true); /* the next hypercall */
    fake_poke(page, 0, slot);
    fake_poke(page, 1, 0);
    ck_assert_int_eq(hypercall_mmu_update(&args), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 10), 0);
    world_check();
}
END_TEST

START_TEST(second_readings_are_found)
{
    uint64_t word;

    l1_slot_of_page();
    fake_single_fetch(true);
    ck_assert_int_eq(port_copy_from_guest(&word, guest_va(8), 8), 0);
    ck_assert_int_eq(port_copy_from_guest(&word, guest_va(16), 8), 0);
    fake_single_fetch(false);
    ck_assert_int_eq(port_copy_from_guest(&word, guest_va(8), 8), 0);
    fake_single_fetch(true);
    ck_assert_int_eq(port_copy_from_guest(&word, guest_va(8), 8), 0);
    word = (uint64_t)port_copy_from_guest(&word, guest_va(15), 1); /* ends the test */
}
END_TEST

START_TEST(mmuext_errors)
{
    start();
    ck_assert_int_eq(world_mmuext(14, 0, 0, DOMID_SELF), -XEN_ENOSYS);
    ck_assert_int_eq(world_mmuext(99, 0, 0, DOMID_SELF), -XEN_ENOSYS);
    ck_assert_int_eq(world_mmuext(MMUEXT_MARK_SUPER, 0, 0, DOMID_SELF), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(world_mmuext(MMUEXT_UNMARK_SUPER, 0, 0, DOMID_SELF), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(world_mmuext(MMUEXT_FLUSH_CACHE, 0, 0, DOMID_SELF), -XEN_EACCES);
    ck_assert_int_eq(world_mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_SET_LDT, 0x1001, 5, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_SET_LDT, 0x1000, 8193, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_SET_LDT, 0xffff800000000000ull, 5, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_SET_LDT, 0x1000, 8192, DOMID_SELF), 0);
    ck_assert_uint_eq(world_vcpu(1, 0)->machine.ldt_descriptors, 8192);
    ck_assert_int_eq(world_mmuext(MMUEXT_SET_LDT, 0x1001, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(world_vcpu(1, 0)->machine.ldt_descriptors, 0);
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_BASEPTR, 0, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_NEW_USER_BASEPTR, page.n, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_CLEAR_PAGE, space.l1.n, 0, DOMID_SELF), -XEN_EINVAL);
    ck_assert_int_eq(world_mmuext(MMUEXT_COPY_PAGE, space.l1.n, page.n, DOMID_SELF), -XEN_EINVAL);
    fake_poke(page, 5, 0x1234);
    ck_assert_int_eq(world_mmuext(MMUEXT_COPY_PAGE, page.n, space.l1.n, DOMID_SELF), 0);
    ck_assert_uint_eq(fake_peek(page, 0), fake_peek(space.l1, 0));
    ck_assert_int_eq(world_mmuext(MMUEXT_CLEAR_PAGE, page.n, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(fake_peek(page, 0), 0);
    world_check();
}
END_TEST

START_TEST(flushes)
{
    unsigned int here, there;

    start();
    world_vcpu(1, 1)->sched.cpu = 1;
    mm_cpu_enter(world_domain(1), 1);
    here = fake_tlb_flushes(0), there = fake_tlb_flushes(1);
    ck_assert_int_eq(world_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(fake_tlb_flushes(0), here + 1);
    ck_assert_uint_eq(fake_tlb_flushes(1), there);
    ck_assert_int_eq(world_mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0, DOMID_SELF), 0);
    ck_assert_uint_eq(fake_tlb_flushes(0), here + 2);
    ck_assert_uint_eq(fake_tlb_flushes(1), there + 1);
    guest.bitmap = 1ull << 1 | 1ull << 40; /* a vCPU that there is not */
    ck_assert_int_eq(world_mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, guest_address(&guest.bitmap), DOMID_SELF), 0);
    ck_assert_uint_eq(fake_tlb_flushes(0), here + 2);
    ck_assert_uint_eq(fake_tlb_flushes(1), there + 2);
    /* Only as many bytes as the domain has vCPUs are read: the last byte of the guest's memory is enough. */
    guest.done = 0;
    ck_assert_int_eq(world_mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, BUFFER + sizeof(guest) - 1, DOMID_SELF), 0);
    ck_assert_int_eq(world_mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, 0x7000, DOMID_SELF), -XEN_EINVAL);
    world_check();
}
END_TEST

static int64_t update_va(uint64_t address, uint64_t value, uint64_t flags)
{
    struct hypercall_args args = {.arg = {address, value, flags}};

    return hypercall_update_va_mapping(&args);
}

START_TEST(update_va_mapping)
{
    unsigned int here;
    mfn_t m;

    start();
    ck_assert(fake_touch(guest_va(0), true, &m));
    ck_assert_int_eq(update_va(0, pte_make(page, RO), UVMF_INVLPG | UVMF_LOCAL), 0);
    ck_assert(!fake_touch(guest_va(0), true, &m));
    ck_assert_int_eq(update_va(0x5000, pte_make(page, RW), UVMF_NONE), 0);
    ck_assert_uint_eq(fake_peek(space.l1, 5), pte_make(page, RW | PTE_GLOBAL));
    ck_assert_int_eq(update_va(1ull << 21, pte_make(page, RW), UVMF_NONE), -XEN_EINVAL); /* no table there */
    ck_assert_int_eq(update_va(0xffff800000000000ull, 0, UVMF_NONE), -XEN_EINVAL);
    ck_assert_int_eq(update_va(0x0000800000000000ull, 0, UVMF_NONE), -XEN_EINVAL);
    /* No flush when nothing was changed. */
    here = fake_tlb_flushes(0);
    ck_assert_int_eq(update_va(0, pte_make(space.l1, RW), UVMF_TLB_FLUSH), -XEN_EBUSY);
    ck_assert_uint_eq(fake_tlb_flushes(0), here);
    ck_assert_int_eq(update_va(0, 0, UVMF_TLB_FLUSH | UVMF_LOCAL), 0);
    ck_assert_uint_eq(fake_tlb_flushes(0), here + 1);
    guest.bitmap = 1;
    ck_assert_int_eq(update_va(0, 0, UVMF_TLB_FLUSH | guest_address(&guest.bitmap)), 0);
    ck_assert_uint_eq(fake_tlb_flushes(0), here + 2);
    ck_assert_int_eq(update_va(0, 0, UVMF_TLB_FLUSH | UVMF_ALL), 0);
    ck_assert_uint_eq(fake_tlb_flushes(0), here + 3);
    world_check();
}
END_TEST

START_TEST(update_va_mapping_otherdomain)
{
    struct hypercall_args args;
    mfn_t foreign;
    struct space s;

    start();
    foreign = world_frame(2);
    args = (struct hypercall_args){.arg = {0x5000, pte_make(foreign, RO), 0, 2}};
    ck_assert_int_eq(hypercall_update_va_mapping_otherdomain(&args), -XEN_EPERM);
    args.arg[3] = 66;
    ck_assert_int_eq(hypercall_update_va_mapping_otherdomain(&args), -XEN_ESRCH);
    fake_run(NULL);
    s = world_space(0);
    world_enter(world_vcpu(0, 0), s.l4);
    args.arg[3] = 2;
    ck_assert_int_eq(hypercall_update_va_mapping_otherdomain(&args), 0);
    ck_assert_uint_eq(REF_COUNT(foreign), 2);
    world_check();
}
END_TEST

Suite *mm_update_suite(void)
{
    Suite *suite = suite_create("mm update");
    TCase *tests = tcase_create("hypercalls");

    tcase_add_test(tests, commands);
    tcase_add_test(tests, preserve_ad);
    tcase_add_test(tests, flags_only_needs_no_count);
    tcase_add_test(tests, done_counts);
    tcase_add_test(tests, done_counts_across_preemption);
    tcase_add_test(tests, long_work_is_finished_later);
    tcase_add_test(tests, result_waits_for_long_work);
    tcase_add_test(tests, foreign_domains);
    tcase_add_test(tests, other_table_than_thought);
    tcase_add_test(tests, double_fetch);
    tcase_add_test(tests, memory_changes_when_it_was_read);
    tcase_add_test_raise_signal(tests, second_readings_are_found, SIGABRT);
    tcase_add_test(tests, mmuext_errors);
    tcase_add_test(tests, flushes);
    tcase_add_test(tests, update_va_mapping);
    tcase_add_test(tests, update_va_mapping_otherdomain);
    suite_add_tcase(suite, tests);
    return suite;
}
