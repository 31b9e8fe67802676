/* SPDX-License-Identifier: MIT */
/* mmuext_op: pins, roots, flushes, LDT, and whole pages. */
#include "core/domain.h"
#include "core/frame.h"
#include "core/page_type.h"
#include "core/tlb.h"
#include "hypercall/mmu_batch.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"
#include "port/tlb.h"
#include "port/vcpu.h"

#define LDT_ENTRIES_MAX 8192u

/* Operations on the caller's own address space are nobody else's business. */
static int need_self(const struct domain *d)
{
    return d == CURRENT_DOMAIN() ? 0 : -XEN_EPERM;
}

static int op_user_root(struct vcpu *v, uint64_t frame)
{
    return mm_set_user_root(v, frame ? mfn(frame) : MFN_INVALID);
}

/* The vCPUs of a guest's bitmap, in whole bytes for as many as the domain has. */
static int op_flush_multi(struct vcpu *v, const struct mmuext_op *op)
{
    struct cpumask cpus;

    if (tlb_cpus_of_guest_bitmap(v->domain, GUEST_HANDLE_VA(op->arg2.vcpumask), &cpus)) {
        return -XEN_EINVAL;
    }
    if (op->cmd == MMUEXT_TLB_FLUSH_MULTI) {
        port_tlb_flush_all(cpus);
    } else if (guest_range_ok(guest_va(op->arg1.linear_addr), 1)) {
        port_tlb_flush_page(cpus, guest_va(op->arg1.linear_addr));
    }
    return 0;
}

static int op_flush(struct vcpu *v, const struct mmuext_op *op)
{
    struct cpumask own = cpumask_of(port_cpu_id()), all = tlb_cpus_of_domain(v->domain);
    guest_va_t address = guest_va(op->arg1.linear_addr);
    bool page_ok = guest_range_ok(address, 1);

    switch (op->cmd) {
    case MMUEXT_TLB_FLUSH_LOCAL:
        port_tlb_flush_all(own);
        return 0;
    case MMUEXT_TLB_FLUSH_ALL:
        port_tlb_flush_all(all);
        return 0;
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_ALL:
        if (page_ok) {
            port_tlb_flush_page(op->cmd == MMUEXT_INVLPG_ALL ? all : own, address);
        }
        return 0;
    default:
        return op_flush_multi(v, op);
    }
}

static int op_flush_cache(const struct domain *d, int refusal)
{
    if (!domain_has_hardware(d)) {
        return refusal;
    }
    port_cache_flush_all();
    return 0;
}

static int op_set_ldt(struct vcpu *v, const struct mmuext_op *op)
{
    uint32_t entries = op->arg2.nr_ents;
    guest_va_t base = guest_va(entries ? op->arg1.linear_addr : 0);

    if (base.n % PAGE_SIZE || !guest_range_ok(base, 1) || entries > LDT_ENTRIES_MAX) {
        return -XEN_EINVAL;
    }
    if (v->cpu.ldt_entries != entries || v->cpu.ldt_base.n != base.n) {
        if (guest_cpu_ldt_drop(v)) {
            port_tlb_flush_all(cpumask_of(port_cpu_id()));
        }
        v->cpu.ldt_base = base;
        v->cpu.ldt_entries = entries;
        port_ldt_load(v, entries);
    }
    return 0;
}

static int op_clear_page(struct domain *d, mfn_t m)
{
    if (frame_get_with_type(m, d, FRAME_WRITABLE)) {
        return -XEN_EINVAL;
    }
    port_clear_frame(m);
    frame_put_with_type(m);
    return 0;
}

static int op_copy_page(struct domain *d, mfn_t to, mfn_t from)
{
    int rc = -XEN_EINVAL;

    if (!frame_get(from, d)) {
        return rc;
    }
    if (frame_get_with_type(to, d, FRAME_WRITABLE) == 0) {
        port_copy_frame(to, from);
        frame_put_with_type(to);
        rc = 0;
    }
    frame_put(from);
    return rc;
}

/* Operations that are for the caller itself only. */
static int op_self(struct vcpu *v, const struct mmuext_op *op)
{
    switch (op->cmd) {
    case MMUEXT_NEW_BASEPTR:
        return mm_set_kernel_root(v, mfn(op->arg1.mfn));
    case MMUEXT_NEW_USER_BASEPTR:
        return op_user_root(v, op->arg1.mfn);
    case MMUEXT_FLUSH_CACHE:
        return op_flush_cache(v->domain, -XEN_EACCES);
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        return op_flush_cache(v->domain, -XEN_EINVAL);
    case MMUEXT_SET_LDT:
        return op_set_ldt(v, op);
    default:
        return op_flush(v, op);
    }
}

static int mmuext_run(struct vcpu *v, struct domain *d, const struct mmuext_op *op)
{
    int rc;

    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return mm_pin(v, d, mfn(op->arg1.mfn), op->cmd - MMUEXT_PIN_L1_TABLE + 1);
    case MMUEXT_UNPIN_TABLE:
        return mm_unpin(v, d, mfn(op->arg1.mfn));
    case MMUEXT_CLEAR_PAGE:
        return op_clear_page(d, mfn(op->arg1.mfn));
    case MMUEXT_COPY_PAGE:
        return op_copy_page(d, mfn(op->arg1.mfn), mfn(op->arg2.src_mfn));
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
        return -XEN_EOPNOTSUPP;
    case MMUEXT_NEW_BASEPTR:
    case MMUEXT_NEW_USER_BASEPTR:
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_FLUSH_CACHE_GLOBAL:
    case MMUEXT_SET_LDT:
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_ALL:
    case MMUEXT_INVLPG_MULTI:
        rc = need_self(d);
        return rc ? rc : op_self(v, op);
    default:
        return -XEN_ENOSYS;
    }
}

static int mmuext_step(void *context, guest_va_t at)
{
    struct mmuext_op op;

    if (port_copy_from_guest(&op, at, sizeof(op))) {
        return -XEN_EFAULT;
    }
    return mmuext_run(port_current(), context, &op);
}

static const struct mmu_batch_kind mmuext_kind = {sizeof(struct mmuext_op), mmuext_step};

int64_t hypercall_mmuext_op(struct hypercall_args *args)
{
    struct mmu_batch batch;
    struct domain *d;
    int64_t rc = mmu_batch_begin(&batch, args);

    if (rc) {
        return rc;
    }
    if (mmu_batch_is_rest(&batch)) {
        return (int32_t)batch.foreign;
    }
    d = mmu_owner_get((domid_t)batch.foreign);
    if (!d) {
        return -XEN_ESRCH;
    }
    if (d == CURRENT_DOMAIN() || CURRENT_DOMAIN()->privileged) {
        rc = mmu_batch_run(&batch, args, &mmuext_kind, d);
    } else {
        rc = -XEN_EPERM;
    }
    mmu_owner_put(d);
    return rc;
}
