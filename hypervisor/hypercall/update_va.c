/* SPDX-License-Identifier: MIT */
/* update_va_mapping: one level-1 entry by the address that it maps, with a flush. */
#include "core/domain.h"
#include "core/frame.h"
#include "core/page_type.h"
#include "core/pt_update.h"
#include "core/tlb.h"
#include "hypercall/mmu_batch.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/tlb.h"

static int update_entry(struct vcpu *v, guest_va_t address, uint64_t value, struct domain *data_owner)
{
    struct pt_update u = {.table_owner = v->domain, .data_owner = data_owner, .value = value};
    int rc = -XEN_EINVAL;

    if (!mm_find_l1(v, address, &u.table, &u.index) || !pt_update_l1(&u, &rc)) {
        return -XEN_EINVAL;
    }
    return rc;
}

/* The CPUs that a flush is for: the flags carry a choice, or the address of a bitmap of vCPUs. Of a bitmap
 * that cannot be read in full, those that could be read, and the error. */
static int flush_cpus(struct vcpu *v, uint64_t where, struct cpumask *cpus)
{
    if (where == UVMF_LOCAL) {
        *cpus = cpumask_of(port_cpu_id());
        return 0;
    }
    if (where == UVMF_ALL) {
        *cpus = tlb_cpus_of_domain(v->domain);
        return 0;
    }
    return tlb_cpus_of_guest_bitmap(v->domain, guest_va(where), cpus);
}

static int flush(struct vcpu *v, guest_va_t address, uint64_t flags)
{
    uint64_t type = flags & UVMF_FLUSHTYPE_MASK;
    struct cpumask cpus;
    int rc;

    if (type != UVMF_TLB_FLUSH && type != UVMF_INVLPG) {
        return 0; /* none, or both at once, which means none too */
    }
    rc = flush_cpus(v, flags & ~UVMF_FLUSHTYPE_MASK, &cpus);
    if (type == UVMF_TLB_FLUSH) {
        port_tlb_flush_all(cpus);
    } else {
        port_tlb_flush_page(cpus, address);
    }
    return rc;
}

static int64_t update_va(guest_va_t address, uint64_t value, uint64_t flags, struct domain *data_owner)
{
    struct vcpu *v = port_current();
    int rc;

    if (data_owner != v->domain && data_owner != domain_io && !v->domain->privileged) {
        return -XEN_EPERM;
    }
    rc = update_entry(v, address, value, data_owner);
    if (rc == 0) {
        rc = flush(v, address, flags);
    }
    return rc;
}

int64_t hypercall_update_va_mapping(struct hypercall_args *args)
{
    return update_va(guest_va(args->arg[0]), args->arg[1], args->arg[2], CURRENT_DOMAIN());
}

int64_t hypercall_update_va_mapping_otherdomain(struct hypercall_args *args)
{
    struct domain *data_owner = mmu_owner_get((domid_t)args->arg[3]);
    int64_t rc;

    if (!data_owner) {
        return -XEN_ESRCH;
    }
    rc = update_va(guest_va(args->arg[0]), args->arg[1], args->arg[2], data_owner);
    mmu_owner_put(data_owner);
    return rc;
}
