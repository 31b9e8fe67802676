/* SPDX-License-Identifier: MIT */
/* Operations on memory: the hypercalls about page tables and frames, and what a guest writes itself. */
#include "operations.h"

#include <string.h>

#include "core/pte.h"
#include "port/cpu.h"
#include "pvabi/memory.h"

#define BATCH_MAX 6u

static uint64_t foreign(void)
{
    static const uint64_t tables[] = {1ull << 16, 2ull << 16, 3ull << 16, 4ull << 16};
    uint64_t data = fuzz_one_in(4) ? fuzz_domid() : DOMID_SELF;

    return data | (fuzz_one_in(16) ? FUZZ_PICK(tables) : 0);
}

static uint64_t index_in_table(void)
{
    static const uint16_t edges[] = {16, 17, 255, 256, 260, 271, 272, 300, 511};
    unsigned int kind = fuzz_u8();

    return (kind < 0xc0 ? kind % 16 : FUZZ_PICK(edges)) * 8;
}

static struct mmu_update one_update(void)
{
    static const uint8_t commands[] = {MMU_NORMAL_PT_UPDATE,
                                       MMU_NORMAL_PT_UPDATE,
                                       MMU_NORMAL_PT_UPDATE,
                                       MMU_PT_UPDATE_PRESERVE_AD,
                                       MMU_PT_UPDATE_NO_TRANSLATE,
                                       MMU_MACHPHYS_UPDATE,
                                       4};
    unsigned int role = fuzz_below(FUZZ_ROLES);
    mfn_t table = fuzz_one_in(8) ? fuzz_frame() : fuzz_frame_of(fuzz_self(), role);
    uint64_t slot = (table.n << PAGE_SHIFT) + index_in_table();
    uint8_t command = FUZZ_PICK(commands);

    return (struct mmu_update){slot | command, fuzz_entry(role)};
}

void op_mmu_update(void)
{
    struct mmu_update updates[BATCH_MAX];
    unsigned int count = 1 + fuzz_below(BATCH_MAX);
    uint64_t done = fuzz_one_in(2) ? fuzz_put(&count, sizeof(uint32_t)).n : 0, told = count;

    for (unsigned int i = 0; i < count; i++) {
        updates[i] = one_update();
    }
    if (fuzz_one_in(32)) {
        told = fuzz_number();
    }
    fuzz_call(__HYPERVISOR_mmu_update, fuzz_put(updates, count * sizeof(updates[0])).n, told, done,
              foreign());
}

static struct mmuext_op one_extended(void)
{
    static const uint8_t commands[] = {
        MMUEXT_PIN_L1_TABLE,      MMUEXT_PIN_L2_TABLE,     MMUEXT_PIN_L3_TABLE,    MMUEXT_PIN_L4_TABLE,
        MMUEXT_PIN_L1_TABLE,      MMUEXT_PIN_L2_TABLE,     MMUEXT_PIN_L3_TABLE,    MMUEXT_PIN_L4_TABLE,
        MMUEXT_UNPIN_TABLE,       MMUEXT_UNPIN_TABLE,      MMUEXT_UNPIN_TABLE,     MMUEXT_NEW_BASEPTR,
        MMUEXT_NEW_BASEPTR,       MMUEXT_NEW_USER_BASEPTR, MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_INVLPG_LOCAL,
        MMUEXT_TLB_FLUSH_MULTI,   MMUEXT_INVLPG_MULTI,     MMUEXT_TLB_FLUSH_ALL,   MMUEXT_INVLPG_ALL,
        MMUEXT_FLUSH_CACHE,       MMUEXT_SET_LDT,          MMUEXT_CLEAR_PAGE,      MMUEXT_COPY_PAGE,
        MMUEXT_FLUSH_CACHE_GLOBAL};
    struct mmuext_op op = {.cmd = fuzz_one_in(32) ? fuzz_u32() : FUZZ_PICK(commands)};
    uint64_t mask = fuzz_u8();

    op.arg1.mfn = op.cmd <= MMUEXT_PIN_L4_TABLE && !fuzz_one_in(8)
                      ? fuzz_frame_of(fuzz_self(), op.cmd - MMUEXT_PIN_L1_TABLE).n
                      : fuzz_frame().n;
    switch (op.cmd) {
    case MMUEXT_NEW_BASEPTR:
    case MMUEXT_NEW_USER_BASEPTR:
        op.arg1.mfn = fuzz_one_in(8) ? fuzz_frame().n : fuzz_frame_of(fuzz_self(), 3).n;
        break;
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
        op.arg1.linear_addr = fuzz_address();
        op.arg2.vcpumask.p = (void *)(uintptr_t)fuzz_put(&mask, sizeof(mask)).n;
        break;
    case MMUEXT_SET_LDT:
        op.arg1.linear_addr = fuzz_address() & PAGE_MASK;
        op.arg2.nr_ents = (unsigned int)fuzz_number();
        break;
    case MMUEXT_COPY_PAGE:
        op.arg2.src_mfn = fuzz_frame().n;
        break;
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_ALL:
        op.arg1.linear_addr = fuzz_address();
        break;
    default:
        break;
    }
    return op;
}

