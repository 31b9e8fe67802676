/* SPDX-License-Identifier: MIT */
/* The oracles of the entry's fuzz target: see entry_check.h. */
#include "entry_check.h"

#include <string.h>

#include "core/frame.h"
#include "core/page_type.h"
#include "port/cpu.h"
#include "port/map.h"
#include "world.h"

#define FLAG_IF          0x200ull
#define FLAG_IOPL        0x3000ull
#define FLAG_IOPL_SHIFT  12
#define FLAG_VM          0x20000ull
#define FLAGS_BY_GATES   0x74100ull /* TF, NT, RF, VM, AC: clear in every handler */
#define HYPERVISOR_FIRST 0xffff800000000000ull
#define HYPERVISOR_END   0xffff880000000000ull
#define DR7_GD           0x2000ull
#define DR7_ENABLE       0xffull
#define NMI              2u
#define WORDS_MAX        12u
#define GATE_SELECTOR(e) ((uint16_t)((e) >> 16))

static void require(const struct vcpu *v, bool condition, const char *what)
{
    if (!condition) {
        fake_fail("d%uv%u: %s", v->domain->id, v->id, what);
    }
}

/* ---- frames ---- */

/* The first frame that is due; count is 0 when none is, or when it would not lie on the stack that the test
 * has. */
struct expected {
    uint64_t address, handler, rip;
    uint64_t words[WORDS_MAX];
    unsigned int count;
    bool masks, nmi, may_wait;
};

static void expect_word(struct expected *e, uint64_t word)
{
    e->words[e->count++] = word;
}

static void expect_frame(struct expected *e, const struct vcpu *v, const uint64_t *extra,
                         unsigned int extra_count)
{
    const struct cpu_user_regs *regs = port_vcpu_regs((struct vcpu *)v);
    uint64_t mask = v->evtchn.info->evtchn_upcall_mask, flags = regs->rflags & ~(FLAG_IF | FLAG_IOPL);

    flags |= mask ? 0 : FLAG_IF;
    if (v->domain->vm_assist >> VMASST_TYPE_architectural_iopl & 1) {
        flags |= (uint64_t)v->cpu.iopl << FLAG_IOPL_SHIFT;
    }
    expect_word(e, regs->rcx);
    expect_word(e, regs->r11);
    for (unsigned int i = 0; i < extra_count; i++) {
        expect_word(e, extra[i]);
    }
    expect_word(e, regs->rip);
    expect_word(e, (v->cpu.kernel_mode ? regs->cs & 0xfffcu : regs->cs) | mask << 32);
    expect_word(e, flags);
    expect_word(e, regs->rsp);
    expect_word(e, regs->ss);
    e->address = ((v->cpu.kernel_mode ? regs->rsp : v->cpu.kernel_sp) & ~15ull) - e->count * 8ull;
    if (e->address < FUZZ_STACK || e->address >= FUZZ_STACK_END ||
        e->count * 8ull > FUZZ_STACK_END - e->address) {
        e->count = 0;
    }
}

/* What was decided goes first, then bad selectors, an NMI, an event. */
static void expect(struct expected *e, const struct vcpu *v)
{
    const struct guest_bounce *bounce = &v->cpu.bounce;
    uint64_t selectors[] = {v->cpu.ds, v->cpu.es, v->cpu.fs, v->cpu.gs}, error = bounce->error_code;

    memset(e, 0, sizeof(*e));
    e->rip = port_vcpu_regs((struct vcpu *)v)->rip;
    if (bounce->address) {
        e->masks = bounce->flags & GUEST_BOUNCE_MASK;
        expect_frame(e, v, &error, bounce->flags & GUEST_BOUNCE_ERROR_CODE ? 1 : 0);
    } else if (v->cpu.selectors_bad) {
        e->masks = v->cpu.failsafe.mask_events;
        expect_frame(e, v, selectors, ARRAY_SIZE(selectors));
    } else if (v->cpu.nmi_pending && !v->cpu.nmi_masked && v->cpu.traps[NMI].address) {
        e->nmi = true;
        e->masks = TI_GET_IF(&v->cpu.traps[NMI]);
        expect_frame(e, v, NULL, 0);
    } else if (v->evtchn.info->evtchn_upcall_pending && !v->evtchn.info->evtchn_upcall_mask) {
        e->masks = true;
        e->may_wait = v->cpu.upcall_behind_iret;
        expect_frame(e, v, NULL, 0);
    }
}

