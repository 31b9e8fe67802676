/* SPDX-License-Identifier: MIT */
/* Races about memory: two vCPUs of a guest, or its toolstack, at the same tables and frames. */
#include "race_bench.h"

#include <string.h>

#include "core/page_type.h"
#include "core/pte.h"
#include "port/cpu.h"
#include "pvabi/errno.h"

#define GUEST 1u
#define OTHER 2u
#define L1    0u
#define L2    1u
#define L4    3u
#define PAGE  FUZZ_PAGES
#define FREE  10u /* an entry of the first level-1 table that maps nothing */

static mfn_t mine(unsigned int role, unsigned int i)
{
    return fuzz_pool(GUEST, role, i);
}

/* ---- the same table, pinned and unpinned ---- */

static void pin(void)
{
    race_mmuext(MMUEXT_PIN_L1_TABLE, mine(L1, 1));
}

static void unpin(void)
{
    race_mmuext(MMUEXT_UNPIN_TABLE, mine(L1, 1));
}

static void pin_first(void)
{
    race_become(GUEST, 0);
    pin();
}

static const struct race pin_against_unpin = {
    "pin against unpin", NULL, {{GUEST, 0, pin}, {GUEST, 1, unpin}}, NULL};
static const struct race unpin_against_unpin = {
    "unpin against unpin", pin_first, {{GUEST, 0, unpin}, {GUEST, 1, unpin}}, NULL};

/* Upper tables take work that is preempted; one pins what the other uses in another table. */
static void tables_prepare(void)
{
    fake_poke(mine(L2, 1), 0, pte_make(mine(L1, 1), RACE_RW));
    fake_poke(mine(L2, 1), 5, pte_make(mine(L1, 2), RACE_RW));
}

static void pin_upper(void)
{
    fake_preempt_every(2);
    race_mmuext(MMUEXT_PIN_L2_TABLE, mine(L2, 1));
}

static void unpin_upper(void)
{
    fake_preempt_every(2);
    race_mmuext(MMUEXT_UNPIN_TABLE, mine(L2, 1));
}

static const struct race upper_tables = {
    "pins and unpins of an upper table",
    tables_prepare,
    {{GUEST, 0, pin_upper}, {GUEST, 1, pin_upper}, {OTHER, 0, unpin_upper}},
    NULL};
static const struct race upper_pin_against_unpin = {"pin of an upper table against its unpin",
                                                    tables_prepare,
                                                    {{GUEST, 0, pin_upper}, {GUEST, 1, unpin_upper}},
                                                    NULL};

/* ---- a frame becomes a table while it is mapped writable ---- */

static void map_writable(void)
{
    mfn_t m;

    if (race_mmu_update(mine(L1, 0), FREE, pte_make(mine(L1, 1), RACE_RW)) == 0 &&
        fake_touch(guest_va(FREE << PAGE_SHIFT), true, &m)) {
        fake_tlb_check();
    }
}

static void map_and_unmap(void)
{
    map_writable();
    race_mmu_update(mine(L1, 0), FREE, 0);
}

static void promote(void)
{
    if (race_mmuext(MMUEXT_PIN_L1_TABLE, mine(L1, 1)) == 0) {
        fake_tlb_check();
    }
}

static const struct race promote_against_map = {
    "promotion against a writable mapping", NULL, {{GUEST, 0, promote}, {GUEST, 1, map_writable}}, NULL};
static const struct race promote_against_unmap = {"promotion against an end of writable mapping",
                                                  NULL,
                                                  {{GUEST, 0, promote}, {GUEST, 1, map_and_unmap}},
                                                  NULL};

/* ---- one entry, two writers ---- */

static void entry_a(void)
{
    race_mmu_update(mine(L1, 0), FREE, pte_make(mine(PAGE, 0), RACE_RW));
}

static void entry_b(void)
{
    race_call(__HYPERVISOR_update_va_mapping, FREE << PAGE_SHIFT, pte_make(mine(PAGE, 1), RACE_RW),
              UVMF_INVLPG | UVMF_ALL, 0);
}

static void entry_clear(void)
{
    race_mmu_update(mine(L1, 0), FREE, 0);
}

static const struct race one_entry = {
    "one entry, three writers", NULL, {{GUEST, 0, entry_a}, {GUEST, 1, entry_b}}, NULL};
