/* SPDX-License-Identifier: MIT */
/* memory_op: every operation's right and wrong arguments, counts, limits, interruptions. */
#include "gnttab_suites.h"
#include "gnttab_world.h"

#include <string.h>

#include "lib/e820.h"
#include "port/map.h"

#define LIST_ADDRESS (BUFFER_ADDRESS + 0x8000)
#define LIST         ((uint64_t *)(void *)&gnttab_buffer[0x8000])
#define OUT_ADDRESS  (BUFFER_ADDRESS + 0xc000)
#define OUT          ((uint64_t *)(void *)&gnttab_buffer[0xc000])

static int64_t reserve(unsigned int operation, domid_t domid, uint64_t count, unsigned int order,
                       unsigned int flags)
{
    struct xen_memory_reservation in = {
        .nr_extents = count, .extent_order = order, .mem_flags = flags, .domid = domid};

    in.extent_start.p = (xen_pfn_t *)LIST_ADDRESS;
    return memory_call(operation, &in, sizeof(in));
}

static uint64_t frames_of(unsigned int domain)
{
    return world_domain(domain)->mm.frame_count;
}

START_TEST(populate_and_decrease)
{
    uint64_t before = frames_of(MAPPER);

    for (unsigned int i = 0; i < 10; i++) {
        LIST[i] = 1000 + i;
    }
    fake_preempt_every(3);
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, 10, 0, 0), 10);
    ck_assert_uint_eq(frames_of(MAPPER), before + 10);
    for (unsigned int i = 0; i < 10; i++) {
        ck_assert_ptr_eq(frame_owner(mfn(LIST[i])), world_domain(MAPPER));
        ck_assert_uint_eq(port_m2p_get(mfn(LIST[i])), 1000 + i);
    }
    gnttab_world_check();
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, 10, 0, 0), 10);
    ck_assert_uint_eq(frames_of(MAPPER), before);
    ck_assert_uint_eq(port_m2p_get(mfn(LIST[3])), ~0ull);
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, 10, 0, 0), 0);
    gnttab_world_check();
}
END_TEST

START_TEST(large_extents)
{
    LIST[0] = 0x400;
    LIST[1] = 0x800;
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, 2, 9, 0), 2);
    ck_assert_uint_eq(LIST[0] % 512, 0);
    ck_assert_uint_eq(port_m2p_get(mfn(LIST[1] + 511)), 0x800 + 511);
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, 2, 9, 0), 2);
    /* More than a guest may have at once. */
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, 1, 10, 0), 0);
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, 1, 10, 0), 0);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 64, 0), 0);
    gnttab_world_check();
}
END_TEST

START_TEST(counts_stop_at_the_first_failure)
{
    uint64_t before = frames_of(MAPPER);

    world_domain(MAPPER)->mm.frame_max = before + 3;
    memset(LIST, 0, 0x100);
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, 5, 0, 0), 3);
    ck_assert_uint_eq(frames_of(MAPPER), before + 3);
    LIST[1] = world_frame(GRANTER).n;
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, 3, 0, 0), 1);
    LIST[0] = gnttab_space().l1.n;
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 5, 0, 0), 1);
    gnttab_world_check();
}
END_TEST

/* A frame that is still used is returned when its last use ends; a frame of the hypervisor's is not the
 * guest's to return. */
START_TEST(decrease_of_what_is_used)
{
    uint64_t before = frames_of(MAPPER);

    LIST[0] = gnttab_space().l1.n;
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, 1, 0, 0), 1);
    ck_assert_uint_eq(frames_of(MAPPER), before);
    gnttab_world_check();
    /* It is in use and so still there: to give it back again changes nothing. */
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, 1, 0, 0), 1);
    gnttab_world_check();
    LIST[0] = port_hv_frame(world_domain(MAPPER)->gnttab->shared[0]).n;
    ck_assert_int_eq(reserve(XENMEM_decrease_reservation, DOMID_SELF, 1, 0, 0), 0);
    gnttab_world_check();
}
END_TEST

