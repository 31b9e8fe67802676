/* SPDX-License-Identifier: MIT */
/*
 * domctl: what of a vCPU's state the ABI's context has no room for, and the types of frames: what saving and
 * restoring a domain needs beside getvcpucontext.
 */
#include "core/cpu_policy.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/heap.h"
#include "core/page_type.h"
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "port/cpu.h"
#include "port/guest_copy.h"

#define FRAMES_MAX    1024u /* of one getpageframeinfo3 */
#define MSR_TSC_AUX   0xc0000103u
#define MSRS          1u /* that a vCPU may have beside its context */
#define XSTATE_PREFIX (2 * sizeof(uint64_t)) /* XCR0, and all that was ever set in it */

static void save_callbacks(const struct vcpu *v, struct xen_domctl_ext_vcpucontext *e)
{
    const uint32_t id = e->vcpu;

    *e = (struct xen_domctl_ext_vcpucontext){
        .vcpu = id,
        .size = sizeof(*e),
        .syscall32_callback_eip = v->cpu.syscall32.address,
        .sysenter_callback_eip = v->cpu.sysenter.address,
        .syscall32_disables_events = v->cpu.syscall32.mask_events,
        .sysenter_disables_events = v->cpu.sysenter.mask_events,
    };
}

int64_t domctl_get_ext_vcpucontext(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct vcpu *v = domain_vcpu(d, op->u.ext_vcpucontext.vcpu);

    if (!v) {
        return -XEN_ESRCH;
    }
    if (d == CURRENT_DOMAIN()) {
        return -XEN_EINVAL;
    }
    domain_pause(v->domain);
    save_callbacks(v, &op->u.ext_vcpucontext);
    domain_unpause(v->domain);
    *copy_back = true;
    return 0;
}

/* A guest that was told of machine-check banks elsewhere would go on to use them: there are none here. */
static bool has_machine_checks(const struct xen_domctl_ext_vcpucontext *e)
{
    return e->size >= sizeof(*e) && (e->vmce.caps || e->vmce.mci_ctl2_bank0 || e->vmce.mci_ctl2_bank1);
}

int64_t domctl_set_ext_vcpucontext(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
    struct vcpu *v = domain_vcpu(d, e->vcpu);

    (void)copy_back;
    if (!v) {
        return -XEN_ESRCH;
    }
    if (d == CURRENT_DOMAIN() || e->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap) ||
        !guest_address_canonical(e->syscall32_callback_eip) ||
        !guest_address_canonical(e->sysenter_callback_eip)) {
        return -XEN_EINVAL;
    }
    if (has_machine_checks(e)) {
        return -XEN_EPERM;
    }
    domain_pause(v->domain);
    v->cpu.syscall32 =
        (struct guest_callback){e->syscall32_callback_eip, e->syscall32_disables_events != 0};
    v->cpu.sysenter = (struct guest_callback){e->sysenter_callback_eip, e->sysenter_disables_events != 0};
    domain_unpause(v->domain);
    return 0;
}

int64_t domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
    struct vcpu *v = domain_vcpu(d, m->vcpu);
    xen_domctl_vcpu_msr_t entry = {.index = MSR_TSC_AUX};
    uint32_t room = m->msr_count;

    if (!v) {
        return -XEN_ESRCH;
    }
    if (d == CURRENT_DOMAIN()) {
        return -XEN_EINVAL;
    }
    *copy_back = true;
    if (!m->msrs.p) {
        m->msr_count = MSRS;
        return 0;
    }
    domain_pause(v->domain);
    entry.value = cpu_policy_has(d->cpu_policy, CPU_POLICY_RDTSCP) ? v->cpu.tsc_aux : 0;
    domain_unpause(v->domain);
    /* One that is 0 is as a new vCPU has it. */
    m->msr_count = entry.value ? 1 : 0;
    if (m->msr_count > room) {
        return -XEN_ENOBUFS;
    }
    return m->msr_count ? GUEST_ARRAY_PUT(GUEST_HANDLE_VA(m->msrs), 0, &entry) : 0;
}

static int64_t put_msr(struct vcpu *v, const xen_domctl_vcpu_msr_t *entry)
{
    if (entry->reserved || entry->index != MSR_TSC_AUX || entry->value > UINT32_MAX ||
        !cpu_policy_has(v->domain->cpu_policy, CPU_POLICY_RDTSCP)) {
        return -XEN_EINVAL;
    }
    v->cpu.tsc_aux = (uint32_t)entry->value;
    return 0;
}

int64_t domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct xen_domctl_vcpu_msrs *m = &op->u.vcpu_msrs;
    struct vcpu *v = domain_vcpu(d, m->vcpu);
    int64_t error = 0;

    (void)copy_back;
    if (!v) {
        return -XEN_ESRCH;
    }
    if (d == CURRENT_DOMAIN() || m->msr_count > MSRS) {
        return -XEN_EINVAL;
    }
    domain_pause(v->domain);
    for (uint32_t i = 0; i < m->msr_count && !error; i++) {
        xen_domctl_vcpu_msr_t entry;

        error = GUEST_ARRAY_GET(&entry, GUEST_HANDLE_VA(m->msrs), i);
        error = error ? error : put_msr(v, &entry);
    }
    domain_unpause(v->domain);
    return error;
}

/* What getvcpuextstate gives and setvcpuextstate takes. Where the CPU has no XSAVE, the area is left out. */
struct xstate {
    uint64_t xcr0;
    uint64_t ever; /* all components that may have content */
    struct {
        uint8_t fxsave[512];
        uint64_t present, compaction, reserved[6];
    } area; /* as XSAVE writes it; more components follow */
};

