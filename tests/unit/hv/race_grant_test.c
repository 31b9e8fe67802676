/* SPDX-License-Identifier: MIT */
/* Races about grants: one guest maps or copies what another one revokes, changes or gives back. */
#include "race_bench.h"

#include <string.h>

#include "core/gnttab_table.h"
#include "core/page_type.h"
#include "core/pte.h"
#include "port/atomic.h"
#include "port/cpu.h"

#define GRANTER 1u
#define MAPPER  2u
#define REF     9u
#define SPARE   10u
#define PLACE   12u /* an entry of the mapper's first level-1 table */
#define L1      0u

static grant_handle_t handle;
static bool mapped;

static struct gnttab *table(void)
{
    return domain_by_id(GRANTER)->gnttab;
}

static mfn_t granted(void)
{
    return fuzz_pool(GRANTER, FUZZ_PAGES, 3);
}

/* ---- what each side does ---- */

static void grant(void)
{
    struct grant_entry_v1 *entry = gnttab_entry_v1(table(), REF);

    handle = GNTTAB_HANDLE_NONE;
    mapped = false;
    entry->frame = (uint32_t)granted().n;
    entry->domid = MAPPER;
    port_write_u16(&entry->flags, GTF_permit_access);
    /* The granter has no mapping of its own that keeps the frame writable. */
    race_become(GRANTER, 0);
    race_mmu_update(fuzz_pool(GRANTER, L1, 0), 3, 0);
}

static void map(void)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = PLACE << PAGE_SHIFT, .flags = GNTMAP_host_map, .ref = REF, .dom = GRANTER, .status = 99};
    mfn_t m;

    race_command(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, &op, sizeof(op), 1);
    mapped = op.status == GNTST_okay;
    handle = mapped ? op.handle : handle;
    if (mapped && fake_touch(guest_va(PLACE << PAGE_SHIFT), true, &m)) {
        fake_tlb_check();
    }
}

static int16_t unmap_handle(void)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = PLACE << PAGE_SHIFT, .handle = handle, .status = 99};

    race_command(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref, &op, sizeof(op), 1);
    return op.status;
}

static void unmap(void)
{
    unmap_handle();
}

static void map_and_unmap(void)
{
    map();
    if (mapped && unmap_handle() != GNTST_okay) {
        fake_fail("what was just mapped cannot be unmapped");
    }
}

static void copy_to(void)
{
    struct gnttab_copy op = {.len = 64, .flags = GNTCOPY_dest_gref, .status = 99};

    op.source.domid = DOMID_SELF;
    op.source.u.gmfn = fuzz_pool(MAPPER, FUZZ_PAGES, 0).n;
    op.dest.domid = GRANTER;
    op.dest.u.ref = REF;
    race_command(__HYPERVISOR_grant_table_op, GNTTABOP_copy, &op, sizeof(op), 1);
}

/* Told that nobody uses its frame, the granter may make a table of it. */
static void revoke(void)
{
    volatile uint16_t *flags = &gnttab_entry_v1(table(), REF)->flags;
    uint16_t seen = port_read_u16(flags);

    do {
        if (seen & (GTF_reading | GTF_writing)) {
            return;
        }
    } while (!port_cas_u16(flags, &seen, 0));
    race_require(race_mmuext(MMUEXT_PIN_L1_TABLE, granted()) == 0,
                 "a frame whose grant was revoked is still in use");
    race_mmuext(MMUEXT_UNPIN_TABLE, granted());
}

static void change_version(void)
{
    struct gnttab_set_version op = {2};

    race_command(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &op, sizeof(op), 1);
}

static void change_back(void)
{
    struct gnttab_set_version op = {1};

    change_version();
    race_command(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, &op, sizeof(op), 1);
}

static void swap(void)
{
    struct gnttab_swap_grant_ref op = {REF, SPARE, 99};

    race_command(__HYPERVISOR_grant_table_op, GNTTABOP_swap_grant_ref, &op, sizeof(op), 1);
}