static const struct race entry_against_clear = {
    "an entry written and cleared", NULL, {{GUEST, 0, entry_b}, {GUEST, 1, entry_clear}}, NULL};

/* The table itself goes away meanwhile. */
static void table_detach(void)
{
    race_mmu_update(mine(L2, 0), 0, 0);
}

static const struct race entry_against_detach = {
    "an entry against the end of its table", NULL, {{GUEST, 0, entry_a}, {GUEST, 1, table_detach}}, NULL};

/* ---- roots ---- */

static void new_root(void)
{
    race_mmuext(MMUEXT_NEW_BASEPTR, mine(L4, 1));
}

static void new_user_root(void)
{
    race_mmuext(MMUEXT_NEW_USER_BASEPTR, mine(L4, 1));
}

static void root_unpin(void)
{
    race_mmuext(MMUEXT_PIN_L4_TABLE, mine(L4, 1));
    race_mmuext(MMUEXT_UNPIN_TABLE, mine(L4, 1));
}

static const struct race root_against_unpin = {
    "a new root against its unpin", NULL, {{GUEST, 0, new_root}, {GUEST, 1, root_unpin}}, NULL};
static const struct race user_root_against_unpin = {
    "a new user root against its unpin", NULL, {{GUEST, 0, new_user_root}, {GUEST, 1, root_unpin}}, NULL};

/* ---- frames that are given back ---- */

static void release(void)
{
    xen_pfn_t frame = mine(PAGE, 3).n;
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

    r.extent_start.p = (void *)(uintptr_t)fuzz_put(&frame, sizeof(frame)).n;
    race_command(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r, sizeof(r), 0);
}

static void map_released(void)
{
    race_mmu_update(mine(L1, 0), FREE, pte_make(mine(PAGE, 3), RACE_RW));
    race_mmu_update(mine(L1, 0), 3, 0);
}

static void exchange(void)
{
    xen_pfn_t in = mine(PAGE, 3).n, out = 0;
    struct xen_memory_exchange e;

    memset(&e, 0, sizeof(e));
    e.in.nr_extents = e.out.nr_extents = 1;
    e.in.domid = e.out.domid = DOMID_SELF;
    e.in.extent_start.p = (void *)(uintptr_t)fuzz_put(&in, sizeof(in)).n;
    e.out.extent_start.p = (void *)(uintptr_t)fuzz_put(&out, sizeof(out)).n;
    race_mmu_update(mine(L1, 0), 3, 0);
    race_command(__HYPERVISOR_memory_op, XENMEM_exchange, &e, sizeof(e), 0);
}

static const struct race release_against_map = {
    "a frame given back against its mapping", NULL, {{GUEST, 0, release}, {GUEST, 1, map_released}}, NULL};
static const struct race release_against_release = {
    "a frame given back twice", NULL, {{GUEST, 0, release}, {GUEST, 1, release}}, NULL};
static const struct race exchange_against_map = {
    "an exchange against a mapping", NULL, {{GUEST, 0, exchange}, {GUEST, 1, map_released}}, NULL};
static const struct race exchange_against_release = {
    "an exchange against giving back", NULL, {{GUEST, 0, exchange}, {GUEST, 1, release}}, NULL};

/* ---- descriptors ---- */

static void gdt(void)
{
    uint64_t frame = mine(L1, 1).n;

    race_call(__HYPERVISOR_set_gdt, fuzz_put(&frame, sizeof(frame)).n, 8, 0, 0);
}

static const struct race gdt_against_promotion = {
    "a GDT against promotion", NULL, {{GUEST, 0, gdt}, {GUEST, 1, promote}}, NULL};

static const struct race *const races[] = {
    &pin_against_unpin,
    &unpin_against_unpin,
    &upper_tables,
    &upper_pin_against_unpin,
    &promote_against_map,
    &promote_against_unmap,
    &one_entry,
    &entry_against_clear,
    &entry_against_detach,
    &root_against_unpin,
    &user_root_against_unpin,
    &release_against_map,
    &release_against_release,
    &exchange_against_map,
    &exchange_against_release,
    &gdt_against_promotion,
};

START_TEST(memory)
{
    race_explore(races[_i]);
}
END_TEST

TCase *race_memory_tests(void)
{
    TCase *t = tcase_create("memory");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, memory, 0, ARRAY_SIZE(races));
    return t;
}
