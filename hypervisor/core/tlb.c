/* SPDX-License-Identifier: MIT */
/*
 * From vCPUs to CPUs. A vCPU's translations are on the CPU where it ran last (sched.cpu): before another vCPU
 * runs there, or it runs anywhere else, that CPU or the new one is flushed as a whole.
 */
#include "core/tlb.h"

#include "core/domain.h"
#include "port/atomic.h"
#include "port/guest_copy.h"
#include "pvabi/errno.h"

struct cpumask tlb_cpus_of_domain(const struct domain *d)
{
    return (struct cpumask){port_read_u64(&d->dirty_cpus.bits)};
}

static struct cpumask cpus_of_byte(const struct domain *d, uint32_t first, uint8_t bits)
{
    struct cpumask cpus = CPUMASK_NONE;

    for (uint32_t id = first; bits; id++, bits = (uint8_t)(bits >> 1)) {
        const struct vcpu *v = bits & 1 ? domain_vcpu(d, id) : NULL;

        if (v) {
            cpus = cpumask_with(cpus, port_read_u32(&v->sched.cpu));
        }
    }
    return cpus;
}

int tlb_cpus_of_guest_bitmap(const struct domain *d, guest_va_t bitmap, struct cpumask *cpus)
{
    struct cpumask found = CPUMASK_NONE;
    int rc = 0;

    for (uint32_t first = 0; first < d->vcpu_count; first += 8) {
        uint8_t bits;

        rc = port_copy_from_guest(&bits, guest_va(bitmap.n + first / 8), sizeof(bits));
        if (rc) {
            break;
        }
        found = cpumask_or(found, cpus_of_byte(d, first, bits));
    }
    *cpus = cpumask_and(found, tlb_cpus_of_domain(d));
    return rc;
}