START_TEST(reservations_of_others)
{
    memset(LIST, 0, 0x100);
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, GRANTER, 2, 0, 0), 0);
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, 77, 2, 0, 0), 0);
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, MAPPER, 2, 0, 0), 2);
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, GRANTER, 2, 0, 0), 2);
    ck_assert_ptr_eq(frame_owner(mfn(LIST[0])), world_domain(GRANTER));
    /* Nobody gets more than 2 MiB at once. */
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, 1, 10, 0), 0);
    ck_assert_int_eq(reserve(XENMEM_populate_physmap, DOMID_SELF, 1, 9, 0), 1);
    gnttab_world_check();
}
END_TEST

START_TEST(flags_of_reservations)
{
    memset(LIST, 0, 0x100);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 0, 12), 0);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 0, 13), 0);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 0, 22), 1);
    ck_assert_uint_lt(LIST[0], 1ull << 10);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 0, XENMEMF_exact_node(0u)), 0);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 0, XENMEMF_node(3u)), 1);
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 0, XENMEMF_exact_node(0u)), 1);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 0, XENMEMF_exact_node(1u)), 0);
    ck_assert_int_eq(reserve(XENMEM_increase_reservation, DOMID_SELF, 1, 0, XENMEMF_node(64u)), 0);
}
END_TEST

/* A continuation that the guest makes up: it answers with what it was told to have done. */
START_TEST(forged_continuations)
{
    struct xen_memory_reservation in = {.nr_extents = 4, .domid = DOMID_SELF};

    in.extent_start.p = (xen_pfn_t *)LIST_ADDRESS;
    ck_assert_int_eq(memory_call(XENMEM_increase_reservation | 4u << 6, &in, sizeof(in)), 4);
    ck_assert_int_eq(memory_call(XENMEM_increase_reservation | 900u << 6, &in, sizeof(in)), 900);
    ck_assert_int_eq(memory_call(XENMEM_increase_reservation | 3u << 6, &in, sizeof(in)), 4);
    in.nr_extents = 1ull << 32;
    ck_assert_int_eq(memory_call(XENMEM_increase_reservation, &in, sizeof(in)), 0);
    in.nr_extents = 1;
    in.extent_start.p = (xen_pfn_t *)0xffff800000000000ull;
    ck_assert_int_eq(memory_call(XENMEM_increase_reservation, &in, sizeof(in)), 0);
    ck_assert_int_eq(memory_call(XENMEM_maximum_ram_page | 1u << 6, &in, sizeof(in)), -XEN_EINVAL);
    ck_assert_int_eq(memory_call(XENMEM_exchange | 1u << 6, &in, sizeof(in)), -XEN_EINVAL);
    ck_assert_int_eq(memory_call(63, &in, sizeof(in)), -XEN_ENOSYS);
    ck_assert_int_eq(memory_call(8, &in, sizeof(in)), -XEN_ENOSYS);
    ck_assert_int_eq(memory_call(XENMEM_machphys_compat_mfn_list, &in, sizeof(in)), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(memory_call(XENMEM_get_pod_target, &in, sizeof(in)), -XEN_ENOSYS);
    ck_assert_int_eq(memory_call(XENMEM_get_sharing_freed_pages, &in, sizeof(in)), 0);
    gnttab_world_check();
}
END_TEST

START_TEST(figures)
{
    domid_t id = DOMID_SELF;

    ck_assert_int_eq(memory_call(XENMEM_current_reservation, &id, sizeof(id)), (int64_t)frames_of(MAPPER));
    ck_assert_int_eq(memory_call(XENMEM_maximum_reservation, &id, sizeof(id)), WORLD_FRAMES);
    ck_assert_int_eq(memory_call(XENMEM_maximum_gpfn, &id, sizeof(id)), 0);
    world_domain(MAPPER)->shared_info->arch.max_pfn = 500;
    ck_assert_int_eq(memory_call(XENMEM_maximum_gpfn, &id, sizeof(id)), 499);
    ck_assert_int_eq(memory_call(XENMEM_maximum_ram_page, &id, sizeof(id)), WORLD_FRAMES + FAKE_RAM_FIRST);
    id = GRANTER;
    ck_assert_int_eq(memory_call(XENMEM_current_reservation, &id, sizeof(id)), -XEN_EPERM);
    id = 77;
    ck_assert_int_eq(memory_call(XENMEM_current_reservation, &id, sizeof(id)), -XEN_ESRCH);
    id = GRANTER;
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(memory_call(XENMEM_current_reservation, &id, sizeof(id)), (int64_t)frames_of(GRANTER));
}
END_TEST

/* ---- exchange ---- */

static struct xen_memory_exchange exchange_of(uint64_t in_count, unsigned int in_order, uint64_t out_count,
                                              unsigned int out_order)
{
    struct xen_memory_exchange x = {
        .in = {.nr_extents = in_count, .extent_order = in_order, .domid = DOMID_SELF},
        .out = {.nr_extents = out_count, .extent_order = out_order, .domid = DOMID_SELF},
    };

    x.in.extent_start.p = (xen_pfn_t *)LIST_ADDRESS;
    x.out.extent_start.p = (xen_pfn_t *)OUT_ADDRESS;
    return x;
}

static int64_t exchange(struct xen_memory_exchange *x)
{
    return memory_call(XENMEM_exchange, x, sizeof(*x));
}

static void exchange_lists(unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        mfn_t m = world_frame(MAPPER);

        port_m2p_set(m, 700 + i);
        LIST[i] = m.n;
        OUT[i] = 2000 + i * 100;
    }
}

