/* SPDX-License-Identifier: MIT */
/*
 * Ways into a guest's kernel and back. What the CPU does by itself is played here: ring 3 may load any
 * selector of its privilege, and any flag but IF, IOPL and VM; an IRET to an address that is none faults, and
 * the guest gets that.
 */
#include <string.h>

#include "core/frame.h"
#include "core/page_type.h"
#include "core/pte.h"
#include "entry_check.h"
#include "operations.h"
#include "port/cpu.h"
#include "pvabi/domctl.h"
#include "pvabi/errno.h"

#define STACK_WORDS    (4u * PAGE_SIZE / 8)
#define FRAME_WORDS    9u
#define FLAGS_OF_USERS 0x254dd5ull /* the status flags, TF, DF, NT, RF, AC, ID */
#define FLAGS_FIXED    0x202ull
#define VECTOR_GP      13u
#define VECTOR_UD      6u
#define LDT_SLOT       8u /* where the tables of the first megabytes map what may be an LDT */
#define HANDLE(at)     ((void *)(uintptr_t)(at).n)

static struct cpu_user_regs *regs(void)
{
    return port_vcpu_regs(fuzz_vcpu());
}

static bool in_user_mode(void)
{
    return !fuzz_vcpu()->cpu.kernel_mode;
}

/* A selector as a guest may have loaded it, or have written it somewhere. */
static uint16_t any_selector(void)
{
    static const uint16_t known[] = {FLAT_RING3_CS64,
                                     FLAT_RING3_CS64,
                                     FLAT_RING3_CS32,
                                     FLAT_RING3_SS32,
                                     0,
                                     0x10,
                                     0x13,
                                     0x23,
                                     0x2b,
                                     0x33,
                                     7,
                                     0xf,
                                     0xe008,
                                     0xe010,
                                     0xe040,
                                     0xdfff,
                                     ~0,
                                     0xe030};

    return fuzz_one_in(8) ? fuzz_u16() : FUZZ_PICK(known);
}

/* Where code is, or what calls itself so. */
static uint64_t any_place(void)
{
    static const uint64_t odd[] = {
        0,     0x7fffffffffff,     0x800000000000,    0xffff7fffffffffff, 0xffff800000000000,
        ~0ull, 0xffff82d040000000, 0xffff880000000000};

    return fuzz_one_in(6) ? FUZZ_PICK(odd) : FUZZ_CODE + fuzz_below(64) * 64u + fuzz_below(4);
}

static uint64_t any_stack(void)
{
    return fuzz_one_in(6) ? any_place() : FUZZ_STACK_END - fuzz_u16() % (4 * PAGE_SIZE) / 2;
}

/* What a guest does to its registers by itself. */
static void guest_runs(void)
{
    struct cpu_user_regs *r = regs();

    switch (fuzz_below(5)) {
    case 0:
        r->rflags = FLAGS_FIXED | (fuzz_u32() & FLAGS_OF_USERS);
        break;
    case 1:
        r->cs = any_selector() | 3;
        r->ss = any_selector() | 3;
        break;
    case 2:
        r->rsp = any_stack();
        break;
    case 3:
        r->rcx = fuzz_number();
        r->r11 = fuzz_number();
        r->rip = FUZZ_CODE + fuzz_below(64) * 64u;
        break;
    default:
        r->rip = FUZZ_CODE;
    }
}

/* The IRET to the guest: the address may be none, and then the guest's handler learns of it. */
static void machine_irets(void)
{
    struct vcpu *v = fuzz_vcpu();

    entry_deliver();
    if (v->domain->shutting_down || guest_address_canonical(regs()->rip)) {
        return;
    }
    guest_cpu_inject_trap(v, VECTOR_GP, 0, true);
    entry_deliver();
    if (!v->domain->shutting_down && !guest_address_canonical(regs()->rip)) {
        fake_fail("a handler at %#lx", regs()->rip);
    }
}

/* ---- in ---- */

void op_entry_exception(void)
{
    static const uint8_t vectors[] = {0, 1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 19, 21, 0x80};
    unsigned int vector = FUZZ_PICK(vectors);

    guest_runs();
    regs()->error_code = fuzz_one_in(2) ? fuzz_u16() : 0;
    if (vector == 1) {
        port_write_dr(6, fuzz_u32());
    }
    guest_cpu_exception(fuzz_vcpu(), regs(), vector);
    machine_irets();
}