static void give_back(void)
{
    xen_pfn_t frame = granted().n;
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

    r.extent_start.p = (void *)(uintptr_t)fuzz_put(&frame, sizeof(frame)).n;
    race_command(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r, sizeof(r), 0);
}

static void grow_table(void)
{
    xen_pfn_t frames[3] = {0};
    struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 3};

    op.frame_list.p = (void *)(uintptr_t)fuzz_put(frames, sizeof(frames)).n;
    race_command(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &op, sizeof(op), 1);
}

/* The mapper takes the table that the mapping stands in apart. */
static void drop_entry(void)
{
    race_mmu_update(fuzz_pool(MAPPER, L1, 0), PLACE, 0);
}

static void map_first(void)
{
    grant();
    race_become(MAPPER, 0);
    map();
    race_require(mapped, "the grant cannot be mapped");
}

static void destroy(domid_t id)
{
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    race_domctl(XEN_DOMCTL_destroydomain, id, &op);
}

static void destroy_granter(void)
{
    destroy(GRANTER);
}

static void destroy_mapper(void)
{
    destroy(MAPPER);
}

static const struct race races[] = {
    {"map against revoke", grant, {{GRANTER, 0, revoke}, {MAPPER, 0, map_and_unmap}}, NULL},
    {"copy against revoke", grant, {{GRANTER, 0, revoke}, {MAPPER, 0, copy_to}}, NULL},
    {"two maps against revoke", grant, {{GRANTER, 0, revoke}, {MAPPER, 0, map}, {MAPPER, 1, copy_to}}, NULL},
    {"unmap against revoke", map_first, {{GRANTER, 0, revoke}, {MAPPER, 1, unmap}}, NULL},
    {"unmap against unmap", map_first, {{MAPPER, 0, unmap}, {MAPPER, 1, unmap}}, NULL},
    {"unmap against an entry's end", map_first, {{MAPPER, 0, unmap}, {MAPPER, 1, drop_entry}}, NULL},
    {"map against a change of version",
     grant,
     {{GRANTER, 0, change_version}, {MAPPER, 0, map_and_unmap}},
     NULL},
    {"copy against changes of version", grant, {{GRANTER, 0, change_back}, {MAPPER, 0, copy_to}}, NULL},
    {"map against a swap", grant, {{GRANTER, 0, swap}, {MAPPER, 0, map_and_unmap}}, NULL},
    {"map against giving back", grant, {{GRANTER, 0, give_back}, {MAPPER, 0, map}}, NULL},
    {"growth against growth", grant, {{GRANTER, 0, grow_table}, {GRANTER, 1, grow_table}}, NULL},
    {"growth against a change of version",
     grant,
     {{GRANTER, 0, grow_table}, {GRANTER, 1, change_version}},
     NULL},
    {"map against the granter's death", grant, {{0, 0, destroy_granter}, {MAPPER, 0, map_and_unmap}}, NULL},
    {"copy against the granter's death", grant, {{0, 0, destroy_granter}, {MAPPER, 0, copy_to}}, NULL},
    {"map against the mapper's death", grant, {{0, 0, destroy_mapper}, {MAPPER, 0, map}}, NULL},
    {"unmap against the granter's death", map_first, {{0, 0, destroy_granter}, {MAPPER, 0, unmap}}, NULL},
    {"revoke against the mapper's death", map_first, {{0, 0, destroy_mapper}, {GRANTER, 0, revoke}}, NULL},
    {"growth against death", grant, {{0, 0, destroy_granter}, {GRANTER, 0, grow_table}}, NULL},
};

START_TEST(grants)
{
    race_explore(&races[_i]);
}
END_TEST

TCase *race_grant_tests(void)
{
    TCase *t = tcase_create("grants");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, grants, 0, ARRAY_SIZE(races));
    return t;
}
