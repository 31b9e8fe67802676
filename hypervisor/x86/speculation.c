/* SPDX-License-Identifier: MIT */
/* Which measures against speculation this machine gets. Facts from Intel's and AMD's guidance on these MSRs. */
#include "x86/speculation.h"

#include "core/domain.h"
#include "lib/log.h"
#include "x86/cpu.h"
#include "x86/guest_copy.h"
#include "x86/percpu.h"

#define SPEC_CTRL_IBRS  1u
#define SPEC_CTRL_STIBP 2u
#define SPEC_CTRL_SSBD  4u
#define PRED_CMD_IBPB   1u

struct x86_speculation x86_speculation;

static bool chosen(enum x86_choice choice, bool otherwise)
{
    return choice == X86_CHOICE_DEFAULT ? otherwise : choice == X86_CHOICE_ON;
}

/*
 * Whether an MSR may be written: CPUID says so, or somebody insists and the CPU takes it (hypervisors below and
 * emulators do not always tell).
 */
static bool usable(bool has_it, enum x86_choice choice, uint32_t msr, uint64_t value)
{
    return (has_it && choice != X86_CHOICE_OFF) || (choice == X86_CHOICE_ON && x86_try_wrmsr(msr, value));
}

void x86_speculation_init(const struct x86_speculation_options *o)
{
    const struct x86_features *f = &x86_features;
    struct x86_speculation *s = &x86_speculation;

    s->spec_ctrl = usable(f->ibrs, o->msr_sc, MSR_SPEC_CTRL, SPEC_CTRL_IBRS);
    s->host = (chosen(o->ibrs, true) ? SPEC_CTRL_IBRS : 0) |
              (chosen(o->stibp, f->stibp) ? SPEC_CTRL_STIBP : 0) |
              (chosen(o->ssbd, false) ? SPEC_CTRL_SSBD : 0);
    s->host = s->spec_ctrl ? s->host : 0;
    /* With SMEP a return that a guest planted leads nowhere: guests can execute only pages of users. */
    s->rsb = chosen(o->rsb, !f->smep);
    s->verw = chosen(o->md_clear, f->md_clear && !x86_mds_no());
    s->ibpb_entry = chosen(o->ibpb_entry, false) && usable(f->ibpb, X86_CHOICE_ON, MSR_PRED_CMD, PRED_CMD_IBPB);
    s->ibpb_switch = usable(f->ibpb, o->ibpb, MSR_PRED_CMD, PRED_CMD_IBPB);
    x86_speculation_cpu_init();
    x86_speculation_print();
}

void x86_speculation_cpu_init(void)
{
    struct x86_cpu *cpu = x86_this_cpu();

    cpu->spec_ctrl = x86_speculation.host;
    cpu->verw_selector = LAYOUT_DS;
    if (x86_speculation.spec_ctrl) {
        x86_wrmsr(MSR_SPEC_CTRL, cpu->spec_ctrl);
    }
}

void x86_speculation_switch(const struct vcpu *to)
{
    struct x86_cpu *cpu = x86_this_cpu();
    uint64_t id = (uint64_t)to->domain->id << 32 | (to->id + 1);

    if (x86_speculation.ibpb_switch && cpu->last_vcpu != id) {
        cpu->last_vcpu = id;
        x86_wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
    }
}

static const char *word(bool on)
{
    return on ? "yes" : "no";
}

void x86_speculation_print(void)
{
    const struct x86_speculation *s = &x86_speculation;

    log_info("speculation: SPEC_CTRL at entry and exit: %s (%#x), RSB filled at entry: %s, IBPB at entry: %s",
             word(s->spec_ctrl), s->host, word(s->rsb), word(s->ibpb_entry));
    log_info("speculation: VERW at exit: %s, IBPB at a switch: %s", word(s->verw), word(s->ibpb_switch));
}
