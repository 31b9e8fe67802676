/* SPDX-License-Identifier: MIT */
/* The state of a guest's CPU: its start and end, its two modes, and loading and saving the whole of it. */
#include "core/guest_cpu.h"

#include "core/cpu_bits.h"
#include "core/cpu_policy.h"
#include "core/domain.h"
#include "core/heap.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/machine.h"
#include "pvabi/errno.h"

int guest_cpu_init(struct vcpu *v)
{
    v->cpu.kernel_mode = true;
    v->cpu.dr[6] = DEBUG_STATUS_DEFAULT;
    v->cpu.dr[7] = DEBUG_CONTROL_DEFAULT;
    v->cpu.xcr0 = 1;
    lock_init(&v->cpu.ldt_lock, LOCK_LDT);
    if (v->is_idle) {
        return 0;
    }
    v->cpu.traps = heap_zalloc(GUEST_TRAPS * sizeof(*v->cpu.traps));
    return v->cpu.traps ? 0 : -XEN_ENOMEM;
}

void guest_cpu_destroy(struct vcpu *v)
{
    if (v->cpu.gdt_entries != 0) {
        int dropped = guest_cpu_set_gdt(v, NULL, 0);

        ASSERT(dropped == 0);
    }
    if (v->cpu.ldt_mapped != 0) {
        guest_cpu_ldt_drop(v);
    }
    heap_free(v->cpu.traps);
    v->cpu.traps = NULL;
}

void guest_cpu_toggle(struct vcpu *v)
{
    v->cpu.kernel_mode = !v->cpu.kernel_mode;
    port_swap_gs();
    mm_update_hw_root(v);
}

bool guest_cpu_iopl_ok(const struct vcpu *v)
{
    unsigned int level = v->domain->vm_assist >> VMASST_TYPE_architectural_iopl & 1 ? 0 : 1;

    return v->cpu.iopl >= (v->cpu.kernel_mode ? level : 3);
}

void guest_cpu_set_ts(struct vcpu *v, bool set)
{
    v->cpu.ts = set;
    port_set_ts(set);
}

uint64_t guest_cpu_cr0(const struct vcpu *v)
{
    return (port_read_cr0() & ~GUEST_CR0_TS) | (v->cpu.ts ? GUEST_CR0_TS : 0);
}

uint64_t guest_cpu_cr4(const struct vcpu *v)
{
    const uint64_t shown = GUEST_CR4_PAE | GUEST_CR4_MCE | GUEST_CR4_OSFXSR | GUEST_CR4_OSXMMEXCPT;

    return (port_read_cr4() & shown) | v->cpu.cr4;
}

uint64_t guest_cpu_cr4_choice(const struct vcpu *v)
{
    const struct guest_cpu_policy *policy = v->domain->cpu_policy;
    uint64_t bits = GUEST_CR4_TSD | GUEST_CR4_DE;

    if (policy) {
        bits |= cpu_policy_has(policy, CPU_POLICY_FSGSBASE) ? GUEST_CR4_FSGSBASE : 0;
        bits |= cpu_policy_has(policy, CPU_POLICY_XSAVE) ? GUEST_CR4_OSXSAVE : 0;
    }
    return bits;
}

static bool addresses_canonical(const struct vcpu_guest_context *c)
{
    const uint64_t addresses[] = {
        c->user_regs.rip,         c->user_regs.rsp,        c->kernel_sp, c->event_callback_eip,
        c->failsafe_callback_eip, c->syscall_callback_eip, c->fs_base,   c->gs_base_kernel,
        c->gs_base_user,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++) {
        if (!guest_address_canonical(addresses[i])) {
            return false;
        }
    }
    for (unsigned int i = 0; i < GUEST_TRAPS; i++) {
        if (!guest_address_canonical(c->trap_ctxt[i].address)) {
            return false;
        }
    }
    return true;
}

static bool ldt_ok(const struct vcpu_guest_context *c)
{
    return c->ldt_ents == 0 || (c->ldt_ents <= 8192 && !(c->ldt_base & ~PAGE_MASK) &&
                                guest_range_ok(guest_va(c->ldt_base), c->ldt_ents * 8));
}

static mfn_t root_of(uint64_t cr3)
{
    return cr3 == 0 ? MFN_INVALID : mfn(xen_cr3_to_pfn(cr3));
}