START_TEST(exchange_small_for_large_and_back)
{
    struct xen_memory_exchange x = exchange_of(8, 0, 1, 3);
    uint64_t before, first;

    exchange_lists(8);
    before = frames_of(MAPPER);
    ck_assert_int_eq(exchange(&x), 0);
    ck_assert_uint_eq(x.nr_exchanged, 8);
    first = OUT[0];
    ck_assert_uint_eq(first % 8, 0);
    ck_assert_uint_eq(port_m2p_get(mfn(first + 7)), 2007);
    ck_assert_uint_eq(frames_of(MAPPER), before);
    gnttab_world_check();
    x = exchange_of(1, 3, 8, 0);
    LIST[0] = first;
    for (unsigned int i = 0; i < 8; i++) {
        OUT[i] = 3000 + i;
    }
    ck_assert_int_eq(exchange(&x), 0);
    ck_assert_uint_eq(x.nr_exchanged, 1);
    for (unsigned int i = 0; i < 8; i++) {
        ck_assert_uint_eq(port_m2p_get(mfn(OUT[i])), 3000 + i);
    }
    ck_assert_uint_eq(frames_of(MAPPER), before);
    gnttab_world_check();
}
END_TEST

START_TEST(exchange_is_interrupted)
{
    struct xen_memory_exchange x = exchange_of(16, 0, 4, 2);

    exchange_lists(16);
    fake_preempt_every(1);
    ck_assert_int_eq(exchange(&x), 0);
    ck_assert_uint_eq(x.nr_exchanged, 16);
    for (unsigned int i = 0; i < 4; i++) {
        ck_assert_uint_eq(port_m2p_get(mfn(OUT[i] + 3)), 2000 + i * 100 + 3);
    }
    gnttab_world_check();
}
END_TEST

/* Whatever fails, the domain has all that it had, where it had it. */
START_TEST(exchange_fails_as_a_whole)
{
    struct xen_memory_exchange x;

    exchange_lists(4);
    for (unsigned int n = 1;; n++) {
        int64_t rc;

        x = exchange_of(4, 0, 1, 2);
        fake_fail_alloc(n);
        rc = exchange(&x);
        gnttab_world_check();
        if (!fake_failed_alloc()) {
            ck_assert_int_eq(rc, 0);
            break;
        }
        ck_assert_int_eq(rc, -XEN_ENOMEM);
        ck_assert_uint_eq(x.nr_exchanged, 0);
        for (unsigned int i = 0; i < 4; i++) {
            ck_assert_uint_eq(port_m2p_get(mfn(LIST[i])), 700 + i);
        }
    }
}
END_TEST

