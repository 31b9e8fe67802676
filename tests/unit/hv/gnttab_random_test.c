/* SPDX-License-Identifier: MIT */
/*
 * Random grants, maps, unmaps, copies, revocations, changes of version and deaths among three domains; after
 * each step all references and uses are counted anew. The seed of a run is its number: a failure repeats.
 */
#include "gnttab_suites.h"
#include "gnttab_world.h"

#include "core/gnttab_use.h"
#include "port/cpu.h"

#define STEPS  1200u
#define FRAMES 6u
#define REFS   12u
#define PLACES 12u
#define LIVE   24u

static uint64_t state;
static mfn_t pool[WORLD_DOMAINS][FRAMES];
static struct space spaces[WORLD_DOMAINS];

/* What a domain thinks it has mapped; it may be wrong. */
static struct {
    grant_handle_t handle;
    uint64_t place;
    uint64_t bus;
    bool by_entry;
} live[WORLD_DOMAINS][LIVE];

/* How many requests were granted: a run in which nothing works shows nothing. */
static unsigned int mapped, unmapped, copied, replaced;

static unsigned int below(unsigned int n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned int)(state >> 20) % n;
}

static unsigned int any_domain(void)
{
    return 1 + below(WORLD_DOMAINS - 1);
}

static mfn_t any_frame(unsigned int domain)
{
    switch (below(12)) {
    case 0:
        return spaces[domain].l1;
    case 1:
        return spaces[domain].l4;
    case 2:
        return pool[any_domain()][below(FRAMES)];
    case 3:
        return mfn(below(2) ? 5 : 1ull << 40);
    default:
        return pool[domain][below(FRAMES)];
    }
}

static uint64_t any_place(unsigned int domain, bool by_entry)
{
    unsigned int index = below(PLACES);

    if (below(20) == 0) {
        return below(2) ? ~0ull : world_slot(any_frame(domain), index);
    }
    return by_entry ? world_slot(spaces[domain].l1, index) : index * PAGE_SIZE;
}

/* A domain writes an entry of its table, whether or not it is in use. */
static void step_grant(unsigned int domain)
{
    static const uint16_t kinds[] = {GTF_permit_access,
                                     GTF_permit_access,
                                     GTF_permit_access,
                                     GTF_invalid,
                                     GTF_accept_transfer,
                                     GTF_transitive,
                                     GTF_permit_access | GTF_readonly,
                                     GTF_permit_access | GTF_sub_page};
    const struct gnttab *t = world_domain(domain)->gnttab;
    uint16_t flags = kinds[below(ARRAY_SIZE(kinds))];
    grant_ref_t ref = below(REFS);
    domid_t to = (domid_t)any_domain();

    if (t->version == 1) {
        gnttab_grant_v1(domain, ref, flags, to, any_frame(domain));
    } else if ((flags & GTF_type_mask) == GTF_transitive) {
        *gnttab_entry_v2(t, ref) =
            (union grant_entry_v2){.transitive = {{flags, to}, (domid_t)any_domain(), 0, below(REFS)}};
    } else {
        *gnttab_entry_v2(t, ref) =
            (union grant_entry_v2){.sub_page = {{flags, to}, (uint16_t)below(64), 128, any_frame(domain).n}};
    }
}

static void step_map(unsigned int domain)
{
    struct gnttab_map_grant_ref ops[4];
    unsigned int count = 1 + below(4);

    for (unsigned int i = 0; i < count; i++) {
        bool by_entry = below(3) == 0;

        ops[i] = (struct gnttab_map_grant_ref){.host_addr = any_place(domain, by_entry),
                                               .flags = below(16) | (by_entry ? GNTMAP_contains_pte : 0) |
                                                        below(8) << _GNTMAP_guest_avail0,
                                               .ref = below(30) ? below(REFS) : ~0u,
                                               .dom = (domid_t)any_domain()};
    }
    ck_assert_int_eq(gnttab_call(GNTTABOP_map_grant_ref, ops, sizeof(ops[0]), count), 0);
    for (unsigned int i = 0; i < count; i++) {
        unsigned int slot = below(LIVE);

        if (ops[i].status == GNTST_okay) {
            mapped++;
            live[domain][slot].handle = ops[i].handle;
            live[domain][slot].place = ops[i].host_addr;
            live[domain][slot].bus = ops[i].dev_bus_addr;
        }
    }
}

static void step_unmap(unsigned int domain)
{
    struct gnttab_unmap_grant_ref ops[6];
    unsigned int count = 1 + below(6);

    for (unsigned int i = 0; i < count; i++) {
        unsigned int slot = below(LIVE);

        ops[i] = (struct gnttab_unmap_grant_ref){.host_addr = below(8) ? live[domain][slot].place
                                                                       : any_place(domain, false),
                                                 .dev_bus_addr = below(3) ? live[domain][slot].bus : 0,
                                                 .handle = below(30) ? live[domain][slot].handle : below(40)};
    }
    ck_assert_int_eq(gnttab_call(GNTTABOP_unmap_grant_ref, ops, sizeof(ops[0]), count), 0);
    for (unsigned int i = 0; i < count; i++) {
        unmapped += ops[i].status == GNTST_okay;
    }
}