void op_entry_fault(void)
{
    uint64_t address = fuzz_one_in(2) ? any_place() : fuzz_address();

    guest_runs();
    regs()->error_code = fuzz_below(32);
    if (fuzz_one_in(2)) {
        guest_cpu_page_fault(fuzz_vcpu(), regs(), address);
    } else {
        guest_cpu_window_fault(fuzz_vcpu(), regs(), fuzz_one_in(4) ? false : true,
                               fuzz_one_in(2) ? fuzz_u16() : fuzz_below(64) * 8u);
    }
    machine_irets();
}

void op_entry_syscall(void)
{
    guest_runs();
    switch (fuzz_below(4)) {
    case 0:
        guest_cpu_syscall32(fuzz_vcpu(), regs());
        break;
    case 1:
        guest_cpu_sysenter(fuzz_vcpu(), regs());
        break;
    default:
        if (in_user_mode()) { /* in kernel mode it is a hypercall */
            guest_cpu_syscall(fuzz_vcpu(), regs());
        }
    }
    machine_irets();
}

/* The vCPU comes back, and its data selectors do not mean anything any more; or an NMI came meanwhile. */
void op_entry_switch(void)
{
    struct vcpu *v = fuzz_vcpu();
    uint64_t vcpu = v->id;

    guest_runs();
    if (fuzz_one_in(2)) {
        fuzz_call(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, vcpu, 0, 0);
    } else {
        v->cpu.ds = any_selector();
        v->cpu.es = any_selector();
        v->cpu.fs = any_selector();
        v->cpu.gs = any_selector();
        v->cpu.selectors_bad = true;
    }
    if (port_current() == v) {
        machine_irets();
    }
}

/* ---- back ---- */

static struct iret_context any_frame(bool to_user)
{
    struct iret_context f = {.rax = fuzz_number(), .r11 = fuzz_u8(), .rcx = fuzz_u8()};

    f.flags = fuzz_one_in(2) ? VGCF_in_syscall : fuzz_u16();
    f.rip = any_place();
    f.cs = fuzz_one_in(4) ? any_selector() : FLAT_RING3_CS64;
    f.cs = to_user ? f.cs | 3 : f.cs;
    f.rflags = fuzz_one_in(2) ? FLAGS_FIXED : fuzz_one_in(2) ? fuzz_u64() : fuzz_u32() & 0xfffff;
    f.rsp = any_stack();
    f.ss = fuzz_one_in(4) ? any_selector() : FLAT_RING3_SS64;
    return f;
}

/* Puts a frame onto the stack of the test; false if the stack is elsewhere now, and the frame is what it may
 * be. */
static bool put_frame(const struct iret_context *f)
{
    unsigned int at = fuzz_u16() % (STACK_WORDS - FRAME_WORDS);

    if (fuzz_one_in(16)) {
        regs()->rsp = any_place();
        return false;
    }
    memcpy(fuzz_stack_memory() + at, f, sizeof(*f));
    regs()->rsp = FUZZ_STACK + at * 8ull;
    return true;
}

static void check_returned(const struct iret_context *f, uint64_t rcx, uint64_t r11)
{
    const struct vcpu *v = fuzz_vcpu();
    bool syscall = f->flags & VGCF_in_syscall;

    if (v->cpu.kernel_mode != ((f->cs & 3) != 3) || regs()->rip != f->rip || regs()->rsp != f->rsp ||
        regs()->rax != f->rax || regs()->cs != ((f->cs | 3) & 0xffff) ||
        regs()->ss != ((f->ss | 3) & 0xffff) || regs()->rcx != (syscall ? rcx : f->rcx) ||
        regs()->r11 != (syscall ? r11 : f->r11)) {
        fake_fail("a guest that goes back is not where its frame says");
    }
    if (v->evtchn.info->evtchn_upcall_mask != !(f->rflags & 0x200) || v->cpu.nmi_masked) {
        fake_fail("iret with flags %#lx leaves events %s", f->rflags,
                  v->evtchn.info->evtchn_upcall_mask ? "masked" : "let in");
    }
}

static bool has_user_tables(void)
{
    return mfn_valid_number(fuzz_vcpu()->mm.user_root);
}