START_TEST(exchange_of_what_is_not_free)
{
    struct xen_memory_exchange x = exchange_of(4, 0, 1, 2);
    uint64_t kept;

    exchange_lists(4);
    kept = LIST[3];
    LIST[3] = gnttab_space().l1.n;
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    ck_assert_uint_eq(x.nr_exchanged, 0);
    LIST[3] = world_frame(GRANTER).n;
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    LIST[3] = LIST[2]; /* twice the same */
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    LIST[3] = ~0ull;
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    LIST[3] = kept;
    gnttab_grant_v1(MAPPER, 8, GTF_permit_access, GRANTER, mfn(kept));
    fake_run(world_vcpu(GRANTER, 0));
    ck_assert_int_eq(gnttab_map_try(MAPPER, 8, GNTMAP_device_map, 0), GNTST_okay);
    fake_run(world_vcpu(MAPPER, 0));
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    for (unsigned int i = 0; i < 4; i++) {
        ck_assert_uint_eq(port_m2p_get(mfn(LIST[i])), 700 + i);
        ck_assert_ptr_eq(frame_owner(mfn(LIST[i])), world_domain(MAPPER));
    }
    gnttab_world_check();
}
END_TEST

START_TEST(exchange_arguments)
{
    struct xen_memory_exchange x = exchange_of(4, 0, 1, 3);

    exchange_lists(4);
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    x = exchange_of(1024, 0, 1, 10);
    ck_assert_int_eq(exchange(&x), -XEN_EPERM);
    x = exchange_of(4, 0, 1, 2);
    x.nr_exchanged = 5;
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    x.nr_exchanged = 4;
    ck_assert_int_eq(exchange(&x), 0);
    x = exchange_of(4, 0, 1, 2);
    x.out.domid = GRANTER;
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    x.in.domid = GRANTER;
    ck_assert_int_eq(exchange(&x), -XEN_EPERM);
    x.in.domid = x.out.domid = 77;
    ck_assert_int_eq(exchange(&x), -XEN_ESRCH);
    x = exchange_of(1ull << 62, 0, 1ull << 60, 2);
    ck_assert_int_eq(exchange(&x), -XEN_EFAULT);
    x = exchange_of(1ull << 63, 2, 1ull << 63, 2);
    ck_assert_int_eq(exchange(&x), -XEN_EINVAL);
    x = exchange_of(4, 0, 1, 2);
    x.out.extent_start.p = (xen_pfn_t *)0xffff800000000000ull;
    ck_assert_int_eq(exchange(&x), -XEN_EFAULT);
    x = exchange_of(4, 0, 1, 2);
    x.out.mem_flags = 13;
    ck_assert_int_eq(exchange(&x), -XEN_ENOMEM);
    gnttab_world_check();
}
END_TEST

/* ---- maps and resources ---- */

START_TEST(memory_maps)
{
    struct xen_foreign_memory_map set = {.domid = DOMID_SELF, .map = {.nr_entries = 2}};
    struct xen_memory_map map = {.nr_entries = 9};
    struct e820entry *entries = (struct e820entry *)(void *)LIST;

    map.buffer.p = (void *)OUT_ADDRESS;
    ck_assert_int_eq(memory_call(XENMEM_memory_map, &map, sizeof(map)), -XEN_ENOSYS);
    entries[0] = (struct e820entry){0, 0x1000, E820_RAM};
    entries[1] = (struct e820entry){0x2000, 0x3000, E820_RESERVED};
    set.map.buffer.p = (void *)LIST_ADDRESS;
    ck_assert_int_eq(memory_call(XENMEM_set_memory_map, &set, sizeof(set)), 0);
    ck_assert_int_eq(memory_call(XENMEM_memory_map, &map, sizeof(map)), 0);
    ck_assert_uint_eq(map.nr_entries, 2);
    ck_assert_mem_eq(OUT, entries, 2 * sizeof(*entries));
    map.nr_entries = 1;
    ck_assert_int_eq(memory_call(XENMEM_memory_map, &map, sizeof(map)), 0);
    ck_assert_uint_eq(map.nr_entries, 1);
    map.buffer.p = NULL;
    ck_assert_int_eq(memory_call(XENMEM_memory_map, &map, sizeof(map)), 0);
    ck_assert_uint_eq(map.nr_entries, 2);
    set.map.nr_entries = DOMAIN_E820_MAX + 1;
    ck_assert_int_eq(memory_call(XENMEM_set_memory_map, &set, sizeof(set)), -XEN_EINVAL);
    set.map.nr_entries = 1;
    set.map.buffer.p = NULL;
    ck_assert_int_eq(memory_call(XENMEM_set_memory_map, &set, sizeof(set)), -XEN_EFAULT);
    set.domid = GRANTER;
    ck_assert_int_eq(memory_call(XENMEM_set_memory_map, &set, sizeof(set)), -XEN_EPERM);
    ck_assert_int_eq(memory_call(XENMEM_machine_memory_map, &map, sizeof(map)), -XEN_EPERM);
}
END_TEST

