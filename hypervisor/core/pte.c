/* SPDX-License-Identifier: MIT */
/* The rules of single page-table entries. */
#include "core/pte.h"

#include "core/domain.h"
#include "core/frame.h"
#include "core/mmio_ro.h"
#include "core/page_type.h"
#include "lib/rangeset.h"
#include "port/cpu.h"
#include "port/tlb.h"
#include "pvabi/errno.h"

#define UPPER_BITS                                                                                    \
    (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY | PTE_AVAILABLE | PTE_NO_EXECUTE | \
     PTE_FRAME_MASK)

/* The frame number that a guest's invalid frame number becomes in an entry. */
#define FRAME_ALL_ONES (PTE_FRAME_MASK >> PAGE_SHIFT)

struct pte_l1tf pte_l1tf;

bool pte_l1_allowed(const struct domain *d, uint64_t entry)
{
    const uint64_t allowed = UPPER_BITS | PTE_GLOBAL;

    return LIKELY(!(entry & ~allowed)) || (!(entry & ~(allowed | PTE_CACHE_BITS)) && domain_has_hardware(d));
}

bool pte_upper_allowed(uint64_t entry)
{
    return !(entry & ~UPPER_BITS);
}

uint64_t pte_l1_adjust(uint64_t entry)
{
    if (!(entry & PTE_USER)) {
        entry |= PTE_USER | PTE_GUEST_KERNEL;
    }
    if (entry & PTE_GUEST_KERNEL) {
        return entry & ~PTE_GLOBAL;
    }
    return entry | PTE_GLOBAL;
}

uint64_t pte_upper_adjust(uint64_t entry)
{
    return entry | PTE_USER;
}

bool pte_absent_check(struct domain *d, unsigned int level, uint64_t entry)
{
    uint64_t address = entry & pte_l1tf.mask;
    bool large = level > 1 && entry & PTE_SUPERPAGE;

    if (LIKELY(!(d->privileged ? pte_l1tf.first : pte_l1tf.others)) ||
        (!large && (address == 0 || address >= pte_l1tf.limit))) {
        return true;
    }
    domain_crash(d, "L%u entry %#llx is not present and points at cacheable memory (L1TF)", level,
                 (unsigned long long)entry);
    return false;
}

/* Whether a domain may map a frame of I/O memory. */
static int io_right(const struct domain *d, mfn_t m)
{
    if (d->io_frames && rangeset_contains(d->io_frames, m.n, m.n)) {
        return 0;
    }
    return m.n == FRAME_ALL_ONES ? -XEN_EINVAL : -XEN_EPERM;
}

/* I/O memory is never cached, whatever the guest asked for; firmware's RAM in the first MiB may be. */
static uint64_t io_cache_bits(mfn_t m, uint64_t entry)
{
    if (!port_frame_is_ram(m)) {
        switch (entry & PTE_CACHE_BITS) {
        case 0: /* write-back */
            return entry | PTE_WRITE_THROUGH | PTE_CACHE_DISABLE;
        case PTE_WRITE_THROUGH:
        case PTE_ATTRIBUTE | PTE_WRITE_THROUGH: /* write-protected */
            return (entry & ~PTE_ATTRIBUTE) | PTE_WRITE_THROUGH | PTE_CACHE_DISABLE;
        default:
            break;
        }
    }
    return entry;
}

static int l1_get_io(struct domain *table_owner, struct domain *data_owner, uint64_t *entry)
{
    mfn_t m = pte_frame(*entry);
    int rc = io_right(data_owner == domain_io ? CURRENT_DOMAIN() : data_owner, m);

    if (rc == 0 && table_owner != data_owner) {
        rc = io_right(table_owner, m);
    }
    if (rc == 0) {
        *entry = pte_l1_adjust(io_cache_bits(m, *entry));
        if (*entry & PTE_WRITE && mmio_ro_contains(m)) {
            *entry &= ~PTE_WRITE;
        }
    }
    return rc;
}

/* The frame reference is held: the rest for an ordinary frame. */
static int l1_get_ram(struct domain *table_owner, struct domain *data_owner, uint64_t entry)
{
    mfn_t m = pte_frame(entry);
    bool uncached = entry & PTE_CACHE_BITS, write = entry & PTE_WRITE;

    if (uncached && port_read_u64(&frame_known(m)->refs) & FRAME_HV) {
        return -XEN_EACCES;
    }
    if (write && frame_get_type(m, FRAME_WRITABLE)) {
        return -XEN_EBUSY;
    }
    if (uncached || (write && table_owner != data_owner)) {
        frame_flag(m, (uncached ? FRAME_UNCACHED : 0) |
                          (write && table_owner != data_owner ? FRAME_FOREIGN : 0));
    }
    return 0;
}

int pte_l1_get(struct domain *table_owner, struct domain *data_owner, uint64_t *entry)
{
    mfn_t m = pte_frame(*entry);
    int rc;

    if (!pte_l1_allowed(table_owner, *entry)) {
        return -XEN_EINVAL;
    }
    if (UNLIKELY(!frame_get(m, data_owner))) {
        /* Nobody refers to frames of I/O memory. */
        return frame_is_io(m) ? l1_get_io(table_owner, data_owner, entry) : -XEN_EBUSY;
    }
    rc = l1_get_ram(table_owner, data_owner, *entry);
    if (rc) {
        frame_put(m);
        return rc;
    }
    *entry = pte_l1_adjust(*entry);
    return 0;
}

/*
 * A page of descriptors loses a mapping: the guest may want to use it otherwise, and the LDT's pages, which
 * are typed when they are first used, would stand in its way until the next change of LDT.
 */
static void ldt_forget(struct domain *d, mfn_t m)
{
    struct vcpu *v;
    bool dropped = false;

    if (frame_type_now(m) != FRAME_SEGDESC || !frame_type_in_use(m) || frame_owner(m) != d) {
        return;
    }
    DOMAIN_FOR_EACH_VCPU (d, v) {
        dropped = guest_cpu_ldt_drop(v) || dropped;
    }
    if (dropped) {
        port_tlb_flush_all((struct cpumask){port_read_u64(&d->dirty_cpus.bits)});
    }
}

void pte_l1_put(struct domain *table_owner, uint64_t entry)
{
    mfn_t m = pte_frame(entry);

    if (!(entry & PTE_PRESENT) || UNLIKELY(frame_is_io(m))) {
        return;
    }
    if (entry & PTE_WRITE) {
        frame_put_with_type(m);
    } else {
        ldt_forget(table_owner, m);
        frame_put(m);
    }
}