void op_entry_iret(void)
{
    struct iret_context f = any_frame(has_user_tables() && fuzz_one_in(2));
    uint64_t rcx = regs()->rcx, r11 = regs()->r11;
    bool known;

    if (in_user_mode()) {
        return;
    }
    known = put_frame(&f);
    guest_cpu_iret(fuzz_vcpu(), regs());
    if (!fuzz_vcpu()->domain->shutting_down) {
        if (known) {
            check_returned(&f, rcx, r11);
        }
        machine_irets();
    }
}

void op_entry_iret_in_list(void)
{
    struct iret_context f = any_frame(has_user_tables() && fuzz_one_in(2));
    struct vcpu *v = fuzz_vcpu();
    struct multicall_entry list[3];

    if (in_user_mode()) {
        return;
    }
    memset(list, 0, sizeof(list));
    list[0].op = __HYPERVISOR_fpu_taskswitch;
    list[1].op = __HYPERVISOR_iret;
    list[2].op = __HYPERVISOR_sched_op;
    put_frame(&f);
    fuzz_call(__HYPERVISOR_multicall, fuzz_put(list, sizeof(list)).n, 3, 0, 0);
    if (port_current() == v && !v->domain->shutting_down) {
        machine_irets();
    }
}

/* The kernel gets tables for its users, if it has none, and goes there. */
void op_entry_user(void)
{
    struct vcpu *v = fuzz_vcpu();
    struct mmuext_op op = {.cmd = MMUEXT_NEW_USER_BASEPTR};
    struct iret_context f;

    if (in_user_mode()) {
        guest_runs();
        return;
    }
    if (!has_user_tables()) {
        op.arg1.mfn = fuzz_frame_of(fuzz_self(), 3).n;
        fuzz_call(__HYPERVISOR_mmuext_op, fuzz_put(&op, sizeof(op)).n, 1, 0, DOMID_SELF);
    }
    if (port_current() != v || !has_user_tables() || v->domain->shutting_down) {
        return;
    }
    f = any_frame(true);
    if (put_frame(&f)) {
        guest_cpu_iret(v, regs());
        machine_irets();
    }
}

/* ---- instructions ---- */

struct instruction {
    uint8_t length;
    uint8_t bytes[10];
};

static const struct instruction instructions[] = {
    {3, {0x0f, 0x20, 0xc0}}, /* mov cr0, rax */
    {3, {0x0f, 0x22, 0xc0}}, /* mov rax, cr0 */
    {3, {0x0f, 0x22, 0xd0}}, /* mov rax, cr2 */
    {3, {0x0f, 0x22, 0xd8}}, /* mov rax, cr3 */
    {3, {0x0f, 0x22, 0xe0}}, /* mov rax, cr4 */
    {3, {0x0f, 0x20, 0xe3}}, /* mov cr4, rbx */
    {3, {0x0f, 0x23, 0xc0}}, /* mov rax, dr0 */
    {3, {0x0f, 0x23, 0xd8}}, /* mov rax, dr3 */
    {3, {0x0f, 0x23, 0xe0}}, /* mov rax, dr4 */
    {3, {0x0f, 0x23, 0xf0}}, /* mov rax, dr6 */
    {3, {0x0f, 0x23, 0xf8}}, /* mov rax, dr7 */
    {3, {0x0f, 0x21, 0xf8}}, /* mov dr7, rax */
    {2, {0x0f, 0x06}},       /* clts */
    {2, {0x0f, 0x09}},       /* wbinvd */
    {2, {0x0f, 0x30}},       /* wrmsr */
    {2, {0x0f, 0x32}},       /* rdmsr */
    {2, {0x0f, 0x31}},       /* rdtsc */
    {3, {0x0f, 0x01, 0xf9}}, /* rdtscp */
    {3, {0x0f, 0x01, 0xd1}}, /* xsetbv */
    {2, {0x0f, 0xa2}},       /* cpuid */
    {7, {0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2}},
    {1, {0xfa}},             /* cli */
    {1, {0xfb}},             /* sti */
    {1, {0xee}},             /* out */
    {1, {0xec}},             /* in */
    {2, {0xf3, 0x6e}},       /* rep outsb */
    {2, {0xf3, 0x6c}},       /* rep insb */
    {3, {0x66, 0xf3, 0x6f}}, /* rep outsw */
    {3, {0x64, 0xf3, 0x6d}}, /* rep insl, with a segment */
    {2, {0xe4, 0x60}},       /* in from a port that is named */
    {2, {0xcd, 0x80}},       /* int */
    {2, {0xcd, 0x03}},
    {2, {0xcd, 0x20}},
    {2, {0xf0, 0xfa}}, /* lock cli */
};