static void step_replace(unsigned int domain)
{
    unsigned int slot = below(LIVE);
    struct gnttab_unmap_and_replace op = {live[domain][slot].place, below(4) ? any_place(domain, false) : 0,
                                          live[domain][slot].handle, 0};

    ck_assert_int_eq(gnttab_call(GNTTABOP_unmap_and_replace, &op, sizeof(op), 1), 0);
    replaced += op.status == GNTST_okay;
}

static void any_end(struct gnttab_copy_ptr *p, bool by_ref, unsigned int domain)
{
    p->domid = by_ref || below(10) == 0 ? (domid_t)any_domain() : DOMID_SELF;
    if (by_ref) {
        p->u.ref = below(REFS);
    } else {
        p->u.gmfn = any_frame(domain).n;
    }
    p->offset = (uint16_t)(below(5) ? below(128) : below(5000));
}

static void step_copy(unsigned int domain)
{
    struct gnttab_copy op = {.len = (uint16_t)below(64), .flags = (uint16_t)below(4)};

    any_end(&op.source, op.flags & GNTCOPY_source_gref, domain);
    any_end(&op.dest, op.flags & GNTCOPY_dest_gref, domain);
    ck_assert_int_eq(gnttab_call(GNTTABOP_copy, &op, sizeof(op), 1), 0);
    copied += op.status == GNTST_okay;
}

static void step_entry(unsigned int domain)
{
    uint64_t entry = below(2) ? pte_make(any_frame(domain), below(2) ? RW : RO) : 0;

    world_mmu_update(world_slot(spaces[domain].l1, below(PLACES)), entry, DOMID_SELF);
}

static void step_version(unsigned int domain)
{
    struct gnttab_set_version op = {1 + below(2)};
    int64_t rc;

    (void)domain;
    rc = gnttab_call(GNTTABOP_set_version, &op, sizeof(op), 1);
    ck_assert(rc == 0 || rc == -XEN_EBUSY || rc == -XEN_ERANGE);
}

static void step_swap(unsigned int domain)
{
    struct gnttab_swap_grant_ref op = {below(REFS), below(REFS), 0};

    (void)domain;
    ck_assert_int_eq(gnttab_call(GNTTABOP_swap_grant_ref, &op, sizeof(op), 1), 0);
}

/* A frame goes, and another one takes its place in what the domain has in mind. */
static void step_release(unsigned int domain)
{
    unsigned int index = below(FRAMES);

    if (mm_release(world_domain(domain), pool[domain][index]) == 0) {
        pool[domain][index] = world_frame(domain);
    }
}

/* All mappings of a domain are taken from it, as when it dies. */
static void step_release_mappings(unsigned int domain)
{
    if (below(8)) {
        return;
    }
    while (gnttab_release_mappings(world_domain(domain)) == -XEN_ERESTART) {
        gnttab_world_check();
    }
    world_domain(domain)->gnttab->maptrack.released = 0;
    world_domain(domain)->gnttab->closed = false;
}

static void (*const steps[])(unsigned int domain) = {
    step_grant,
    step_grant,
    step_grant,
    step_map,
    step_map,
    step_map,
    step_map,
    step_unmap,
    step_unmap,
    step_unmap,
    step_replace,
    step_copy,
    step_copy,
    step_entry,
    step_entry,
    step_swap,
    step_version,
    step_release,
    step_release_mappings,
};

static void start(uint64_t seed)
{
    gnttab_world_start();
    state = 0x9e3779b97f4a7c15ull * (seed + 1);
    spaces[MAPPER] = gnttab_space();
    for (unsigned int domain = 1; domain < WORLD_DOMAINS; domain++) {
        if (domain != MAPPER) {
            spaces[domain] = world_space(domain);
            world_enter(world_vcpu(domain, 0), spaces[domain].l4);
        }
        for (unsigned int i = 0; i < FRAMES; i++) {
            pool[domain][i] = world_frame(domain);
        }
    }
}

START_TEST(random_steps)
{
    start((uint64_t)_i);
    for (unsigned int i = 0; i < STEPS; i++) {
        unsigned int domain = any_domain();

        if (below(4) == 0) {
            fake_preempt_every(below(4));
        }
        fake_run(world_vcpu(domain, 0));
        steps[below(ARRAY_SIZE(steps))](domain);
        gnttab_world_check();
    }
    ck_assert_msg(mapped >= 20 && unmapped >= 10 && copied >= 5 && replaced >= 2,
                  "%u mapped, %u unmapped, %u copied, %u replaced", mapped, unmapped, copied, replaced);
}
END_TEST

Suite *gnttab_random_suite(void)
{
    Suite *suite = suite_create("gnttab_random");
    TCase *tests = tcase_create("random");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, random_steps, 0, 6);
    suite_add_tcase(suite, tests);
    return suite;
}