static uint64_t all_states(const struct domain *d)
{
    return cpu_policy_states(d->cpu_policy);
}

static uint64_t state_size(uint64_t states)
{
    return XSTATE_PREFIX + port_xstate_size(states);
}

static void read_state(struct vcpu *v, struct xstate *state, uint64_t room)
{
    domain_pause(v->domain);
    port_vcpu_sync(v);
    port_xstate_get(v, &state->area, room - XSTATE_PREFIX);
    state->xcr0 = v->cpu.xcr0;
    state->ever = v->cpu.xcr0 | state->area.present;
    domain_unpause(v->domain);
}

static int64_t give_state(struct vcpu *v, struct xen_domctl_vcpuextstate *e)
{
    uint64_t states = all_states(v->domain), room = state_size(states), size;
    struct xstate *state = heap_zalloc(MAX(room, sizeof(*state)));
    int64_t error = -XEN_EINVAL;

    if (!state) {
        return -XEN_ENOMEM;
    }
    if (states) {
        read_state(v, state, room);
    }
    size = state_size(state->ever);
    if (e->size >= size) {
        error = port_copy_to_guest(GUEST_HANDLE_VA(e->buffer), state, size);
        e->size = size;
    }
    heap_free(state);
    return error;
}

int64_t domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
    struct vcpu *v = domain_vcpu(d, e->vcpu);

    if (!v) {
        return -XEN_ESRCH;
    }
    if (d == CURRENT_DOMAIN()) {
        return -XEN_EINVAL;
    }
    *copy_back = true;
    if ((e->size == 0 && e->xfeature_mask == 0) || !e->buffer.p) {
        e->xfeature_mask = all_states(d);
        e->size = state_size(all_states(d));
        return 0;
    }
    return give_state(v, e);
}

/* The machine must take the area without a fault: what it would refuse is refused here. */
static bool state_ok(const struct domain *d, const struct xstate *state, uint64_t size)
{
    if (state->ever == 0 && state->xcr0 == 0) {
        return size == XSTATE_PREFIX;
    }
    if (size < sizeof(*state) || !cpu_policy_xcr0_valid(d->cpu_policy, state->xcr0) ||
        state->ever & ~all_states(d) || state->xcr0 & ~state->ever || state->area.present & ~state->ever ||
        size < state_size(state->area.present) || state->area.compaction) {
        return false;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(state->area.reserved); i++) {
        if (state->area.reserved[i]) {
            return false;
        }
    }
    return true;
}

static int64_t take_state(struct vcpu *v, const struct xstate *state, uint64_t size)
{
    if (!state_ok(v->domain, state, size)) {
        return -XEN_EINVAL;
    }
    if (state->xcr0) {
        domain_pause(v->domain);
        port_vcpu_sync(v);
        v->cpu.xcr0 = state->xcr0;
        port_xstate_set(v, &state->area, size - XSTATE_PREFIX);
        domain_unpause(v->domain);
    }
    return 0;
}

int64_t domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    const struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
    struct vcpu *v = domain_vcpu(d, e->vcpu);
    struct xstate *state;
    int64_t error;

    (void)copy_back;
    if (!v) {
        return -XEN_ESRCH;
    }
    if (d == CURRENT_DOMAIN() || e->size < XSTATE_PREFIX || e->size > state_size(all_states(d))) {
        return -XEN_EINVAL;
    }
    state = heap_zalloc(MAX(e->size, sizeof(*state)));
    if (!state) {
        return -XEN_ENOMEM;
    }
    error = port_copy_from_guest(state, GUEST_HANDLE_VA(e->buffer), e->size);
    error = error ? error : take_state(v, state, e->size);
    heap_free(state);
    return error;
}

static uint64_t frame_info(struct domain *d, mfn_t m)
{
    uint64_t refs, word, info = XEN_DOMCTL_PFINFO_NOTAB;
    enum frame_type type;

    if (!frame_get(m, d)) {
        return XEN_DOMCTL_PFINFO_XTAB;
    }
    refs = port_read_u64(&frame_of(m)->refs);
    word = port_read_u64(&frame_of(m)->type);
    frame_put(m);
    if (refs & FRAME_HV) {
        return XEN_DOMCTL_PFINFO_XTAB;
    }
    /* Of a table that is not in use only the memory is left. */
    type = page_type_of(word);
    if (word & PAGE_TYPE_VALIDATED && word & PAGE_TYPE_COUNT_MASK && page_type_is_table(type)) {
        info = (uint64_t)page_type_level(type) << XEN_DOMCTL_PFINFO_LTAB_SHIFT;
        info |= word & PAGE_TYPE_PINNED ? XEN_DOMCTL_PFINFO_LPINTAB : 0;
    }
    return info;
}

int64_t domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op, bool *copy_back)
{
    const struct xen_domctl_getpageframeinfo3 *p = &op->u.getpageframeinfo3;

    (void)copy_back;
    if (p->num > FRAMES_MAX) {
        return -XEN_E2BIG;
    }
    for (uint64_t i = 0; i < p->num; i++) {
        xen_pfn_t entry;

        if (GUEST_ARRAY_GET(&entry, GUEST_HANDLE_VA(p->array), i)) {
            return -XEN_EFAULT;
        }
        entry = frame_info(d, mfn(entry));
        if (GUEST_ARRAY_PUT(GUEST_HANDLE_VA(p->array), i, &entry)) {
            return -XEN_EFAULT;
        }
    }
    return 0;
}