/* An upcall right behind an iret may wait, with a timer that ends it: nothing has changed then. */
static bool waits(const struct expected *e, const struct vcpu *v)
{
    return e->may_wait && evtchn_upcall_due(&v->evtchn) && timer_is_set(&v->timers.upcall) &&
           port_vcpu_regs((struct vcpu *)v)->rip == e->rip;
}

static void check_expected(const struct expected *e, const struct vcpu *v)
{
    const uint64_t *at;

    if (e->count == 0 || waits(e, v)) {
        return;
    }
    at = fuzz_stack_memory() + (e->address - FUZZ_STACK) / 8;
    for (unsigned int i = 0; i < e->count; i++) {
        if (at[i] != e->words[i]) {
            fake_fail("d%uv%u: word %u of a frame of %u is %#lx, not %#lx", v->domain->id, v->id, i, e->count,
                      at[i], e->words[i]);
        }
    }
    require(v, !e->masks || v->evtchn.info->evtchn_upcall_mask,
            "events are not masked in a handler that masks them");
    require(v, !e->nmi || v->cpu.nmi_masked, "an NMI's handler lets the next one in");
    require(v, v->cpu.kernel_mode, "a handler runs in user mode");
    require(v, !(port_vcpu_regs((struct vcpu *)v)->rflags & FLAGS_BY_GATES),
            "a handler begins with flags of its user");
}

void entry_deliver(void)
{
    struct vcpu *v = port_current();
    struct expected e;

    expect(&e, v);
    guest_cpu_deliver(v, port_vcpu_regs(v));
    if (!v->domain->shutting_down) {
        check_expected(&e, v);
    }
}

/* ---- registers ---- */

static void check_registers(const struct vcpu *v)
{
    const struct cpu_user_regs *regs = port_vcpu_regs((struct vcpu *)v);

    require(v, (regs->cs & 3) == 3 && (regs->ss & 3) == 3,
            "a selector with another privilege than a guest's");
    require(v, (regs->rflags & (FLAG_IF | FLAG_IOPL | FLAG_VM | 2)) == (FLAG_IF | 2),
            "flags that a guest cannot have");
    require(v, v->cpu.iopl <= 3, "a virtual IOPL that there is not");
    for (unsigned int i = 0; i < GUEST_TRAPS; i++) {
        require(v, guest_address_canonical(v->cpu.traps[i].address), "a handler that the CPU cannot go to");
        require(v, !v->cpu.traps[i].address || (v->cpu.traps[i].cs & 3) == 3, "a handler's selector");
    }
    require(v,
            guest_address_canonical(v->cpu.event.address) &&
                guest_address_canonical(v->cpu.failsafe.address) &&
                guest_address_canonical(v->cpu.syscall.address) &&
                guest_address_canonical(v->cpu.syscall32.address) &&
                guest_address_canonical(v->cpu.sysenter.address),
            "a callback that the CPU cannot go to");
    require(v,
            guest_address_canonical(v->machine.fs_base) && guest_address_canonical(v->machine.gs_base) &&
                guest_address_canonical(v->machine.gs_base_other) &&
                guest_address_canonical(v->cpu.fs_base) && guest_address_canonical(v->cpu.gs_base_kernel) &&
                guest_address_canonical(v->cpu.gs_base_user),
            "a segment base that faults");
}

static void check_debug(const struct vcpu *v)
{
    uint64_t live = guest_cpu_debug_control(v);

    for (unsigned int i = 0; i < 4; i++) {
        require(v, v->cpu.dr[i] < HYPERVISOR_FIRST || v->cpu.dr[i] >= HYPERVISOR_END,
                "a breakpoint in the hypervisor");
        /* One that is live is not on I/O ports: those are looked for by hand. */
        require(v, !(live >> 2 * i & 3) || (live >> (16 + 4 * i) & 3) != 2, "a live breakpoint on ports");
    }
    require(v, !(v->cpu.dr[7] & DR7_GD) && !(v->cpu.dr[7] >> 32) && !(v->cpu.dr[6] >> 32),
            "a debug register");
    require(v, !((live & DR7_ENABLE) & ~v->cpu.dr[7]), "a breakpoint that nobody enabled");
}

