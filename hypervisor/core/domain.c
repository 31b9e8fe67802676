/* SPDX-License-Identifier: MIT */
/*
 * Domains: the table, making and freeing them, references. Their lives stand in core/domain_life.c.
 *
 * The table is an array by id, changed under list_lock and read without it: a reference is taken only while
 * the count is not 0, and a domain is freed only after every CPU has left what it was doing (see
 * domain_free).
 */
#include "core/domain.h"
#include "core/cpu_policy.h"
#include "core/domain_life.h"
#include "core/frame.h"
#include "core/gnttab.h"
#include "core/heap.h"
#include "lib/log.h"
#include "lib/nospec.h"
#include "lib/string.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/time.h"
#include "pvabi/errno.h"

#define RANGES_A_SET 64u

struct domain *domain_first, *domain_io, *domain_xen, *domain_idle;

static struct domain *table[DOMID_FIRST_RESERVED];
static struct spinlock list_lock = SPINLOCK(LOCK_DOMAIN_LIST);
static domid_t last_id;
static uint32_t reading[CPU_MAX]; /* each CPU's own: odd between reading the table and having a reference */

static struct domain *special_domain(domid_t id)
{
    struct domain *d = heap_zalloc(sizeof(*d));

    if (!d) {
        port_panic("no memory for the special domain %#x", id);
    }
    d->id = id;
    d->refs = 1;
    d->pause_count = 1;
    lock_init(&d->lock, LOCK_DOMAIN);
    mm_domain_init(d);
    d->shared_info_frame = MFN_INVALID;
    return d;
}

void domain_init(void)
{
    domain_io = special_domain(DOMID_IO);
    domain_xen = special_domain(DOMID_XEN);
    domain_idle = special_domain(DOMID_IDLE);
    domain_idle->vcpus = heap_zalloc(CPU_MAX * sizeof(struct vcpu *));
    domain_idle->vcpu_count = CPU_MAX;
    if (!domain_idle->vcpus) {
        port_panic("no memory for the idle vCPUs");
    }
}

static struct rangeset *make_ranges(void)
{
    struct rangeset *set = heap_zalloc(sizeof(*set) + RANGES_A_SET * sizeof(struct range));

    if (set) {
        rangeset_init(set, (struct range *)(set + 1), RANGES_A_SET);
    }
    return set;
}

/* Frees what domain_create made; any part may be missing. Nobody else knows the domain any more. */
static void release_parts(struct domain *d)
{
    for (uint32_t i = 0; d->vcpus && i < d->vcpu_count; i++) {
        struct vcpu *v = d->vcpus[i];

        if (v) {
            timer_vcpu_free(v);
            sched_vcpu_free(v);
            evtchn_vcpu_free(v);
            guest_cpu_destroy(v);
            port_vcpu_destroy(v);
            heap_free(v);
        }
    }
    port_domain_destroy(d);
    gnttab_free(d);
    if (d->shared_info && mm_unshare_frame(d, d->shared_info)) {
        port_panic("the shared_info of d%u is in use after its end", d->id);
    }
    evtchn_domain_free(d);
    sched_domain_free(d);
    heap_free(d->vcpus);
    heap_free(d->io_ports);
    heap_free(d->io_frames);
    heap_free(d->irqs);
    heap_free(d->e820);
    heap_free(d->cpu_policy);
}

static int make_parts(struct domain *d, const struct domain_config *config)
{
    int error;

    d->vcpus = heap_zalloc(config->vcpu_count * sizeof(struct vcpu *));
    d->vcpu_count = d->vcpus ? config->vcpu_count : 0;
    d->io_ports = make_ranges();
    d->io_frames = make_ranges();
    d->irqs = make_ranges();
    d->cpu_policy = cpu_policy_new();
    if (!d->vcpus || !d->io_ports || !d->io_frames || !d->irqs || !d->cpu_policy) {
        return -XEN_ENOMEM;
    }
    d->shared_info = mm_share_frame(d, true);
    if (!d->shared_info) {
        return -XEN_ENOMEM;
    }
    d->shared_info_frame = port_hv_frame(d->shared_info);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    error = tsc_domain_set(d, TSC_MODE_DEFAULT, 0, 0, 0);
    error = error ? error : port_domain_init(d);
    error = error ? error : sched_domain_init(d);
    error = error ? error : evtchn_domain_init(d, config->event_port_max);
    if (!error && config->grant_version_max != 0) {
        error =
            gnttab_init(d, config->grant_frames_max, config->maptrack_frames_max, config->grant_version_max);
    }
    return error;
}