/* What a vCPU that already has a context may not change: its roots and descriptor tables are in use. */
static bool tables_unchanged(const struct vcpu *v, const struct vcpu_guest_context *c)
{
    if (!mfn_equal(root_of(c->ctrlreg[3]), v->mm.kernel_root) ||
        !mfn_equal(root_of(c->ctrlreg[1]), v->mm.user_root) || c->gdt_ents != v->cpu.gdt_entries ||
        c->ldt_base != v->cpu.ldt_base.n || c->ldt_ents != v->cpu.ldt_entries) {
        return false;
    }
    for (unsigned int i = 0; i < ROUND_UP(c->gdt_ents, 512) / 512; i++) {
        if (c->gdt_frames[i] != v->cpu.gdt_frames[i].n) {
            return false;
        }
    }
    return true;
}

/* A vCPU must have page tables for the mode that it starts in. */
static bool roots_ok(const struct vcpu_guest_context *c)
{
    return mfn_valid_number(root_of(c->ctrlreg[3])) &&
           (c->flags & VGCF_in_kernel || mfn_valid_number(root_of(c->ctrlreg[1])));
}

static int context_check(const struct vcpu *v, const struct vcpu_guest_context *c)
{
    uint64_t assists = c->vm_assist;

    if (!addresses_canonical(c) || !ldt_ok(c) || !roots_ok(c) || c->gdt_ents > FIRST_RESERVED_GDT_ENTRY ||
        (v->id == 0 && !v->initialised && assists & ~GUEST_VM_ASSISTS)) {
        return -XEN_EINVAL;
    }
    return v->initialised && !tables_unchanged(v, c) ? -XEN_EOPNOTSUPP : 0;
}

/*
 * The parts that take references: what was taken stays with the vCPU when a later one fails, and goes with
 * its end.
 */
static int load_tables(struct vcpu *v, const struct vcpu_guest_context *c)
{
    uint64_t frames[GUEST_GDT_FRAMES];
    int result;

    memcpy(frames, c->gdt_frames, sizeof(frames));
    result = guest_cpu_set_gdt(v, frames, (uint32_t)c->gdt_ents);
    if (result == 0) {
        result = mm_set_kernel_root(v, root_of(c->ctrlreg[3]));
    }
    if (result == 0) {
        result = mm_set_user_root(v, root_of(c->ctrlreg[1]));
    }
    return result;
}

static void load_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
    memcpy(v->cpu.traps, c->trap_ctxt, sizeof(c->trap_ctxt));
    for (unsigned int i = 0; i < GUEST_TRAPS; i++) {
        v->cpu.traps[i].cs = guest_selector_fix(v->cpu.traps[i].cs);
    }
}

static void load_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
    struct cpu_user_regs *regs = port_vcpu_regs(v);

    *regs = c->user_regs;
    regs->cs = guest_selector_fix(regs->cs);
    regs->ss = guest_selector_fix(regs->ss);
    regs->error_code = 0;
    regs->entry_vector = 0;
    v->cpu.iopl = regs->rflags >> EFLAGS_IOPL_SHIFT & 3;
    regs->rflags = (regs->rflags & ~(EFLAGS_IOPL | EFLAGS_VM)) | EFLAGS_IF | EFLAGS_FIXED;
    v->cpu.ds = c->user_regs.ds;
    v->cpu.es = c->user_regs.es;
    v->cpu.fs = c->user_regs.fs;
    v->cpu.gs = c->user_regs.gs;
    v->cpu.fs_base = c->fs_base;
    v->cpu.gs_base_kernel = c->gs_base_kernel;
    v->cpu.gs_base_user = c->gs_base_user;
}

static void load_control(struct vcpu *v, const struct vcpu_guest_context *c)
{
    static const uint8_t debug_registers[] = {0, 1, 2, 3, 6, 7};

    v->cpu.ts = (c->ctrlreg[0] & GUEST_CR0_TS) != 0;
    v->cpu.cr2 = c->ctrlreg[2];
    v->cpu.cr4 = c->ctrlreg[4] & guest_cpu_cr4_choice(v);
    for (unsigned int i = 0; i < ARRAY_SIZE(debug_registers); i++) {
        /* One that is not allowed stays as it was, as on Xen. */
        int ignored = guest_cpu_set_debugreg(v, debug_registers[i], c->debugreg[debug_registers[i]]);

        (void)ignored;
    }
}

static void load_callbacks(struct vcpu *v, const struct vcpu_guest_context *c)
{
    v->cpu.kernel_ss = guest_selector_fix(c->kernel_ss);
    v->cpu.kernel_sp = c->kernel_sp;
    v->cpu.event = (struct guest_callback){c->event_callback_eip, true};
    v->cpu.failsafe =
        (struct guest_callback){c->failsafe_callback_eip, c->flags & VGCF_failsafe_disables_events};
    v->cpu.syscall =
        (struct guest_callback){c->syscall_callback_eip, c->flags & VGCF_syscall_disables_events};
}

