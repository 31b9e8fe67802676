/* SPDX-License-Identifier: MIT */
/*
 * Random operations by hostile guests, preempted at random and sometimes not taken up again; after each the
 * oracle counts anew. The seed of a run is its number: a failure repeats.
 */
#include "core/pt_update.h"
#include "core/page_table.h"
#include "mm_suites.h"
#include "mm_world.h"
#include "port/cpu.h"
#include "port/tlb.h"

#define POOL  30u
#define STEPS 1500u
#define ROLES 5u /* tables of level 1 to 4, and pages */

static uint64_t state;
static mfn_t pool[WORLD_DOMAINS][POOL];

static uint64_t random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static unsigned int below(unsigned int n)
{
    return (unsigned int)(random_bits() >> 20) % n;
}

/* A frame of a role: roles are only what the guest has in mind. */
static mfn_t frame_of_role(unsigned int domain, unsigned int role)
{
    return pool[domain][below(POOL / ROLES) * ROLES + role];
}

/* Few entries, so that they meet each other. */
static unsigned int random_index(void)
{
    static const unsigned int choices[] = {0, 1, 2, 3, 255, 256, 271, 272, 300, 511};

    return choices[below(ARRAY_SIZE(choices))];
}

static uint64_t random_entry(unsigned int domain, unsigned int role)
{
    static const uint64_t flags[] = {RW,
                                     RW,
                                     RW,
                                     RO,
                                     RO,
                                     PTE_PRESENT,
                                     RW | PTE_NO_EXECUTE,
                                     RW | PTE_GLOBAL,
                                     RO | PTE_GUEST_KERNEL,
                                     RO | PTE_CACHE_DISABLE,
                                     RW | PTE_SUPERPAGE,
                                     0};
    unsigned int target = below(8) ? (role + ROLES - 1) % ROLES : below(ROLES);
    mfn_t m = below(30) ? frame_of_role(domain, target) : frame_of_role(2, target);

    if (role == 0 && below(3)) {
        m = frame_of_role(domain, 4);
    }
    if (role > 0 && role < 4 && below(6) == 0) { /* a linear page table */
        return pte_make(frame_of_role(domain, role), below(4) ? RO : RW);
    }
    return below(6) ? pte_make(m, flags[below(ARRAY_SIZE(flags))]) : 0;
}

/* As a guest does that has the frame mapped writable. */
static void step_plain_write(unsigned int domain)
{
    unsigned int role = below(ROLES);
    mfn_t m = frame_of_role(domain, role);

    if (frame_get_with_type(m, world_domain(domain), FRAME_WRITABLE) == 0) {
        fake_poke(m, random_index(), random_entry(domain, role));
        frame_put_with_type(m);
    }
}

static void step_mmu_update(unsigned int domain)
{
    unsigned int role = below(ROLES);
    uint64_t slot = world_slot(frame_of_role(domain, role), random_index());

    world_mmu_update(slot | (below(4) ? 0 : MMU_PT_UPDATE_PRESERVE_AD), random_entry(domain, role),
                     DOMID_SELF);
}

static void step_pin(unsigned int domain)
{
    unsigned int level = 1 + below(4), role = below(6) ? level - 1 : below(ROLES);

    world_mmuext(MMUEXT_PIN_L1_TABLE + level - 1, frame_of_role(domain, role).n, 0, DOMID_SELF);
}

static void step_unpin(unsigned int domain)
{
    world_mmuext(MMUEXT_UNPIN_TABLE, frame_of_role(domain, below(4)).n, 0, DOMID_SELF);
}

static void step_root(unsigned int domain)
{
    uint64_t root = below(10) ? frame_of_role(domain, 3).n : 0;

    world_mmuext(below(2) ? MMUEXT_NEW_BASEPTR : MMUEXT_NEW_USER_BASEPTR, root, 0, DOMID_SELF);
}

/* Begins something long and does not come back to it. */
static void step_abandon(unsigned int domain)
{
    fake_preempt_every(1);
    if (mm_pin(port_current(), world_domain(domain), frame_of_role(domain, 1 + below(3)), 2 + below(3)) ==
        0) {
        world_check();
    }
    fake_preempt_every(below(5));
}

static guest_va_t random_address(void)
{
    static const unsigned int choices[] = {0, 1, 2, 3, 511};
    uint64_t address = 0;

    for (unsigned int level = 0; level < 4; level++) {
        address = address << 9 | choices[below(ARRAY_SIZE(choices))];
    }
    address <<= PAGE_SHIFT;
    return guest_va(address >> 47 ? address | 0xffff000000000000ull : address);
}

static void step_touch(void)
{
    mfn_t m;

    for (unsigned int i = 0; i < 8; i++) {
        fake_touch(random_address(), below(2), &m);
    }
}

static void step_update_va(unsigned int domain)
{
    struct hypercall_args args = {
        .arg = {random_address().n, random_entry(domain, 0), below(2) ? UVMF_INVLPG | UVMF_ALL : 0}};

    hypercall_update_va_mapping(&args);
}

