/* SPDX-License-Identifier: MIT */
/*
 * What a kernel's author replaces to port it: each privileged operation of the bare machine, as a function.
 *
 *     lidt               pv_load_idt           set_trap_table
 *     lgdt               pv_load_gdt           set_gdt (its pages read-only first)
 *     lldt               pv_load_ldt           mmuext_op SET_LDT (its pages read-only first)
 *     a GDT entry        pv_write_gdt_entry    update_descriptor
 *     ltr, TSS.rsp0      pv_load_rsp0          stack_switch
 *     mov cr3 (read)     pv_read_cr3           none: the guest knows its root
 *     mov cr3 (write)    pv_write_cr3          mmuext_op NEW_BASEPTR (pinned by pt_pin before)
 *     the user's cr3     pv_write_user_cr3     mmuext_op NEW_USER_BASEPTR
 *     a PTE              pv_set_pte            mmu_update, or update_va_mapping for the live address
 *     invlpg             pv_invlpg             mmuext_op INVLPG_LOCAL
 *     cr3 reload         pv_flush_tlb          mmuext_op TLB_FLUSH_LOCAL
 *     a flush by IPI     pv_flush_tlb_all      mmuext_op TLB_FLUSH_ALL
 *     mov cr2            pv_read_cr2           none: vcpu_info holds it
 *     clts, set TS       pv_set_ts             fpu_taskswitch
 *     mov dr             pv_write_dr           set_debugreg, get_debugreg
 *     wrmsr FS/GS base   pv_write_fs_base ...  set_segment_base
 *     wrmsr LSTAR        pv_load_syscall       callback_op
 *     iretq              trap_iret             iret, or a plain iretq from kernel to kernel
 *     cli, sti           pv_irq_disable, ...   none: vcpu_info's mask (and a look at what is pending)
 *     sti; hlt           pv_halt               sched_op block
 *     in, out            the instructions      physdev_op set_iopl once; then they are emulated
 *     cpuid              pv_cpuid              none: the forced-emulation prefix
 *     rdtsc              the instruction       none; pvclock gives it a scale (time_now)
 *     APIC timer         time_set_timer        vcpu_op set_singleshot_timer
 *     an IPI             event_send            event_channel_op send, to a port of bind_ipi
 *     INIT, SIPI         vcpu_start            vcpu_op initialise, up
 *     power off          guest_shutdown        sched_op shutdown
 */
#ifndef GUEST_PV_H
#define GUEST_PV_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/event.h"
#include "guest/hypercall.h"
#include "guest/pagetable.h"
#include "guest/trap.h"
#include "guest/x86.h"
#include "pvabi/callback.h"
#include "pvabi/xen.h"

/* A table that ends with an entry of address 0. */
static inline int pv_load_idt(const struct trap_info *table)
{
    return (int)hypercall_set_trap_table(HARG(table));
}

/* The frames that hold the table, 512 entries each; none may be mapped writable. */
static inline int pv_load_gdt(const unsigned long *mfns, unsigned int entries)
{
    return (int)hypercall_set_gdt(HARG(mfns), entries);
}

static inline int pv_load_ldt(const void *table, unsigned int entries)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT, .arg1.linear_addr = HARG(table), .arg2.nr_ents = entries};

    return (int)hypercall_mmuext_op(HARG(&op), 1, 0, DOMID_SELF);
}

/* `entry` is in the linear map; the hypervisor writes to it, though the guest cannot. */
static inline int pv_write_gdt_entry(const void *entry, uint64_t descriptor)
{
    return (int)hypercall_update_descriptor(memory_va_to_maddr(entry), descriptor);
}

static inline int pv_load_rsp0(uint64_t rsp)
{
    return (int)hypercall_stack_switch(FLAT_KERNEL_SS, rsp);
}

static inline uint64_t pv_read_cr3(void)
{
    return pt_root_mfn() << PAGE_SHIFT;
}

static inline int pv_write_cr3(uint64_t cr3)
{
    return pt_load_root(cr3 >> PAGE_SHIFT);
}

static inline int pv_write_user_cr3(uint64_t cr3)
{
    return pt_mmuext(MMUEXT_NEW_USER_BASEPTR, cr3 >> PAGE_SHIFT);
}

/* `entry` is the entry's address in the linear map, where tables are read-only. */
static inline int pv_set_pte(const uint64_t *entry, uint64_t value)
{
    return pt_update(memory_va_to_maddr(entry), value);
}

static inline int pv_invlpg(const void *address)
{
    return pt_mmuext(MMUEXT_INVLPG_LOCAL, HARG(address));
}

static inline int pv_flush_tlb(void)
{
    return pt_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
}

static inline int pv_flush_tlb_all(void)
{
    return pt_mmuext(MMUEXT_TLB_FLUSH_ALL, 0);
}

static inline uint64_t pv_read_cr2(void)
{
    return trap_cr2();
}

static inline void pv_set_ts(bool set)
{
    hypercall_fpu_taskswitch(set);
}

static inline int pv_write_dr(unsigned int reg, uint64_t value)
{
    return (int)hypercall_set_debugreg(reg, value);
}

static inline uint64_t pv_read_dr(unsigned int reg)
{
    return (uint64_t)hypercall_get_debugreg(reg);
}

static inline int pv_write_fs_base(uint64_t base)
{
    return (int)hypercall_set_segment_base(SEGBASE_FS, base);
}

static inline int pv_write_gs_base(uint64_t base)
{
    return (int)hypercall_set_segment_base(SEGBASE_GS_KERNEL, base);
}

/* What swapgs would bring in: the hypervisor does that itself at each change of mode. */
static inline int pv_write_user_gs_base(uint64_t base)
{
    return (int)hypercall_set_segment_base(SEGBASE_GS_USER, base);
}

/* Enters at `entry` with upcalls masked. */
static inline int pv_load_syscall(void (*entry)(void))
{
    struct callback_register request = {
        .type = CALLBACKTYPE_syscall, .flags = CALLBACKF_mask_events, .address = HARG(entry)};

    return (int)hypercall_callback_op(CALLBACKOP_register, HARG(&request));
}

static inline void pv_irq_disable(void)
{
    event_disable();
}

static inline void pv_irq_enable(void)
{
    event_enable();
}

static inline bool pv_irq_disabled(void)
{
    return event_disabled();
}

/* Unmasks upcalls and sleeps until one comes, without a gap between the two. */
static inline void pv_halt(void)
{
    event_block();
}

static inline void pv_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    x86_cpuid_forced(leaf, subleaf, out);
}

#endif
