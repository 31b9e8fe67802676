/* SPDX-License-Identifier: MIT */
/* Operations on grants: what a granter writes into its table, and the commands of grant_table_op. */
#include "operations.h"

#include <string.h>

#include "core/gnttab_table.h"
#include "core/pte.h"
#include "port/atomic.h"
#include "port/cpu.h"

#define REFS      12u
#define HANDLES   10u
#define BATCH_MAX 5u

static grant_ref_t any_ref(void)
{
    return fuzz_one_in(32) ? (grant_ref_t)fuzz_number() : fuzz_below(REFS);
}

/* A guest writes an entry of its own table whenever it likes. */
void op_grant_entry(void)
{
    static const uint16_t kinds[] = {GTF_permit_access,
                                     GTF_permit_access,
                                     GTF_permit_access,
                                     GTF_invalid,
                                     GTF_permit_access | GTF_readonly,
                                     GTF_transitive,
                                     GTF_accept_transfer,
                                     GTF_permit_access | GTF_sub_page};
    const struct gnttab *t = CURRENT_DOMAIN()->gnttab;
    uint16_t flags = fuzz_one_in(16) ? fuzz_u16() : FUZZ_PICK(kinds);
    domid_t to = (domid_t)fuzz_domain();
    grant_ref_t ref = fuzz_below(REFS);
    uint64_t frame = fuzz_one_in(4) ? fuzz_frame().n : fuzz_frame_of(fuzz_self(), FUZZ_PAGES).n;

    /* A domain may be made without grant tables. */
    if (!t) {
        return;
    }
    if (t->version == 1) {
        *gnttab_entry_v1(t, ref) = (struct grant_entry_v1){flags, to, (uint32_t)frame};
    } else if ((flags & GTF_type_mask) == GTF_transitive) {
        *gnttab_entry_v2(t, ref) =
            (union grant_entry_v2){.transitive = {{flags, to}, (domid_t)fuzz_domain(), 0, fuzz_below(REFS)}};
    } else {
        *gnttab_entry_v2(t, ref) = (union grant_entry_v2){
            .sub_page = {{flags, to}, (uint16_t)(fuzz_u8() * 16), (uint16_t)(fuzz_u8() * 16), frame}};
    }
}

static uint64_t place(bool by_entry)
{
    uint64_t index = fuzz_below(16);

    if (fuzz_one_in(16)) {
        return fuzz_address();
    }
    return by_entry ? (fuzz_frame_of(fuzz_self(), 0).n << PAGE_SHIFT) + index * 8 : index << PAGE_SHIFT;
}

static void grant_call(unsigned int command, const void *ops, size_t size, unsigned int count)
{
    uint64_t told = fuzz_one_in(32) ? fuzz_number() : count;

    fuzz_call(__HYPERVISOR_grant_table_op, command, fuzz_put(ops, size * count).n, told, 0);
}

void op_grant_map(void)
{
    struct gnttab_map_grant_ref ops[BATCH_MAX];
    unsigned int count = 1 + fuzz_below(BATCH_MAX);

    memset(ops, 0, sizeof(ops));
    for (unsigned int i = 0; i < count; i++) {
        unsigned int kind = fuzz_u8();
        bool by_entry = kind & 0x40;

        ops[i].host_addr = place(by_entry);
        ops[i].flags = (kind & 0xf) | (by_entry ? GNTMAP_contains_pte : 0);
        ops[i].flags |= kind & 0x80 ? (uint32_t)fuzz_u8() << 12 : GNTMAP_host_map;
        ops[i].ref = any_ref();
        ops[i].dom = fuzz_domid();
    }
    grant_call(GNTTABOP_map_grant_ref, ops, sizeof(ops[0]), count);
}

static grant_handle_t any_handle(void)
{
    return fuzz_one_in(32) ? (grant_handle_t)fuzz_number() : fuzz_below(HANDLES);
}

void op_grant_unmap(void)
{
    struct gnttab_unmap_grant_ref ops[BATCH_MAX];
    unsigned int count = 1 + fuzz_below(BATCH_MAX);

    memset(ops, 0, sizeof(ops));
    for (unsigned int i = 0; i < count; i++) {
        unsigned int kind = fuzz_u8();

        ops[i].host_addr = kind & 1 ? 0 : place(kind & 2);
        ops[i].dev_bus_addr = kind & 4 ? fuzz_frame().n << PAGE_SHIFT : 0;
        ops[i].handle = any_handle();
    }
    grant_call(GNTTABOP_unmap_grant_ref, ops, sizeof(ops[0]), count);
}