/* What the firmware says, and between it, as reserved, what the caller may not touch. */
START_TEST(the_machines_map)
{
    static const struct e820entry firmware[] = {{0, 0x9f000, E820_RAM}, {0x100000, 0xf00000, E820_RAM}},
                                  told[] = {{0, 0x9f000, E820_RAM},
                                            {0x9f000, 0x1000, E820_RESERVED},
                                            {0xc0000, 0x40000, E820_RESERVED},
                                            {0x100000, 0xf00000, E820_RAM},
                                            {0x1000000, 0xfdc00000, E820_RESERVED}};
    struct xen_memory_map map = {.nr_entries = ARRAY_SIZE(told)};
    struct domain *first = world_domain(0);
    struct range storage[4];
    struct rangeset allowed;

    rangeset_init(&allowed, storage, ARRAY_SIZE(storage));
    first->io_frames = &allowed;
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(memory_call(XENMEM_machine_memory_map, &map, sizeof(map)), 0);
    ck_assert_uint_eq(map.nr_entries, 0);
    fake_e820 = firmware;
    fake_e820_count = ARRAY_SIZE(firmware);
    ck_assert_int_eq(rangeset_add(first->io_frames, 0xa0, 0xbf), 0);
    ck_assert_int_eq(rangeset_add(first->io_frames, 0xfec00, 0xfec00), 0);
    ck_assert_int_eq(memory_call(XENMEM_machine_memory_map, &map, sizeof(map)), 0); /* counts */
    ck_assert_uint_eq(map.nr_entries, ARRAY_SIZE(told));
    map.buffer.p = (void *)OUT_ADDRESS;
    ck_assert_int_eq(memory_call(XENMEM_machine_memory_map, &map, sizeof(map)), 0);
    ck_assert_uint_eq(map.nr_entries, ARRAY_SIZE(told));
    ck_assert_mem_eq(OUT, told, sizeof(told));
    map.nr_entries = ARRAY_SIZE(told) - 1;
    ck_assert_int_eq(memory_call(XENMEM_machine_memory_map, &map, sizeof(map)), -XEN_EINVAL);
    map.nr_entries = ARRAY_SIZE(told);
    map.buffer.p = (void *)0xffff800000000000;
    ck_assert_int_eq(memory_call(XENMEM_machine_memory_map, &map, sizeof(map)), -XEN_EFAULT);
    first->io_frames = NULL;
}
END_TEST

START_TEST(m2p_is_told)
{
    struct xen_machphys_mapping mapping;

    ck_assert_int_eq(memory_call(XENMEM_machphys_mapping, &mapping, sizeof(mapping)), 0);
    ck_assert_uint_eq(mapping.v_start, 0xffff800000000000ull);
    ck_assert_uint_eq(mapping.v_end, 0xffff804000000000ull);
    ck_assert_uint_eq(mapping.max_mfn, (1ull << 35) - 1);
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(memory_call(XENMEM_machphys_mapping, &mapping, sizeof(mapping)), 0);
    ck_assert_uint_eq(mapping.max_mfn, WORLD_FRAMES + FAKE_RAM_FIRST - 1);
}
END_TEST

