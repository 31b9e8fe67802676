/* SPDX-License-Identifier: MIT */
/*
 * What a kernel's author replaces to port it: each privileged operation of the bare machine, as a function.
 *
 * A comment "pv: OPERATION | HYPERCALL" before a function makes a row of docs/guest-porting.md, which
 * docs/gen-guest-porting writes. Results are 0 or the hypervisor's negative error. This header has the
 * processor's tables, memory and flags; pv_machine.h has instructions, clocks, processors and the platform.
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
/* pv: lidt | set_trap_table; VCPUOP_initialise brings a further CPU its own */
static inline int pv_load_idt(const struct trap_info *table)
{
    return (int)hypercall_set_trap_table(HARG(table));
}

/* The one gate of `entry`; the others stay. */
/* pv: a store to an IDT entry | set_trap_table with that entry alone */
static inline int pv_write_idt_entry(const struct trap_info *entry)
{
    struct trap_info table[2] = {*entry};

    return (int)hypercall_set_trap_table(HARG(table));
}

/* The frames that hold the table, 512 entries each; none may be mapped writable. */
/* pv: lgdt | set_gdt; the pages must be read-only first */
static inline int pv_load_gdt(const unsigned long *mfns, unsigned int entries)
{
    return (int)hypercall_set_gdt(HARG(mfns), entries);
}

/* pv: lldt | mmuext_op SET_LDT; the pages must be read-only first */
static inline int pv_load_ldt(const void *table, unsigned int entries)
{
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT, .arg1.linear_addr = HARG(table), .arg2.nr_ents = entries};

    return (int)hypercall_mmuext_op(HARG(&op), 1, 0, DOMID_SELF);
}

/* `entry` is in the linear map; the hypervisor writes to it, though the guest cannot. */
/* pv: a store to a GDT or LDT entry | update_descriptor */
static inline int pv_write_gdt_entry(const void *entry, uint64_t descriptor)
{
    return (int)hypercall_update_descriptor(memory_va_to_maddr(entry), descriptor);
}

/* pv: ltr, TSS.rsp0 | stack_switch: the stack on which user mode enters the kernel */
static inline int pv_load_sp0(uint64_t rsp)
{
    return (int)hypercall_stack_switch(FLAT_KERNEL_SS, rsp);
}

/* pv: mov %cr3, reg | none: the guest knows its root (the instruction is emulated too) */
static inline uint64_t pv_read_cr3(void)
{
    return pt_root_mfn() << PAGE_SHIFT;
}

/* pv: mov reg, %cr3 for the kernel | mmuext_op NEW_BASEPTR */
static inline int pv_write_cr3(uint64_t cr3)
{
    return pt_load_root(cr3 >> PAGE_SHIFT);
}

/* pv: mov reg, %cr3 for user mode | mmuext_op NEW_USER_BASEPTR: user mode has a root of its own */
static inline int pv_write_user_cr3(uint64_t cr3)
{
    return pt_mmuext(MMUEXT_NEW_USER_BASEPTR, cr3 >> PAGE_SHIFT);
}