int guest_cpu_load(struct vcpu *v, const struct vcpu_guest_context *context)
{
    int result = context_check(v, context);

    if (result == 0 && !v->initialised) {
        result = load_tables(v, context);
    }
    if (result != 0) {
        return result;
    }
    if (v->id == 0 && !v->initialised) {
        v->domain->vm_assist = context->vm_assist;
    }
    v->cpu.ldt_base = guest_va(context->ldt_base);
    v->cpu.ldt_entries = (uint32_t)context->ldt_ents;
    port_ldt_load(v, v->cpu.ldt_entries);
    load_registers(v, context);
    load_traps(v, context);
    load_control(v, context);
    load_callbacks(v, context);
    if (context->flags & VGCF_I387_VALID) {
        port_fpu_set(v, context->fpu_ctxt.x);
    }
    v->cpu.kernel_mode = (context->flags & VGCF_in_kernel) != 0;
    v->cpu.bounce = (struct guest_bounce){0};
    mm_update_hw_root(v);
    v->initialised = true;
    return 0;
}

int guest_cpu_reset(struct vcpu *v)
{
    int error;

    v->initialised = false; /* first: nobody may bring it up again while its roots go */
    error = mm_drop_roots(v);
    if (error) {
        return error;
    }
    error = guest_cpu_set_gdt(v, NULL, 0);
    if (error) {
        return error;
    }
    guest_cpu_ldt_drop(v);
    v->cpu.ldt_entries = 0;
    port_ldt_load(v, 0);
    v->cpu.bounce = (struct guest_bounce){0};
    v->cpu.nmi_pending = v->cpu.nmi_masked = false;
    return 0;
}

static uint64_t cr3_of(mfn_t root)
{
    return mfn_valid_number(root) ? xen_pfn_to_cr3(root.n) : 0;
}

static void save_tables(const struct vcpu *v, struct vcpu_guest_context *c)
{
    memcpy(c->trap_ctxt, v->cpu.traps, sizeof(c->trap_ctxt));
    c->ldt_base = v->cpu.ldt_base.n;
    c->ldt_ents = v->cpu.ldt_entries;
    c->gdt_ents = v->cpu.gdt_entries;
    for (unsigned int i = 0; i < ROUND_UP(v->cpu.gdt_entries, 512) / 512; i++) {
        c->gdt_frames[i] = v->cpu.gdt_frames[i].n;
    }
    c->ctrlreg[0] = guest_cpu_cr0(v);
    c->ctrlreg[1] = cr3_of(v->mm.user_root);
    c->ctrlreg[2] = v->cpu.cr2;
    c->ctrlreg[3] = cr3_of(v->mm.kernel_root);
    c->ctrlreg[4] = guest_cpu_cr4(v);
    for (unsigned int i = 0; i < 8; i++) {
        c->debugreg[i] = v->cpu.dr[i];
    }
}

static uint64_t save_flags(const struct vcpu *v)
{
    return VGCF_I387_VALID | (v->cpu.kernel_mode ? VGCF_in_kernel : 0) |
           (v->sched.pause_flags & SCHED_PAUSE_DOWN ? 0 : VGCF_online) |
           (v->cpu.failsafe.mask_events ? VGCF_failsafe_disables_events : 0) |
           (v->cpu.syscall.mask_events ? VGCF_syscall_disables_events : 0);
}

void guest_cpu_save(struct vcpu *v, struct vcpu_guest_context *context)
{
    memset(context, 0, sizeof(*context));
    port_vcpu_sync(v);
    context->flags = save_flags(v);
    context->user_regs = *port_vcpu_regs(v);
    context->user_regs.ds = v->cpu.ds;
    context->user_regs.es = v->cpu.es;
    context->user_regs.fs = v->cpu.fs;
    context->user_regs.gs = v->cpu.gs;
    context->user_regs.rflags |= (uint64_t)v->cpu.iopl << EFLAGS_IOPL_SHIFT;
    save_tables(v, context);
    context->kernel_ss = v->cpu.kernel_ss;
    context->kernel_sp = v->cpu.kernel_sp;
    context->event_callback_eip = v->cpu.event.address;
    context->failsafe_callback_eip = v->cpu.failsafe.address;
    context->syscall_callback_eip = v->cpu.syscall.address;
    context->vm_assist = v->domain->vm_assist;
    context->fs_base = v->cpu.fs_base;
    context->gs_base_kernel = v->cpu.gs_base_kernel;
    context->gs_base_user = v->cpu.gs_base_user;
    port_fpu_get(v, context->fpu_ctxt.x);
}