void op_mmuext(void)
{
    struct mmuext_op ops[BATCH_MAX];
    unsigned int count = 1 + fuzz_below(BATCH_MAX);
    uint64_t done = fuzz_one_in(2) ? fuzz_put(&count, sizeof(uint32_t)).n : 0;

    for (unsigned int i = 0; i < count; i++) {
        ops[i] = one_extended();
    }
    fuzz_call(__HYPERVISOR_mmuext_op, fuzz_put(ops, count * sizeof(ops[0])).n, count, done,
              fuzz_one_in(8) ? fuzz_domid() : DOMID_SELF);
}

void op_update_va(void)
{
    static const uint64_t flush[] = {0,
                                     UVMF_TLB_FLUSH | UVMF_LOCAL,
                                     UVMF_TLB_FLUSH | UVMF_ALL,
                                     UVMF_INVLPG | UVMF_LOCAL,
                                     UVMF_INVLPG | UVMF_ALL,
                                     UVMF_INVLPG | UVMF_ALL};
    uint64_t address = fuzz_address(), entry = fuzz_entry(0), flags = FUZZ_PICK(flush), mask = fuzz_u8();

    if (fuzz_one_in(8)) {
        flags = (flags & 3) | fuzz_put(&mask, sizeof(mask)).n;
    }
    if (fuzz_one_in(8)) {
        fuzz_call(__HYPERVISOR_update_va_mapping_otherdomain, address, entry, flags, fuzz_domid());
    } else {
        fuzz_call(__HYPERVISOR_update_va_mapping, address, entry, flags, 0);
    }
}

/* A list of frames, or of frame numbers that the guest has in mind. */
static guest_va_t frame_list(unsigned int count)
{
    xen_pfn_t list[8];

    for (unsigned int i = 0; i < count; i++) {
        list[i] = fuzz_frame().n;
    }
    return fuzz_put(list, count * sizeof(list[0]));
}

static struct xen_memory_reservation reservation(unsigned int count)
{
    struct xen_memory_reservation r = {.nr_extents = count, .domid = DOMID_SELF};

    r.extent_start.p = (void *)(uintptr_t)frame_list(count).n;
    if (fuzz_one_in(4)) {
        r.extent_order = fuzz_one_in(4) ? (unsigned int)fuzz_number() : fuzz_below(3);
        r.mem_flags = fuzz_one_in(4) ? fuzz_u32() : 0;
        r.domid = fuzz_domid();
    }
    if (fuzz_one_in(32)) {
        r.nr_extents = fuzz_number();
    }
    return r;
}

static void op_exchange(void)
{
    struct xen_memory_exchange e;
    unsigned int in = 1 + fuzz_below(4);

    memset(&e, 0, sizeof(e));
    e.in = reservation(in);
    e.out = reservation(in);
    e.nr_exchanged = fuzz_one_in(8) ? fuzz_number() : 0;
    fuzz_call(__HYPERVISOR_memory_op, XENMEM_exchange, fuzz_put(&e, sizeof(e)).n, 0, 0);
}

static void op_acquire(void)
{
    struct xen_mem_acquire_resource r = {
        .domid = fuzz_domid(),
        .type = fuzz_one_in(8) ? (uint16_t)fuzz_number() : XENMEM_resource_grant_table,
        .id = fuzz_below(3),
        .nr_frames = fuzz_one_in(8) ? (uint32_t)fuzz_number() : fuzz_below(4),
        .frame = fuzz_below(4)};

    r.frame_list.p = (void *)(uintptr_t)frame_list(4).n;
    fuzz_call(__HYPERVISOR_memory_op, XENMEM_acquire_resource, fuzz_put(&r, sizeof(r)).n, 0, 0);
}

static void op_other_memory(void)
{
    uint8_t argument[64];
    uint64_t list = frame_list(4).n;

    for (unsigned int i = 0; i < sizeof(argument); i++) {
        argument[i] = i % 4 ? 0 : fuzz_u8();
    }
    /* Several structures have their list behind a count and an identity. */
    memcpy(argument + (fuzz_one_in(2) ? 8 : 16), &list, sizeof(list));
    fuzz_call(__HYPERVISOR_memory_op, fuzz_below(32) | (fuzz_one_in(16) ? fuzz_number() << 6 : 0),
              fuzz_put(argument, sizeof(argument)).n, 0, 0);
}