static void check_control(const struct vcpu *v)
{
    require(v, !(v->cpu.cr4 & ~guest_cpu_cr4_choice(v)), "a bit of CR4 that is not the guest's");
    require(v, v->cpu.xcr0 & 1 && !(v->cpu.xcr0 & ~7ull), "an XCR0 beyond the policy");
}

/* What waits for a vCPU that is about to run. */
static void check_nothing_due(const struct vcpu *v)
{
    require(v, !v->cpu.bounce.address, "a frame was left undone");
    require(v, !v->cpu.selectors_bad, "bad selectors were not told");
    require(v, !v->cpu.nmi_pending || v->cpu.nmi_masked, "an NMI is left waiting");
    require(v, !evtchn_upcall_due(&v->evtchn) || timer_is_set(&v->timers.upcall),
            "an event is left waiting, and no timer ends that");
    require(v, mfn_valid_number(mm_hw_root(&v->mm, v->cpu.kernel_mode)), "no tables for this mode");
}

void entry_check_vcpu(const struct vcpu *v)
{
    check_registers(v);
    check_debug(v);
    check_control(v);
}

/* ---- descriptors ---- */

/* Present ones are the guest's own code and data, an unused form, or a gate that every use of faults. */
static bool descriptor_harmless(uint64_t entry)
{
    unsigned int type = entry >> 40 & 15, dpl = entry >> 45 & 3;

    if (!(entry >> 47 & 1)) {
        return true;
    }
    if (entry >> 44 & 1 || type == 0) {
        return dpl == 3;
    }
    return type == 12 && dpl == 0 && (GATE_SELECTOR(entry) & 3) == 3 &&
           (GATE_SELECTOR(entry) & 4 || GATE_SELECTOR(entry) < FIRST_RESERVED_GDT_BYTE ||
            GATE_SELECTOR(entry) == FLAT_KERNEL_CS64);
}

static void check_page(uint64_t n)
{
    const uint64_t *page = port_map_frame(mfn(n));

    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
        if (!descriptor_harmless(page[i])) {
            fake_fail("frame %#lx is used as descriptors and holds %#lx", n, page[i]);
        }
    }
    port_unmap_frame(page);
}

static void check_descriptors(void)
{
    for (uint64_t n = FAKE_RAM_FIRST; n < frame_table_count; n++) {
        uint64_t word = frame_table[n].type;

        if (page_type_of(word) == FRAME_SEGDESC && word & PAGE_TYPE_COUNT_MASK) {
            check_page(n);
        }
    }
}

static void check_tables(const struct vcpu *v)
{
    for (unsigned int i = 0; i < v->machine.gdt_count; i++) {
        require(v, page_type_of(frame_table[v->machine.gdt[i].n].type) == FRAME_SEGDESC,
                "a GDT of other frames");
    }
    for (unsigned int i = 0; i < GUEST_LDT_PAGES; i++) {
        mfn_t m = v->machine.ldt[i];

        require(v,
                !(v->cpu.ldt_mapped >> i & 1) ||
                    (mfn_valid_number(m) && page_type_of(frame_table[m.n].type) == FRAME_SEGDESC),
                "an LDT of other frames");
    }
}

void entry_check_all(void)
{
    struct vcpu *v = port_current();

    if (!v->is_idle && !v->domain->shutting_down) {
        check_nothing_due(v);
    }
    for (domid_t id = 0; id < FUZZ_DOMAINS; id++) {
        const struct domain *d = domain_by_id(id);

        for (unsigned int i = 0; d && i < FUZZ_VCPUS; i++) {
            entry_check_vcpu(d->vcpus[i]);
            check_tables(d->vcpus[i]);
        }
    }
    check_descriptors();
}
