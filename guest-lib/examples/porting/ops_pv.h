/* SPDX-License-Identifier: MIT */
/* The privileged operations of the toy kernel through the porting table (guest/pv.h). */
#ifndef PORTING_OPS_H
#define PORTING_OPS_H

#include "guest/guest.h"
#include "kernel.h"

#define OPS_NAME        "Xen's PV ABI"
#define OPS_USER_CS     FLAT_USER_CS64
#define OPS_USER_SS     FLAT_USER_SS64
#define OPS_KERNEL_PTES 0

/* The ports of each CPU's IPI, from ops_pv.c. */
extern evtchn_port_t ops_ipi_ports[KERNEL_CPUS];
void ops_start_cpu(unsigned int id);

static inline void ops_irq_disable(void)
{
    pv_irq_disable();
}
static inline void ops_halt(void)
{
    pv_halt();
}
static inline void *ops_page_alloc(void)
{
    return memory_page_alloc();
}
static inline uint64_t ops_maddr(const void *address)
{
    return memory_va_to_maddr(address);
}
static inline void *ops_from_maddr(uint64_t maddr)
{
    return memory_mfn_to_va(maddr >> PAGE_SHIFT);
}
/* User mode's root has nothing of the kernel. */
static inline uint64_t ops_kernel_root(unsigned int slot)
{
    (void)slot;
    return 0;
}
static inline void ops_set_pte(uint64_t *entry, uint64_t value)
{
    if (pv_set_pte(entry, value) != 0) {
        guest_crash("a page-table entry was refused");
    }
}
static inline void ops_make_table(uint64_t *table, unsigned int level)
{
    if (pv_make_table(table, level) != 0) {
        guest_crash("a page table was refused");
    }
}
/* Kernel mode has its own root; only user mode's changes. */
static inline void ops_load_root(const uint64_t *root)
{
    if (pv_write_user_cr3(memory_va_to_maddr(root)) != 0) {
        guest_crash("a root was refused");
    }
}
static inline uint64_t ops_read_cr2(void)
{
    return pv_read_cr2();
}
static inline void ops_set_timer(uint64_t nanoseconds)
{
    pv_set_timer(pv_clock() + nanoseconds);
}
static inline void ops_send_ipi(unsigned int cpu)
{
    pv_send_ipi(ops_ipi_ports[cpu]);
}
static inline unsigned int ops_cpu_id(void)
{
    return pv_cpu_id();
}
static inline void ops_power_off(int status)
{
    guest_exit(status);
}

#endif