/* A free id at or after the one behind the last, once around. Needs list_lock. */
static domid_t free_id(void)
{
    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
        domid_t id = (domid_t)((last_id + 1 + i) % DOMID_FIRST_RESERVED);

        if (id != 0 && !table[id]) {
            return id;
        }
    }
    return DOMID_INVALID;
}

static int enter_table(struct domain *d, domid_t id)
{
    struct lock_token token = lock_acquire(&list_lock);
    int error = 0;

    if (id == DOMID_INVALID) {
        id = free_id();
        last_id = id == DOMID_INVALID ? last_id : id;
    }
    if (id == DOMID_INVALID) {
        error = -XEN_ENOMEM;
    } else if (table[id]) {
        error = -XEN_EEXIST;
    } else {
        d->id = id;
        __atomic_store_n(&table[id], d, __ATOMIC_RELEASE);
    }
    lock_release(token);
    return error;
}

static void leave_table(struct domain *d)
{
    struct lock_token token = lock_acquire(&list_lock);

    __atomic_store_n(&table[d->id], NULL, __ATOMIC_SEQ_CST);
    lock_release(token);
}

/* Frames are owned by id, so the id is taken first; domain_get refuses the domain until it is whole. */
int domain_create(domid_t id, const struct domain_config *config, struct domain **made)
{
    struct domain *d;
    int error;

    if (config->vcpu_count == 0 || config->vcpu_count > DOMAIN_VCPUS_MAX ||
        (id != DOMID_INVALID && id >= DOMID_FIRST_RESERVED)) {
        return -XEN_EINVAL;
    }
    d = heap_zalloc(sizeof(*d));
    if (!d) {
        return -XEN_ENOMEM;
    }
    lock_init(&d->lock, LOCK_DOMAIN);
    mm_domain_init(d);
    d->refs = 2; /* the table's and the caller's */
    d->privileged = config->privileged;
    d->pause_count = 1;
    d->toolstack_pauses = 1;
    d->shutdown_code = ~0u;
    d->shared_info_frame = MFN_INVALID;
    memcpy(d->handle, config->handle, sizeof(d->handle));
    error = enter_table(d, id);
    if (error) {
        heap_free(d);
        return error;
    }
    error = make_parts(d, config);
    if (error) {
        domain_unmake(d);
        return error;
    }
    domain_publish_wallclock(d);
    __atomic_store_n(&d->whole, true, __ATOMIC_RELEASE);
    *made = d;
    return 0;
}

/* A domain whose parts could not all be made: nobody has seen it, so all of it goes at once. */
void domain_unmake(struct domain *d)
{
    /* Frames lead to their owner by its id, so the table is left last. */
    release_parts(d);
    leave_table(d);
    heap_free(d);
}

int vcpu_create(struct domain *d, uint32_t id)
{
    struct vcpu *v;
    int error;

    if (id >= d->vcpu_count || d->vcpus[id]) {
        return id >= d->vcpu_count ? -XEN_EINVAL : -XEN_EEXIST;
    }
    v = heap_zalloc(sizeof(*v));
    if (!v) {
        return -XEN_ENOMEM;
    }
    v->domain = d;
    v->id = id;
    v->is_idle = d == domain_idle;
    mm_vcpu_init(v);
    error = port_vcpu_init(v);
    error = error ? error : guest_cpu_init(v);
    error = error ? error : evtchn_vcpu_init(v);
    error = error ? error : sched_vcpu_init(v);
    if (error) {
        evtchn_vcpu_free(v);
        guest_cpu_destroy(v);
        port_vcpu_destroy(v);
        heap_free(v);
        return error;
    }
    timer_vcpu_init(v);
    __atomic_store_n(&d->vcpus[id], v, __ATOMIC_RELEASE);
    return 0;
}