/* MSRs that guests use, and some that they had better not. */
static uint32_t any_msr(void)
{
    static const uint32_t known[] = {0xc0000080, 0xc0000081, 0xc0000082, 0xc0000084, 0xc0000100, 0xc0000101,
                                     0xc0000102, 0xc0000103, 0x10,       0x1b,       0x8b,       0x174,
                                     0x175,      0x176,      0x17a,      0x1d9,      0x277,      0x280,
                                     0x401,      0x48,       0x10f,      0xcf,       0x1a0,      0x40000000};

    return fuzz_one_in(4) ? fuzz_u32() : FUZZ_PICK(known);
}

void op_entry_emulate(void)
{
    const struct instruction *i = &FUZZ_PICK(instructions);
    struct cpu_user_regs *r = regs();
    unsigned int vector = i->length == 7 ? VECTOR_UD : VECTOR_GP;

    guest_runs();
    r->rip = FUZZ_CODE + (fuzz_one_in(8) ? PAGE_SIZE - i->length : fuzz_below(64) * 16u);
    memcpy(fuzz_code_memory() + r->rip % PAGE_SIZE, i->bytes, i->length);
    r->rax = fuzz_one_in(2) ? fuzz_number() : fuzz_u32();
    r->rdx = fuzz_one_in(2) ? fuzz_number() : fuzz_below(0x90);
    r->rcx = i->length == 2 && i->bytes[0] == 0x0f ? any_msr() : fuzz_below(5);
    r->rsi = any_stack();
    r->rdi = any_stack();
    r->error_code = i->bytes[0] == 0xcd ? i->bytes[1] << 3 | 2u : 0;
    guest_cpu_exception(fuzz_vcpu(), r, vector);
    machine_irets();
}

/* A hypercall with TF set: the machine reports the step when it is through. */
void op_entry_step(void)
{
    struct vcpu *v = fuzz_vcpu();

    if (in_user_mode()) {
        return;
    }
    regs()->rflags |= 0x100;
    fuzz_call(__HYPERVISOR_set_debugreg, fuzz_below(9), fuzz_one_in(2) ? fuzz_number() : fuzz_u32(), 0, 0);
    if (port_current() == v && !v->domain->shutting_down) {
        guest_cpu_instruction_done(v, regs(), fuzz_below(16));
        machine_irets();
    }
}

/* ---- descriptors ---- */

static uint64_t any_descriptor(void)
{
    static const uint64_t known[] = {
        0x00af9b000000ffff, 0x00cf93000000ffff, 0x00affb000000ffff, 0x00cffb000000ffff, 0x00009b0000000000,
        0x0000820000000000, 0x00008b0000000067, 0x0000e90000000067, 0xffff8c00e0331234, 0x0000ec0000101234,
        0x00008c0000071234, 0x00008ce0e0081234, 0x0000ec02e0331234, 0x00008e00e0331234, 0x00008f00e0331234,
        0x0000800000000000, 0x0000ff0000000000, 0x00007f0000000000, 0x00008c00e00b1234, 0};

    return fuzz_one_in(4) ? fuzz_u64() : FUZZ_PICK(known);
}

/* A frame that no table says anything of in the beginning. */
static mfn_t plain_frame(void)
{
    return fuzz_frame_of(fuzz_self(), fuzz_one_in(4) ? FUZZ_PAGES : 0);
}

