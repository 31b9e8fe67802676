/* SPDX-License-Identifier: MIT */
/* The world of the tests of grants and memory_op: see gnttab_world.h. */
#include "gnttab_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "port/cpu.h"

uint8_t gnttab_buffer[BUFFER_SIZE];
char gnttab_log[200];

static struct space space;
static struct shared_info shared[WORLD_DOMAINS];

void gnttab_world_start(void)
{
    world_start();
    fake_guest_memory(guest_va(BUFFER_ADDRESS), gnttab_buffer, sizeof(gnttab_buffer));
    for (unsigned int id = 0; id < WORLD_DOMAINS; id++) {
        struct domain *d = world_domain(id);

        lock_init(&d->lock, LOCK_DOMAIN);
        d->shared_info = &shared[id];
        ck_assert_int_eq(gnttab_init(d, 4, 4, 2), 0);
    }
    space = world_space(MAPPER);
    world_enter(world_vcpu(MAPPER, 0), space.l4);
}

struct space gnttab_space(void)
{
    return space;
}

static int64_t call(hypercall_handler *handler, struct hypercall_args args, void *data, size_t size)
{
    int64_t rc;

    ck_assert_uint_le(size, sizeof(gnttab_buffer));
    memcpy(gnttab_buffer, data, size);
    do {
        rc = handler(&args);
    } while (rc == HYPERCALL_RESTART);
    memcpy(data, gnttab_buffer, size);
    fake_check_idle();
    return rc;
}

int64_t gnttab_call(unsigned int operation, void *requests, size_t size, unsigned int count)
{
    struct hypercall_args args = {.arg = {operation, BUFFER_ADDRESS, count}};

    return call(hypercall_grant_table_op, args, requests, size * count);
}

int64_t memory_call(unsigned int operation, void *argument, size_t size)
{
    struct hypercall_args args = {.arg = {operation, BUFFER_ADDRESS}};

    return call(hypercall_memory_op, args, argument, size);
}

void gnttab_grant_v1(unsigned int granter, grant_ref_t ref, uint16_t flags, domid_t to, mfn_t frame)
{
    *gnttab_entry_v1(world_domain(granter)->gnttab, ref) =
        (struct grant_entry_v1){flags, to, (uint32_t)frame.n};
}

static struct gnttab_map_grant_ref map_run(domid_t from, grant_ref_t ref, uint32_t flags, uint64_t host_addr)
{
    struct gnttab_map_grant_ref op = {.host_addr = host_addr, .flags = flags, .ref = ref, .dom = from};

    op.status = 99;
    ck_assert_int_eq(gnttab_call(GNTTABOP_map_grant_ref, &op, sizeof(op), 1), 0);
    return op;
}

grant_handle_t gnttab_map_ok(grant_ref_t ref, uint32_t flags, uint64_t host_addr)
{
    struct gnttab_map_grant_ref op = map_run(GRANTER, ref, flags, host_addr);

    ck_assert_int_eq(op.status, GNTST_okay);
    return op.handle;
}

int16_t gnttab_map_try(domid_t from, grant_ref_t ref, uint32_t flags, uint64_t host_addr)
{
    return map_run(from, ref, flags, host_addr).status;
}

int16_t gnttab_unmap_try(grant_handle_t handle, uint64_t host_addr, uint64_t dev_bus_addr)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = host_addr, .dev_bus_addr = dev_bus_addr, .handle = handle, .status = 99};

    ck_assert_int_eq(gnttab_call(GNTTABOP_unmap_grant_ref, &op, sizeof(op), 1), 0);
    return op.status;
}

uint64_t gnttab_pte(uint64_t address)
{
    return fake_peek(space.l1, (unsigned int)(address >> PAGE_SHIFT));
}

/* ---- counting anew ---- */

static uint32_t counted[WORLD_DOMAINS][4 * GNTTAB_V1_A_FRAME][GNTTAB_USES];

#define HANDLES_A_FRAME (PAGE_SIZE / sizeof(struct gnttab_mapping))

static const struct gnttab_mapping *mapping_of(const struct gnttab *t, uint32_t handle)
{
    return &t->maptrack.pages[handle / HANDLES_A_FRAME][handle % HANDLES_A_FRAME];
}

static void count_mapping(const struct gnttab_mapping *m, int holds)
{
    bool readonly = m->flags & GNTMAP_readonly;
    uint32_t *uses = counted[m->granter][m->ref];

    if (m->flags & GNTMAP_host_map) {
        uses[readonly ? GNTTAB_HOST_READ : GNTTAB_HOST_WRITE]++;
    }
    if (m->flags & GNTMAP_device_map) {
        uses[readonly ? GNTTAB_DEVICE_READ : GNTTAB_DEVICE_WRITE]++;
        fake_oracle_hold(mfn(m->frame), holds, readonly ? 0 : holds);
    }
}

static void count_mappings(unsigned int id, int holds)
{
    const struct gnttab *t = world_domain(id)->gnttab;
    uint32_t used = 0;

    for (uint32_t handle = 0; handle < t->maptrack.frames * HANDLES_A_FRAME; handle++) {
        const struct gnttab_mapping *m = mapping_of(t, handle);

        if (m->state == GNTTAB_MAPPING_BUSY) {
            ck_abort_msg("handle %u of domain %u is busy", handle, id);
        }
        if (m->state == GNTTAB_MAPPING_LIVE) {
            used++;
            count_mapping(m, holds);
        }
    }
    ck_assert_uint_eq(used, t->maptrack.used);
}

/* The entries of one table: their uses are those counted, and their frames are held. */
static void check_entries(unsigned int id, int holds)
{
    const struct gnttab *t = world_domain(id)->gnttab;

    for (grant_ref_t ref = 0; ref < gnttab_entry_count(t); ref++) {
        const struct gnttab_active *a = gnttab_active(t, ref);

        if (memcmp(a->uses, counted[id][ref], sizeof(a->uses)) != 0) {
            ck_abort_msg("the uses of grant %u of domain %u are not those of the mappings", ref, id);
        }
        if (gnttab_in_use(a) && !a->passes_on) {
            fake_oracle_hold(a->frame, holds, 0);
        }
    }
}

static void count_all(int holds)
{
    memset(counted, 0, sizeof(counted));
    for (unsigned int id = 0; id < WORLD_DOMAINS; id++) {
        count_mappings(id, holds);
    }
    for (unsigned int id = 0; id < WORLD_DOMAINS; id++) {
        check_entries(id, holds);
    }
}

void gnttab_world_check(void)
{
    count_all(1);
    world_check();
    count_all(-1);
}

/* ---- domains without life: what the world of memory has not ---- */

struct domain *domain_get_or_self(domid_t id)
{
    if (id == DOMID_SELF) {
        domain_ref(CURRENT_DOMAIN());
        return CURRENT_DOMAIN();
    }
    return domain_get(id);
}

bool domain_may_control(const struct domain *caller, const struct domain *target)
{
    return caller->privileged || caller == target;
}

void log_print(enum log_level level, const char *format, ...)
{
    va_list args;

    (void)level;
    va_start(args, format);
    vsnprintf(gnttab_log, sizeof(gnttab_log), format, args);
    va_end(args);
}