static void step_whole_page(unsigned int domain)
{
    mfn_t m = frame_of_role(domain, below(ROLES));

    if (below(2)) {
        world_mmuext(MMUEXT_CLEAR_PAGE, m.n, 0, DOMID_SELF);
    } else {
        world_mmuext(MMUEXT_COPY_PAGE, m.n, frame_of_role(domain, below(ROLES)).n, DOMID_SELF);
    }
}

/* Gives a frame back and takes another one for its place. */
static void step_replace_frame(unsigned int domain)
{
    mfn_t *m = &pool[domain][below(POOL)];

    if (mm_release(world_domain(domain), *m) == 0) {
        *m = world_frame(domain);
    }
}

static void step_foreign(unsigned int domain)
{
    uint64_t slot = world_slot(frame_of_role(domain, 0), random_index());
    unsigned int other = domain == 0 ? 1 + below(2) : below(3);
    uint64_t entry = pte_make(frame_of_role(other, below(ROLES)), below(2) ? RW : RO);
    int64_t rc = world_mmu_update(slot, entry, other == domain ? DOMID_SELF : other);

    /* Only the first domain may. */
    ck_assert(domain == 0 || other == domain || rc != 0);
}

/* A grant of domain 2 to this one, mapped and unmapped in one go, as the grant code does it. */
static void step_grant(unsigned int domain)
{
    struct vcpu *v = port_current();
    struct pt_grant_place place = {.pte = maddr(world_slot(frame_of_role(domain, 0), random_index()))};
    bool readonly = below(2);
    mfn_t m = frame_of_role(2, 4);

    if (below(2)) {
        place = (struct pt_grant_place){.address = random_address()};
    }
    if (!frame_get(m, world_domain(2))) {
        return;
    }
    if (!readonly && frame_get_type(m, FRAME_WRITABLE)) {
        frame_put(m);
        return;
    }
    if (pt_grant_map(v, place, pte_make(m, readonly ? RO : RW)) == 0) {
        world_check();
        step_touch();
        ck_assert_int_eq(pt_grant_unmap(v, place, m, !readonly, guest_va(0)), -XEN_EINVAL);
        ck_assert_int_eq(pt_grant_unmap(v, place, m, readonly, guest_va(0)), 0);
        port_tlb_flush_all((struct cpumask){world_domain(domain)->dirty_cpus.bits});
    }
    if (!readonly) {
        frame_put_type(m);
    }
    frame_put(m);
}

static void step_other_vcpu(void)
{
    unsigned int domain = below(2);

    fake_run(NULL);
    fake_become_cpu(below(2));
    fake_run(world_vcpu(domain, port_cpu_id()));
    port_current()->cpu.kernel_mode = below(4) || !mfn_valid_number(port_current()->mm.user_root);
    mm_update_hw_root(port_current());
}

static void step(void)
{
    unsigned int domain = port_current()->domain->id;

    switch (below(16)) {
    case 0:
    case 1:
    case 2:
        step_plain_write(domain);
        break;
    case 3:
    case 4:
    case 5:
        step_mmu_update(domain);
        break;
    case 6:
    case 7:
        step_pin(domain);
        break;
    case 8:
        step_unpin(domain);
        break;
    case 9:
        step_root(domain);
        break;
    case 10:
        step_touch();
        step_update_va(domain);
        break;
    case 11:
        step_whole_page(domain);
        break;
    case 12:
        step_replace_frame(domain);
        break;
    case 13:
        step_foreign(domain);
        break;
    case 14:
        step_grant(domain);
        break;
    default:
        step_other_vcpu();
        step_abandon(port_current()->domain->id);
        break;
    }
}

/* All domains die in the end, and nothing of them is left. */
static void end(uint64_t free_before)
{
    for (unsigned int id = 0; id < 3; id++) {
        struct domain *d = world_domain(id);

        fake_become_cpu(0);
        fake_run(NULL);
        fake_become_cpu(1);
        fake_run(NULL);
        d->life = DOMAIN_DYING;
        for (unsigned int i = 0; i < WORLD_VCPUS; i++) {
            while (mm_drop_roots(world_vcpu(id, i))) {
                world_check();
            }
        }
        while (mm_relinquish(d)) {
            world_check();
        }
        world_check();
    }
    for (unsigned int id = 0; id < 3; id++) {
        ck_assert_uint_eq(world_domain(id)->mm.frame_count, 0);
        ck_assert_uint_eq(world_domain(id)->refs, 1);
    }
    ck_assert_uint_eq(frame_free_count(), free_before);
}

START_TEST(random_operations)
{
    uint64_t free_before;

    world_start();
    state = 0x9e3779b97f4a7c15ull * (uint64_t)(_i + 1);
    free_before = frame_free_count();
    for (unsigned int id = 0; id < 3; id++) {
        for (unsigned int i = 0; i < POOL; i++) {
            pool[id][i] = world_frame(id);
        }
    }
    for (unsigned int i = 0; i < STEPS; i++) {
        if (below(10) == 0) {
            fake_preempt_every(below(6));
        }
        step();
        world_check();
    }
    end(free_before);
}
END_TEST

Suite *mm_random_suite(void)
{
    Suite *suite = suite_create("mm random");
    TCase *tests = tcase_create("random");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, random_operations, 0, 5);
    suite_add_tcase(suite, tests);
    return suite;
}