/* Only TS may change, and pv_set_ts is cheaper for that. */
/* pv: mov %cr0, reg; mov reg, %cr0; lmsw | none: the instruction is emulated */
static inline uint64_t pv_read_cr0(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

/* pv: mov %cr4, reg | none: the instruction is emulated */
static inline uint64_t pv_read_cr4(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

/* pv: mov reg, %cr4 | none: the instruction is emulated; FSGSBASE, DE and the like change, others are dropped */
static inline void pv_write_cr4(uint64_t value)
{
    __asm__ volatile("mov %0, %%cr4" ::"r"(value) : "memory");
}

/* Which the processor must have: CPUID's OSXSAVE. */
/* pv: xsetbv | none: the instruction is emulated; xgetbv, xsave and xrstor are the processor's */
static inline void pv_xsetbv(uint32_t index, uint64_t value)
{
    __asm__ volatile("xsetbv" ::"c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* `entry` is the entry's address in the linear map, where tables are read-only. */
/* pv: a store to a page-table entry | mmu_update; after vm_assist writable_pagetables a plain store is emulated */
static inline int pv_set_pte(const uint64_t *entry, uint64_t value)
{
    return pt_update(memory_va_to_maddr(entry), value);
}

/* The store is done at the latest by pv_end_ptes. */
/* pv: one of many stores to page-table entries | part of one mmu_update, or of a multicall with other calls */
static inline void pv_add_pte(struct pt_batch *batch, const uint64_t *entry, uint64_t value)
{
    pt_batch_add(batch, memory_va_to_maddr(entry), value);
}

/* pv: the last of many stores | mmu_update, multicall */
static inline int pv_end_ptes(struct pt_batch *batch)
{
    return pt_batch_end(batch);
}

/* A page of a device's memory, uncached. */
/* pv: ioremap | update_va_mapping with the machine address; the domain must have been given the frames */
static inline int pv_map_device(void *address, uint64_t maddr)
{
    return pt_map(address, maddr | PTE_PAGE | PTE_PCD);
}

/* pv: a store to a live entry, then invlpg | update_va_mapping with UVMF_INVLPG */
static inline int pv_set_live_pte(void *address, uint64_t value)
{
    return pt_set(address, value);
}

/* pv: a page becomes a page table of `level` | mmuext_op PIN_Ln_TABLE, read-only first; the lower ones follow */
static inline int pv_make_table(void *page, unsigned int level)
{
    return pt_pin(page, level);
}

/* pv: a page table becomes a page | mmuext_op UNPIN_TABLE */
static inline int pv_free_table(void *page)
{
    return pt_unpin(page);
}

/* pv: invlpg | mmuext_op INVLPG_LOCAL */
static inline int pv_invlpg(const void *address)
{
    return pt_mmuext(MMUEXT_INVLPG_LOCAL, HARG(address));
}

/* pv: a reload of %cr3 | mmuext_op TLB_FLUSH_LOCAL */
static inline int pv_flush_tlb(void)
{
    return pt_mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
}

/* pv: a TLB shootdown by IPI | mmuext_op TLB_FLUSH_ALL */
static inline int pv_flush_tlb_all(void)
{
    return pt_mmuext(MMUEXT_TLB_FLUSH_ALL, 0);
}

/* pv: mov %cr2, reg | none: vcpu_info.arch.cr2 */
static inline uint64_t pv_read_cr2(void)
{
    return trap_cr2();
}

/* pv: a cross-CPU invlpg by IPI | mmuext_op INVLPG_ALL */
static inline int pv_invlpg_all(const void *address)
{
    return pt_mmuext(MMUEXT_INVLPG_ALL, HARG(address));
}

/* pv: wbinvd | mmuext_op FLUSH_CACHE, if the domain has a device */
static inline int pv_flush_cache(void)
{
    return pt_mmuext(MMUEXT_FLUSH_CACHE, 0);
}

/* pv: clts; mov reg, %cr0 that sets TS | fpu_taskswitch */
static inline void pv_set_ts(bool set)
{
    hypercall_fpu_taskswitch(set);
}

/* pv: mov reg, %dr | set_debugreg */
static inline int pv_write_dr(unsigned int reg, uint64_t value)
{
    return (int)hypercall_set_debugreg(reg, value);
}

/* pv: mov %dr, reg | get_debugreg */
static inline uint64_t pv_read_dr(unsigned int reg)
{
    return (uint64_t)hypercall_get_debugreg(reg);
}

/* pv: wrmsr FS_BASE | set_segment_base FS */
static inline int pv_write_fs_base(uint64_t base)
{
    return (int)hypercall_set_segment_base(SEGBASE_FS, base);
}

/* pv: wrmsr GS_BASE | set_segment_base GS_KERNEL */
static inline int pv_write_gs_base(uint64_t base)
{
    return (int)hypercall_set_segment_base(SEGBASE_GS_KERNEL, base);
}

/* What swapgs would bring in: the hypervisor does that itself at each change of mode. */
/* pv: wrmsr KERNEL_GS_BASE; swapgs | set_segment_base GS_USER; no swapgs: each change of mode does it */
static inline int pv_write_user_gs_base(uint64_t base)
{
    return (int)hypercall_set_segment_base(SEGBASE_GS_USER, base);
}

/* `slot` counts from 0 in the GDT that pv_load_gdt loaded, whose pages begin at `gdt` in the linear map. */
/* pv: TLS: stores to the GDT at each switch of threads | update_descriptor (or set_segment_base FS in 64 bits) */
static inline int pv_load_tls(const uint64_t *gdt, unsigned int slot, uint64_t descriptor)
{
    return pv_write_gdt_entry(gdt + slot, descriptor);
}

/* What the guest's user mode sees in GS, and its selector. */
/* pv: mov reg, %gs for user mode | set_segment_base GS_USER_SEL */
static inline int pv_load_user_gs(uint16_t selector)
{
    return (int)hypercall_set_segment_base(SEGBASE_GS_USER_SEL, selector);
}

/* Enters at `entry` with upcalls masked. */
/* pv: wrmsr STAR, LSTAR, FMASK | callback_op register syscall */
static inline int pv_load_syscall(void (*entry)(void))
{
    struct callback_register request = {
        .type = CALLBACKTYPE_syscall, .flags = CALLBACKF_mask_events, .address = HARG(entry)};

    return (int)hypercall_callback_op(CALLBACKOP_register, HARG(&request));
}

/* pv: cli | none: vcpu_info.evtchn_upcall_mask */
static inline void pv_irq_disable(void)
{
    event_disable();
}

/* pv: sti | none: the mask, then a hypercall if something is pending */
static inline void pv_irq_enable(void)
{
    event_enable();
}

/* pv: pushf, test IF | none: the mask */
static inline bool pv_irq_disabled(void)
{
    return event_disabled();
}

#endif