/* Takes a reference unless there is none left, which means that the domain is going or not yet there. */
static bool try_ref(struct domain *d)
{
    uint32_t refs = port_read_u32(&d->refs);

    while (refs != 0) {
        if (port_cas_u32(&d->refs, &refs, refs + 1)) {
            return true;
        }
    }
    return false;
}

struct domain *domain_get(domid_t id)
{
    struct domain *d;
    uint32_t *mine;

    if (id >= DOMID_FIRST_RESERVED) {
        return NULL;
    }
    /* An own counter each: who waits for a CPU waits for one look of its, not for a moment when nobody looks.
     */
    mine = &reading[port_cpu_id()];
    port_add_u32(mine, 1);
    d = __atomic_load_n(&table[index_nospec(id, DOMID_FIRST_RESERVED)], __ATOMIC_SEQ_CST);
    if (d && (!__atomic_load_n(&d->whole, __ATOMIC_ACQUIRE) || !try_ref(d))) {
        d = NULL;
    }
    port_add_u32(mine, 1);
    return d;
}

struct domain *domain_get_or_self(domid_t id)
{
    if (id == DOMID_SELF) {
        domain_ref(CURRENT_DOMAIN());
        return CURRENT_DOMAIN();
    }
    return domain_get(id);
}

struct domain *domain_get_next(domid_t id)
{
    for (unsigned int i = id; i < DOMID_FIRST_RESERVED; i++) {
        struct domain *d = __atomic_load_n(&table[i], __ATOMIC_RELAXED) ? domain_get((domid_t)i) : NULL;

        if (d) {
            return d;
        }
    }
    return NULL;
}

void domain_ref(struct domain *d)
{
    port_add_u32(&d->refs, 1);
}

/* One who read the table before the domain left it may still look at refs; it finds 0 and goes. */
static void wait_for_readers(void)
{
    for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
        uint32_t before = port_read_acquire_u32(&reading[cpu]);

        while (before % 2 != 0 && port_read_acquire_u32(&reading[cpu]) == before) {
            port_cpu_relax();
        }
    }
}

void domain_put(struct domain *d)
{
    if (port_add_u32(&d->refs, (uint32_t)-1) != 1) {
        return;
    }
    release_parts(d);
    leave_table(d);
    wait_for_readers();
    heap_free(d);
    evtchn_send_global_virq(VIRQ_DOM_EXC);
}

struct domain *domain_by_id(domid_t id)
{
    switch (id) {
    case DOMID_IO:
        return domain_io;
    case DOMID_XEN:
        return domain_xen;
    case DOMID_IDLE:
        return domain_idle;
    default:
        return id < DOMID_FIRST_RESERVED ? table[index_nospec(id, DOMID_FIRST_RESERVED)] : NULL;
    }
}

struct vcpu *domain_vcpu(const struct domain *d, uint32_t id)
{
    return id < d->vcpu_count ? d->vcpus[index_nospec(id, d->vcpu_count)] : NULL;
}

bool domain_may_control(const struct domain *caller, const struct domain *target)
{
    return caller->privileged || caller == target;
}

bool domain_has_hardware(const struct domain *d)
{
    return (d->io_ports && !rangeset_empty(d->io_ports)) || (d->io_frames && !rangeset_empty(d->io_frames)) ||
           (d->irqs && !rangeset_empty(d->irqs));
}

void domain_publish_wallclock(struct domain *d)
{
    struct lock_token token = lock_acquire(&d->lock); /* one writer at a time */
    struct shared_info *s = d->shared_info;
    uint64_t ns = port_wallclock_base() + (uint64_t)d->time_offset_seconds * 1000000000ull;
    uint32_t version = s->wc_version + 1;

    /* Odd while it changes; the guest reads until it finds the same even number before and after. */
    port_write_u32(&s->wc_version, version | 1);
    port_barrier_write();
    s->wc_sec = (uint32_t)(ns / 1000000000);
    s->wc_sec_hi = (uint32_t)(ns / 1000000000 >> 32);
    s->wc_nsec = (uint32_t)(ns % 1000000000);
    port_barrier_write();
    port_write_u32(&s->wc_version, (version | 1) + 1);
    lock_release(token);
}