void op_grant_replace(void)
{
    struct gnttab_unmap_and_replace op = {.status = 0};

    op.host_addr = place(fuzz_one_in(4));
    op.new_addr = place(fuzz_one_in(4));
    op.handle = any_handle();
    grant_call(GNTTABOP_unmap_and_replace, &op, sizeof(op), 1);
}

static void copy_end(struct gnttab_copy_ptr *p, bool by_ref)
{
    p->domid = by_ref || fuzz_one_in(8) ? fuzz_domid() : DOMID_SELF;
    if (by_ref) {
        p->u.ref = any_ref();
    } else {
        p->u.gmfn = fuzz_frame().n;
    }
    p->offset = (uint16_t)(fuzz_one_in(8) ? fuzz_u16() : fuzz_u8() * 8);
}

void op_grant_copy(void)
{
    struct gnttab_copy ops[BATCH_MAX];
    unsigned int count = 1 + fuzz_below(BATCH_MAX);

    memset(ops, 0, sizeof(ops));
    for (unsigned int i = 0; i < count; i++) {
        ops[i].flags = (uint16_t)(fuzz_one_in(32) ? fuzz_u16() : fuzz_below(4));
        ops[i].len = (uint16_t)(fuzz_one_in(8) ? fuzz_u16() : fuzz_u8());
        copy_end(&ops[i].source, ops[i].flags & GNTCOPY_source_gref);
        copy_end(&ops[i].dest, ops[i].flags & GNTCOPY_dest_gref);
    }
    grant_call(GNTTABOP_copy, ops, sizeof(ops[0]), count);
}

static void table_setup(void)
{
    xen_pfn_t frames[6] = {0};
    struct gnttab_setup_table op = {.dom = fuzz_domid(),
                                    .nr_frames = fuzz_one_in(8) ? fuzz_u32() : fuzz_below(5)};
    guest_va_t list = fuzz_put(frames, sizeof(frames));

    op.frame_list.p = (void *)(uintptr_t)list.n;
    grant_call(GNTTABOP_setup_table, &op, sizeof(op), 1);
}

static void status_frames(void)
{
    uint64_t frames[6] = {0};
    struct gnttab_get_status_frames op = {.dom = fuzz_domid(), .nr_frames = fuzz_below(4)};

    op.frame_list.p = (void *)(uintptr_t)fuzz_put(frames, sizeof(frames)).n;
    grant_call(GNTTABOP_get_status_frames, &op, sizeof(op), 1);
}

static void cache_flush(void)
{
    struct gnttab_cache_flush op = {.offset = fuzz_u16(), .length = fuzz_u16(), .op = fuzz_below(5)};

    grant_call(GNTTABOP_cache_flush, &op, sizeof(op), fuzz_below(2));
}

/* The commands about the table as a whole. */
void op_grant_table(void)
{
    struct gnttab_set_version version = {fuzz_one_in(8) ? fuzz_u32() : 1 + fuzz_below(2)};
    struct gnttab_get_version which = {fuzz_domid(), 0, 0};
    struct gnttab_swap_grant_ref swap = {any_ref(), any_ref(), 0};
    struct gnttab_query_size size = {.dom = which.dom};
    struct gnttab_transfer transfer = {fuzz_frame().n, which.dom, swap.ref_a, 0};

    switch (fuzz_below(10)) {
    case 0:
    case 1:
        grant_call(GNTTABOP_set_version, &version, sizeof(version), 1);
        break;
    case 2:
        grant_call(GNTTABOP_get_version, &which, sizeof(which), 1);
        break;
    case 3:
    case 4:
        grant_call(GNTTABOP_swap_grant_ref, &swap, sizeof(swap), 1);
        break;
    case 5:
        grant_call(GNTTABOP_query_size, &size, sizeof(size), 1);
        break;
    case 6:
        grant_call(GNTTABOP_transfer, &transfer, sizeof(transfer), 1);
        break;
    case 7:
        cache_flush();
        break;
    case 8:
        status_frames();
        break;
    default:
        table_setup();
    }
}