/* By the hypercall; or a guest wrote it while nobody used the page. */
void op_entry_descriptor(void)
{
    mfn_t m = fuzz_one_in(8) ? fuzz_frame() : plain_frame();
    unsigned int slot = fuzz_one_in(4) ? fuzz_u16() % 512 : fuzz_below(16);
    uint64_t entry = any_descriptor();

    if (fuzz_one_in(2)) {
        fuzz_call(__HYPERVISOR_update_descriptor,
                  (m.n << PAGE_SHIFT) + slot * 8ull + (fuzz_one_in(16) ? 4 : 0), entry, 0, 0);
    } else if (fake_is_ram(m) && frame_owner(m) == fuzz_vcpu()->domain &&
               !(frame_table[m.n].type & (PAGE_TYPE_COUNT_MASK | PAGE_TYPE_PARTIAL))) {
        fake_poke(m, slot, entry);
    }
}

void op_entry_gdt(void)
{
    uint64_t frames[3];

    for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
        frames[i] = fuzz_one_in(8) ? fuzz_frame().n : plain_frame().n;
    }
    fuzz_call(__HYPERVISOR_set_gdt, fuzz_put(frames, sizeof(frames)).n,
              fuzz_one_in(8) ? fuzz_number() : fuzz_below(4) * 512ull, 0, 0);
}

/* Maps a frame, says that it is the LDT, or uses that. */
void op_entry_ldt(void)
{
    unsigned int slot = fuzz_below(4);
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT};

    switch (fuzz_below(3)) {
    case 0:
        fuzz_call(__HYPERVISOR_update_va_mapping, (LDT_SLOT + slot) * PAGE_SIZE,
                  fuzz_one_in(8)
                      ? fuzz_entry(0)
                      : pte_make(plain_frame(), PTE_PRESENT | PTE_USER | (fuzz_one_in(4) ? PTE_WRITE : 0)),
                  0, 0);
        break;
    case 1:
        op.arg1.linear_addr = fuzz_one_in(8) ? fuzz_address() : (LDT_SLOT + slot) * PAGE_SIZE;
        op.arg2.nr_ents = fuzz_one_in(4) ? (unsigned int)fuzz_number() : fuzz_below(4) * 512u;
        fuzz_call(__HYPERVISOR_mmuext_op, fuzz_put(&op, sizeof(op)).n, 1, 0, DOMID_SELF);
        break;
    default:
        if (guest_cpu_ldt_fault(fuzz_vcpu(), slot * PAGE_SIZE + fuzz_below(8) * 8u)) {
            fake_check_locks();
        }
    }
}

/* ---- the toolstack ---- */

static void domctl(struct xen_domctl *op, uint32_t command, domid_t id)
{
    op->cmd = command;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = id;
    fuzz_issue(__HYPERVISOR_domctl, fuzz_put(op, sizeof(*op)).n, 0, 0, 0);
}

/* A debugger changes what a vCPU has: reads the whole state, writes it with something else in it. */
void op_entry_context(void)
{
    static struct vcpu_guest_context c;
    struct vcpu *v = fuzz_vcpu();
    struct xen_domctl op = {0};
    domid_t id = (domid_t)(1 + fuzz_below(FUZZ_DOMAINS - 1));
    unsigned int vcpu = fuzz_below(FUZZ_VCPUS), trap = fuzz_u8();

    guest_cpu_save(domain_by_id(id)->vcpus[vcpu], &c);
    c.flags = fuzz_one_in(4) ? fuzz_u16() : c.flags;
    c.user_regs.cs = any_selector();
    c.user_regs.ss = any_selector();
    c.user_regs.rflags = fuzz_one_in(2) ? fuzz_u64() : 0x202;
    c.user_regs.rip = any_place();
    c.user_regs.rsp = c.kernel_sp = any_stack();
    c.debugreg[fuzz_below(8)] = fuzz_one_in(2) ? fuzz_number() : fuzz_u32();
    c.ctrlreg[4] = fuzz_u32();
    c.trap_ctxt[trap] = (struct trap_info){(uint8_t)trap, fuzz_u8(), any_selector(), any_place()};
    c.event_callback_eip = any_place();
    c.gs_base_user = any_place();
    domctl(&op, XEN_DOMCTL_pausedomain, id);
    if (port_current() != v) {
        return;
    }
    op.u.vcpucontext.vcpu = vcpu;
    op.u.vcpucontext.ctxt.p = HANDLE(fuzz_put(&c, sizeof(c)));
    domctl(&op, XEN_DOMCTL_setvcpucontext, id);
    if (port_current() == v) {
        domctl(&op, XEN_DOMCTL_unpausedomain, id);
    }
}
