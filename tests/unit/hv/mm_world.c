/* SPDX-License-Identifier: MIT */
/* The world of the memory tests: see mm_world.h. */
#include "mm_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "port/cpu.h"
#include "port/vcpu.h"

#define ARENA_BASE 0x10000000ull /* where the test's buffers are for guests */

static struct domain domains[WORLD_DOMAINS], special[3];
static struct vcpu *vcpu_lists[WORLD_DOMAINS][WORLD_VCPUS];
static unsigned int crashes[WORLD_DOMAINS];
struct domain *domain_first, *domain_io, *domain_xen, *domain_idle;

/* What a hypercall's arguments point at. */
static struct {
    struct mmu_update updates[64];
    struct mmuext_op op;
    uint32_t done;
} guest;

struct domain *world_domain(unsigned int id)
{
    return &domains[id];
}

struct vcpu *world_vcpu(unsigned int domain, unsigned int vcpu)
{
    return vcpu_lists[domain][vcpu];
}

unsigned int world_crashes(unsigned int domain)
{
    return crashes[domain];
}

static void special_init(struct domain **where, unsigned int index, domid_t id)
{
    *where = &special[index];
    special[index].id = id;
    special[index].refs = 1;
    mm_domain_init(&special[index]);
}

static void domain_make(unsigned int id)
{
    struct domain *d = &domains[id];

    d->id = (domid_t)id;
    d->privileged = id == 0;
    d->refs = 1;
    d->vcpu_count = WORLD_VCPUS;
    d->vcpus = vcpu_lists[id];
    d->vm_assist = 1ull << VMASST_TYPE_writable_pagetables;
    mm_domain_init(d);
    d->mm.frame_max = WORLD_FRAMES;
    for (unsigned int i = 0; i < WORLD_VCPUS; i++) {
        struct vcpu *v = calloc(1, sizeof(*v));

        ck_assert_ptr_nonnull(v);
        v->domain = d;
        v->id = i;
        v->cpu.kernel_mode = true;
        mm_vcpu_init(v);
        ck_assert_int_eq(port_vcpu_init(v), 0);
        d->vcpus[i] = v;
    }
}

void world_start(void)
{
    fake_start(WORLD_FRAMES, 2);
    special_init(&domain_io, 0, DOMID_IO);
    special_init(&domain_xen, 1, DOMID_XEN);
    special_init(&domain_idle, 2, DOMID_IDLE);
    for (unsigned int id = 0; id < WORLD_DOMAINS; id++) {
        domain_make(id);
    }
    domain_first = &domains[0];
    fake_guest_memory(guest_va(ARENA_BASE), &guest, sizeof(guest));
    fake_run(world_vcpu(1, 0));
}

mfn_t world_frame(unsigned int domain)
{
    mfn_t m;

    ck_assert_int_eq(mm_alloc(&domains[domain], 0, 0, &m), 0);
    return m;
}

void world_set(mfn_t table, unsigned int index, mfn_t target, uint64_t flags)
{
    fake_poke(table, index, pte_make(target, flags));
}

struct space world_space(unsigned int domain)
{
    struct space s = {domain, world_frame(domain), world_frame(domain), world_frame(domain),
                      world_frame(domain)};

    world_set(s.l4, 0, s.l3, RW);
    world_set(s.l3, 0, s.l2, RW);
    world_set(s.l2, 0, s.l1, RW);
    return s;
}

void world_enter(struct vcpu *v, mfn_t root)
{
    ck_assert_int_eq(mm_set_kernel_root(v, root), 0);
    fake_run(v);
}

void world_check(void)
{
    struct domain *all[WORLD_DOMAINS];

    for (unsigned int id = 0; id < WORLD_DOMAINS; id++) {
        all[id] = &domains[id];
    }
    fake_check_idle();
    fake_oracle(all, WORLD_DOMAINS);
    fake_tlb_check();
}

static int64_t run(int64_t (*hypercall)(struct hypercall_args *), const void *request, uint64_t foreign)
{
    struct hypercall_args args = {
        .arg = {ARENA_BASE + (uint64_t)((const char *)request - (const char *)&guest), 1,
                ARENA_BASE + offsetof(__typeof__(guest), done), foreign},
    };
    int64_t rc;

    do {
        rc = hypercall(&args);
    } while (rc == HYPERCALL_RESTART);
    return rc;
}

int64_t world_mmu_update(uint64_t ptr, uint64_t value, uint32_t foreign)
{
    int64_t rc;

    guest.updates[0] = (struct mmu_update){ptr, value};
    guest.done = 77;
    rc = run(hypercall_mmu_update, &guest.updates[0], foreign);
    if (guest.done != 77) {
        ck_assert_uint_eq(guest.done, rc == 0);
    }
    return rc;
}

int64_t world_mmuext(unsigned int cmd, uint64_t arg1, uint64_t arg2, uint32_t foreign)
{
    guest.op = (struct mmuext_op){.cmd = cmd};
    guest.op.arg1.mfn = arg1;
    guest.op.arg2.src_mfn = arg2;
    return run(hypercall_mmuext_op, &guest.op, foreign);
}

/* ---- domains without life ---- */

struct domain *domain_by_id(domid_t id)
{
    return id < WORLD_DOMAINS ? &domains[id] : NULL;
}

struct domain *domain_get(domid_t id)
{
    struct domain *d = domain_by_id(id);

    if (d) {
        domain_ref(d);
    }
    return d;
}

void domain_ref(struct domain *d)
{
    __atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
}

void domain_put(struct domain *d)
{
    if (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_RELAXED) == 0) {
        fake_fail("domain %u has lost its last reference", d->id);
    }
}

struct vcpu *domain_vcpu(const struct domain *d, uint32_t id)
{
    return id < d->vcpu_count ? d->vcpus[id] : NULL;
}

void domain_crash(struct domain *d, const char *why, ...)
{
    (void)why;
    crashes[d->id]++;
}

bool domain_has_hardware(const struct domain *d)
{
    return d->io_frames != NULL;
}

/* The LDT's pages are taken from the machine's window of the vCPU, where these tests put them. */
bool guest_cpu_ldt_drop(struct vcpu *v)
{
    bool some = false;

    for (unsigned int i = 0; i < ARRAY_SIZE(v->machine.ldt); i++) {
        mfn_t m = v->machine.ldt[i];

        if (m.n != 0 && mfn_valid_number(m)) {
            v->machine.ldt[i] = MFN_INVALID;
            frame_put_with_type(m);
            some = true;
        }
    }
    return some;
}

void guest_cpu_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error_code, bool has_error)
{
    v->cpu.bounce =
        (struct guest_bounce){.address = 0x1000 + vector, .error_code = error_code, .flags = has_error};
}