START_TEST(claims)
{
    struct xen_memory_reservation claim = {.nr_extents = 2000, .domid = GRANTER};

    ck_assert_int_eq(memory_call(XENMEM_claim_pages, &claim, sizeof(claim)), -XEN_EPERM);
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(memory_call(XENMEM_claim_pages, &claim, sizeof(claim)), 0);
    ck_assert_uint_gt(frame_claimed_count(), 0);
    claim.nr_extents = 0;
    ck_assert_int_eq(memory_call(XENMEM_claim_pages, &claim, sizeof(claim)), 0);
    ck_assert_uint_eq(frame_claimed_count(), 0);
    claim.nr_extents = WORLD_FRAMES - 1;
    ck_assert_int_eq(memory_call(XENMEM_claim_pages, &claim, sizeof(claim)), -XEN_ENOMEM);
    claim.domid = DOMID_SELF;
    ck_assert_int_eq(memory_call(XENMEM_claim_pages, &claim, sizeof(claim)), -XEN_EINVAL);
    claim.domid = GRANTER;
    claim.extent_order = 1;
    ck_assert_int_eq(memory_call(XENMEM_claim_pages, &claim, sizeof(claim)), -XEN_EINVAL);
}
END_TEST

static struct xen_mem_acquire_resource resource_of(uint32_t id, uint32_t frames)
{
    struct xen_mem_acquire_resource in = {
        .domid = GRANTER, .type = XENMEM_resource_grant_table, .id = id, .nr_frames = frames};

    in.frame_list.p = frames ? (xen_pfn_t *)LIST_ADDRESS : NULL;
    return in;
}

static int64_t acquire(struct xen_mem_acquire_resource *in)
{
    return memory_call(XENMEM_acquire_resource, in, sizeof(*in));
}

START_TEST(grant_tables_as_resources)
{
    struct xen_mem_acquire_resource in = resource_of(XENMEM_resource_grant_table_id_shared, 0);

    ck_assert_int_eq(acquire(&in), -XEN_EPERM);
    fake_run(world_vcpu(0, 0));
    ck_assert_int_eq(acquire(&in), 0);
    ck_assert_uint_eq(in.nr_frames, 4);
    in = resource_of(XENMEM_resource_grant_table_id_shared, 3);
    fake_preempt_every(1);
    ck_assert_int_eq(acquire(&in), 0);
    for (unsigned int i = 0; i < 3; i++) {
        ck_assert_uint_eq(LIST[i], port_hv_frame(world_domain(GRANTER)->gnttab->shared[i]).n);
    }
    in = resource_of(XENMEM_resource_grant_table_id_shared, 5);
    ck_assert_int_eq(acquire(&in), -XEN_EINVAL);
    in = resource_of(XENMEM_resource_grant_table_id_status, 1);
    ck_assert_int_eq(acquire(&in), -XEN_EINVAL);
    ck_assert_int_eq(gnttab_set_version(world_domain(GRANTER), 2), 0);
    ck_assert_int_eq(acquire(&in), 0);
    in.pad = 1;
    ck_assert_int_eq(acquire(&in), -XEN_EINVAL);
    in = resource_of(2, 1);
    ck_assert_int_eq(acquire(&in), -XEN_EINVAL);
    in = resource_of(0, 1);
    in.type = XENMEM_resource_ioreq_server;
    ck_assert_int_eq(acquire(&in), -XEN_EINVAL);
    in = resource_of(0, 1);
    in.frame = 0xffffffff;
    ck_assert_int_eq(acquire(&in), -XEN_EINVAL);
    in = resource_of(0, 1);
    in.domid = DOMID_SELF;
    ck_assert_int_eq(acquire(&in), -XEN_ESRCH);
    in.domid = 77;
    ck_assert_int_eq(acquire(&in), -XEN_ESRCH);
    gnttab_world_check();
}
END_TEST