void op_memory(void)
{
    static const uint8_t operations[] = {XENMEM_increase_reservation, XENMEM_decrease_reservation,
                                         XENMEM_decrease_reservation, XENMEM_populate_physmap};
    struct xen_memory_reservation r;

    switch (fuzz_below(8)) {
    case 0:
        op_exchange();
        break;
    case 1:
        op_acquire();
        break;
    case 2:
    case 3:
        op_other_memory();
        break;
    default:
        r = reservation(1 + fuzz_below(6));
        fuzz_call(__HYPERVISOR_memory_op, FUZZ_PICK(operations), fuzz_put(&r, sizeof(r)).n, 0, 0);
    }
}

/* ---- a guest's own writes ---- */

/* Instructions that a kernel changes an entry with: the address is in rdi, values in rax, rcx, rdx. */
static const struct {
    uint8_t length, bytes[6];
} writes[] = {
    {3, {0x48, 0x89, 0x07}},             /* mov %rax,(%rdi) */
    {3, {0x48, 0x87, 0x07}},             /* xchg %rax,(%rdi) */
    {5, {0xf0, 0x48, 0x0f, 0xb1, 0x0f}}, /* lock cmpxchg %rcx,(%rdi) */
    {5, {0xf0, 0x48, 0x0f, 0xb3, 0x0f}}, /* lock btr %rcx,(%rdi) */
    {5, {0xf0, 0x48, 0x0f, 0xba, 0x37}}, /* lock btr $,(%rdi) */
    {4, {0xf0, 0x48, 0x21, 0x07}},       /* lock and %rax,(%rdi) */
    {4, {0xf0, 0x48, 0x09, 0x07}},       /* lock or %rax,(%rdi) */
    {3, {0x48, 0xc7, 0x07}},             /* movq $,(%rdi) */
    {2, {0x89, 0x07}},                   /* mov %eax,(%rdi) */
    {2, {0x88, 0x07}},                   /* mov %al,(%rdi) */
    {3, {0x48, 0xab}},                   /* stos */
};

void op_guest_write(void)
{
    struct cpu_user_regs *regs = port_vcpu_regs(fuzz_vcpu());
    uint8_t *code = fuzz_code_memory();
    unsigned int which = fuzz_below(ARRAY_SIZE(writes) + 1);
    uint64_t address = fuzz_address(), value = fuzz_entry(0);

    memset(code, 0, 16);
    if (which < ARRAY_SIZE(writes)) {
        memcpy(code, writes[which].bytes, writes[which].length);
        code[writes[which].length] = fuzz_one_in(2) ? fuzz_u8() : 0;
    } else {
        for (unsigned int i = 0; i < 8; i++) {
            code[i] = fuzz_u8();
        }
    }
    regs->rdi = address;
    regs->rax = value;
    regs->rcx = fuzz_one_in(2) ? fuzz_entry(0) : fuzz_below(64);
    fuzz_guest_write(address, value);
}

/* An exception by an address that may be anywhere, as user or kernel. */
void op_fault(void)
{
    struct vcpu *v = fuzz_vcpu();
    struct cpu_user_regs *regs = port_vcpu_regs(v);
    bool in_ldt;

    regs->rip = fuzz_one_in(8) ? fuzz_address() : FUZZ_CODE;
    regs->error_code = fuzz_below(32);
    switch (fuzz_below(4)) {
    case 0:
        if (v->cpu.kernel_mode || mfn_valid_number(v->mm.user_root)) {
            guest_cpu_toggle(v);
        }
        break;
    case 1:
        in_ldt = fuzz_one_in(2);
        guest_cpu_window_fault(v, regs, in_ldt, fuzz_u16());
        break;
    default:
        guest_cpu_page_fault(v, regs, fuzz_address());
    }
}

void op_tables(void)
{
    uint64_t frames[4];

    for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
        frames[i] = fuzz_one_in(4) ? fuzz_frame().n : fuzz_frame_of(fuzz_self(), FUZZ_PAGES).n;
    }
    if (fuzz_one_in(2)) {
        fuzz_call(__HYPERVISOR_set_gdt, fuzz_put(frames, sizeof(frames)).n,
                  fuzz_one_in(8) ? fuzz_number() : fuzz_below(5) * 512ull, 0, 0);
    } else {
        fuzz_call(__HYPERVISOR_update_descriptor, frames[0] << PAGE_SHIFT | index_in_table(), fuzz_u64(), 0,
                  0);
    }
}
