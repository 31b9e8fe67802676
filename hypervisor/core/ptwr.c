/* SPDX-License-Identifier: MIT */
/* Emulation of stores into level-1 tables. */
#include "core/ptwr.h"

#include "core/domain.h"
#include "core/mmio_ro.h"
#include "core/page_type.h"
#include "core/pt_update.h"
#include "core/ptwr_insn.h"
#include "port/atomic.h"
#include "port/guest_copy.h"
#include "port/map.h"
#include "pvabi/errno.h"

/* The entry may change between reading and writing it, by a CPU's walker or another vCPU. Then the guest
 * tries again. */
#define ATTEMPTS 16

#define TRAP_DEBUG      1u
#define FLAG_TF         0x100ull
#define DR6_SINGLE_STEP 0x4000ull

static uint64_t segment_base(const struct insn *insn)
{
    switch (insn->segment) {
    case INSN_SEGMENT_FS:
        return port_fs_base();
    case INSN_SEGMENT_GS:
        return port_gs_base();
    default:
        return 0;
    }
}

/* The instruction must be the one that faulted: its operand is at the address, aligned so that it lies in one
 * entry. */
static bool fetch(struct ptwr_insn *p, struct cpu_user_regs *regs, guest_va_t address)
{
    uint8_t bytes[INSN_LENGTH_MAX];
    size_t count = port_fetch_guest(bytes, guest_va(regs->rip), sizeof(bytes));

    return ptwr_decode(p, bytes, count, regs) && p->address + segment_base(&p->insn) == address.n &&
           address.n % p->width == 0;
}

static uint64_t entry_read(mfn_t table, unsigned int index)
{
    const volatile uint64_t *entries = port_map_frame(table);
    uint64_t entry = port_read_u64(&entries[index]);

    port_unmap_frame((const void *)entries);
    return entry;
}

/* One try: 0, -XEN_EAGAIN, or a refusal. */
static int emulate_once(const struct ptwr_insn *p, struct cpu_user_regs *regs, struct pt_update *u,
                        unsigned int shift)
{
    uint64_t mask = (p->width == 8 ? ~0ull : (1ull << p->width * 8) - 1) << shift;
    struct ptwr_result result;
    uint64_t old;
    int rc = 0;

    u->expected = entry_read(u->table, u->index);
    old = (u->expected & mask) >> shift;
    result = ptwr_execute(p, regs, old);
    if (result.write) {
        u->value = (u->expected & ~mask) | (result.value << shift & mask);
        if (!pt_update_l1(u, &rc)) {
            rc = -XEN_EINVAL;
        }
    }
    if (rc == 0) {
        ptwr_retire(p, &result, regs, old);
    }
    return rc;
}

/* A single-stepped instruction that was emulated traps after it. */
static void single_step(struct vcpu *v, const struct cpu_user_regs *regs)
{
    if (regs->rflags & FLAG_TF) {
        v->cpu.dr[6] |= DR6_SINGLE_STEP;
        guest_cpu_inject_trap(v, TRAP_DEBUG, 0, false);
    }
}

static bool emulate(struct vcpu *v, guest_va_t address, mfn_t table)
{
    struct cpu_user_regs *regs = port_vcpu_regs(v);
    struct pt_update u = {
        .table_owner = v->domain,
        .data_owner = v->domain,
        .table = table,
        .index = (unsigned int)(address.n % PAGE_SIZE / sizeof(uint64_t)),
        .compare = true,
    };
    unsigned int shift = (unsigned int)(address.n % sizeof(uint64_t)) * 8;
    struct ptwr_insn p;
    int rc = -XEN_EAGAIN;

    if (!fetch(&p, regs, address)) {
        return false;
    }
    for (int i = 0; i < ATTEMPTS && rc == -XEN_EAGAIN; i++) {
        rc = emulate_once(&p, regs, &u, shift);
    }
    if (rc == 0) {
        single_step(v, regs);
    }
    return rc == 0 || rc == -XEN_EAGAIN;
}

bool ptwr_drop(struct vcpu *v, guest_va_t address, mfn_t m)
{
    struct cpu_user_regs *regs = port_vcpu_regs(v);
    struct ptwr_result result;
    struct ptwr_insn p;

    if (!mmio_ro_contains(m) || !fetch(&p, regs, address) || p.action != PTWR_MOVE) {
        return false;
    }
    result = ptwr_execute(&p, regs, 0);
    ptwr_retire(&p, &result, regs, 0);
    single_step(v, regs);
    return true;
}

bool ptwr_emulate(struct vcpu *v, guest_va_t address, mfn_t m)
{
    bool done;

    if (!frame_get(m, v->domain)) {
        return false;
    }
    done = frame_type_now(m) == FRAME_L1 && emulate(v, address, m);
    frame_put(m);
    return done;
}