START_TEST(no_physical_maps)
{
    struct xen_add_to_physmap add = {.domid = DOMID_SELF};
    struct xen_add_to_physmap_batch batch = {.domid = DOMID_SELF};
    struct xen_remove_from_physmap gone = {.domid = DOMID_SELF, .gpfn = gnttab_space().l1.n};
    struct xen_vnuma_topology_info numa = {.domid = DOMID_SELF};
    struct xen_reserved_device_memory_map devices = {.nr_entries = 7};

    ck_assert_int_eq(memory_call(XENMEM_add_to_physmap, &add, sizeof(add)), -XEN_EACCES);
    add.space = XENMAPSPACE_gmfn_foreign;
    ck_assert_int_eq(memory_call(XENMEM_add_to_physmap, &add, sizeof(add)), -XEN_ENOSYS);
    ck_assert_int_eq(memory_call(XENMEM_add_to_physmap | 1u << 22, &add, sizeof(add)), -XEN_EDOM);
    ck_assert_int_eq(memory_call(XENMEM_add_to_physmap_batch, &batch, sizeof(batch)), -XEN_EACCES);
    batch.space = XENMAPSPACE_gmfn_range;
    ck_assert_int_eq(memory_call(XENMEM_add_to_physmap_batch, &batch, sizeof(batch)), -XEN_EOPNOTSUPP);
    ck_assert_int_eq(memory_call(XENMEM_remove_from_physmap, &gone, sizeof(gone)), 0);
    gone.gpfn = world_frame(GRANTER).n;
    ck_assert_int_eq(memory_call(XENMEM_remove_from_physmap, &gone, sizeof(gone)), -XEN_ENOENT);
    ck_assert_int_eq(memory_call(XENMEM_get_vnumainfo, &numa, sizeof(numa)), -XEN_EOPNOTSUPP);
    numa.pad = 1;
    ck_assert_int_eq(memory_call(XENMEM_get_vnumainfo, &numa, sizeof(numa)), -XEN_EINVAL);
    ck_assert_int_eq(memory_call(XENMEM_reserved_device_memory_map, &devices, sizeof(devices)), 0);
    ck_assert_uint_eq(devices.nr_entries, 0);
    devices.flags = 2;
    ck_assert_int_eq(memory_call(XENMEM_reserved_device_memory_map, &devices, sizeof(devices)), -XEN_EINVAL);
    gnttab_world_check();
}
END_TEST

START_TEST(arguments_that_cannot_be_read)
{
    static const unsigned int calls[] = {
        XENMEM_exchange,         XENMEM_current_reservation, XENMEM_maximum_gpfn,
        XENMEM_claim_pages,      XENMEM_memory_map,          XENMEM_set_memory_map,
        XENMEM_machphys_mapping, XENMEM_machphys_mfn_list,   XENMEM_acquire_resource,
        XENMEM_add_to_physmap,   XENMEM_remove_from_physmap, XENMEM_reserved_device_memory_map,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        struct hypercall_args args = {.arg = {calls[i], 0xffff800000000000ull}};

        ck_assert_int_eq(hypercall_memory_op(&args), -XEN_EFAULT);
    }
}
END_TEST

Suite *memory_op_suite(void)
{
    Suite *suite = suite_create("memory_op");
    TCase *tests = tcase_create("memory_op");

    tcase_add_checked_fixture(tests, gnttab_world_start, NULL);
    tcase_add_test(tests, populate_and_decrease);
    tcase_add_test(tests, large_extents);
    tcase_add_test(tests, counts_stop_at_the_first_failure);
    tcase_add_test(tests, decrease_of_what_is_used);
    tcase_add_test(tests, reservations_of_others);
    tcase_add_test(tests, flags_of_reservations);
    tcase_add_test(tests, forged_continuations);
    tcase_add_test(tests, figures);
    tcase_add_test(tests, exchange_small_for_large_and_back);
    tcase_add_test(tests, exchange_is_interrupted);
    tcase_add_test(tests, exchange_fails_as_a_whole);
    tcase_add_test(tests, exchange_of_what_is_not_free);
    tcase_add_test(tests, exchange_arguments);
    tcase_add_test(tests, memory_maps);
    tcase_add_test(tests, the_machines_map);
    tcase_add_test(tests, m2p_is_told);
    tcase_add_test(tests, claims);
    tcase_add_test(tests, grant_tables_as_resources);
    tcase_add_test(tests, no_physical_maps);
    tcase_add_test(tests, arguments_that_cannot_be_read);
    suite_add_tcase(suite, tests);
    return suite;
}
