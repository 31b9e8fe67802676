/* SPDX-License-Identifier: MIT */
/* What is peculiar to x86 in the interface between hypervisor and PV guest. */
#include "../xen.h"

#ifndef PVABI_ARCH_X86_XEN_H
#define PVABI_ARCH_X86_XEN_H

/*
 * A pointer into a guest. It is wrapped into a structure so that C cannot follow it by mistake; each type has one
 * handle for reading and writing and one (const_) for reading only.
 */
#define ___DEFINE_XEN_GUEST_HANDLE(name, type) typedef struct { type *p; } __guest_handle_##name
#define __DEFINE_XEN_GUEST_HANDLE(name, type)       \
    ___DEFINE_XEN_GUEST_HANDLE(name, type);         \
    ___DEFINE_XEN_GUEST_HANDLE(const_##name, const type)
#define DEFINE_XEN_GUEST_HANDLE(name) __DEFINE_XEN_GUEST_HANDLE(name, name)
#define __XEN_GUEST_HANDLE(name) __guest_handle_##name
#define XEN_GUEST_HANDLE(name) __XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name) XEN_GUEST_HANDLE(name)
/* In structures of the toolstack, where a 32-bit caller would have to pad; here a pointer has 64 bits anyway. */
#define XEN_GUEST_HANDLE_64(name) XEN_GUEST_HANDLE(name)
#define set_xen_guest_handle_raw(hnd, val) do { (hnd).p = (val); } while (0)
#define set_xen_guest_handle(hnd, val) set_xen_guest_handle_raw(hnd, val)

#define XEN_HAVE_PV_GUEST_ENTRY 1
#define XEN_HAVE_PV_UPCALL_MASK 1

#ifndef __ASSEMBLY__
typedef unsigned long xen_pfn_t;
#define PRI_xen_pfn "lx"
#define PRIu_xen_pfn "lu"

/* As wide as a register of the widest guest. */
typedef unsigned long xen_ulong_t;
#define PRI_xen_ulong "lx"

/* 64-bit members of the toolstack's structures, always aligned to 8 bytes (which on x86-64 they are anyway). */
#define int64_aligned_t int64_t
#define uint64_aligned_t uint64_t
#endif

#include "xen-x86_64.h"

/* A guest's GDT has 14 pages; what lies above belongs to the hypervisor. */
#define FIRST_RESERVED_GDT_PAGE 14
#define FIRST_RESERVED_GDT_BYTE (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/* How many vcpu_info a shared_info holds; vCPUs above must register a place of their own. */
#define XEN_LEGACY_MAX_VCPUS 32

#ifndef __ASSEMBLY__

/* One vector's handler, as set_trap_table takes it. flags: bits 1:0 the DPL, bit 2 masks events on entry. */
#define TI_GET_DPL(_ti) ((_ti)->flags & 3)
#define TI_GET_IF(_ti) ((_ti)->flags & 4)
#define TI_SET_DPL(_ti, _dpl) ((_ti)->flags |= (_dpl))
#define TI_SET_IF(_ti, _if) ((_ti)->flags |= ((!!(_if)) << 2))
struct trap_info {
    uint8_t vector;
    uint8_t flags;
    uint16_t cs;
    unsigned long address;      /* 0 ends a table */
};
typedef struct trap_info trap_info_t;
DEFINE_XEN_GUEST_HANDLE(trap_info_t);

typedef uint64_t tsc_timestamp_t;

/* The whole state of a PV vCPU: VCPUOP_initialise, XEN_DOMCTL_setvcpucontext and getvcpucontext. */
struct vcpu_guest_context {
    struct { char x[512]; } fpu_ctxt;       /* image of FXSAVE */
#define VGCF_I387_VALID (1 << 0)
#define VGCF_IN_KERNEL (1 << 2)
#define _VGCF_i387_valid 0
#define VGCF_i387_valid (1 << _VGCF_i387_valid)
#define _VGCF_in_kernel 2
#define VGCF_in_kernel (1 << _VGCF_in_kernel)
#define _VGCF_failsafe_disables_events 3
#define VGCF_failsafe_disables_events (1 << _VGCF_failsafe_disables_events)
#define _VGCF_syscall_disables_events 4
#define VGCF_syscall_disables_events (1 << _VGCF_syscall_disables_events)
#define _VGCF_online 5
#define VGCF_online (1 << _VGCF_online)
    unsigned long flags;                    /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct trap_info trap_ctxt[256];
    unsigned long ldt_base, ldt_ents;       /* linear address, number of entries */
    unsigned long gdt_frames[16], gdt_ents; /* machine frames, number of entries */
    unsigned long kernel_ss, kernel_sp;     /* stack for entry from user mode */
    unsigned long ctrlreg[8];               /* 3: kernel root, 1: user root, both through xen_pfn_to_cr3() */
    unsigned long debugreg[8];
    unsigned long event_callback_eip;
    unsigned long failsafe_callback_eip;
    unsigned long syscall_callback_eip;
    unsigned long vm_assist;                /* bits VMASST_TYPE_* */
    uint64_t fs_base;
    uint64_t gs_base_kernel;
    uint64_t gs_base_user;
};
typedef struct vcpu_guest_context vcpu_guest_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context_t);

/* Where a guest tells the tools its table of frames, and the hypervisor the reason of an NMI. */
struct arch_shared_info {
    unsigned long max_pfn;                  /* last valid pfn + 1 */
    xen_pfn_t pfn_to_mfn_frame_list_list;   /* root of the three-level p2m, ~0 if only the linear one exists */
    unsigned long nmi_reason;               /* bits XEN_NMIREASON_* */
    unsigned long p2m_cr3;                  /* root in which p2m_vaddr holds; 0 if there is no linear p2m */
    unsigned long p2m_vaddr;                /* virtual address of the linear p2m */
    unsigned long p2m_generation;           /* odd while the guest changes the mapping of the p2m */
};
typedef struct arch_shared_info arch_shared_info_t;

/* Emulated devices of a domain, part of XEN_DOMCTL_createdomain; a PV domain has none, or a PIT (dom0). */
struct xen_arch_domainconfig {
#define _XEN_X86_EMU_LAPIC 0
#define XEN_X86_EMU_LAPIC (1U << _XEN_X86_EMU_LAPIC)
#define _XEN_X86_EMU_HPET 1
#define XEN_X86_EMU_HPET (1U << _XEN_X86_EMU_HPET)
#define _XEN_X86_EMU_PM 2
#define XEN_X86_EMU_PM (1U << _XEN_X86_EMU_PM)
#define _XEN_X86_EMU_RTC 3
#define XEN_X86_EMU_RTC (1U << _XEN_X86_EMU_RTC)
#define _XEN_X86_EMU_IOAPIC 4
#define XEN_X86_EMU_IOAPIC (1U << _XEN_X86_EMU_IOAPIC)
#define _XEN_X86_EMU_PIC 5
#define XEN_X86_EMU_PIC (1U << _XEN_X86_EMU_PIC)
#define _XEN_X86_EMU_VGA 6
#define XEN_X86_EMU_VGA (1U << _XEN_X86_EMU_VGA)
#define _XEN_X86_EMU_IOMMU 7
#define XEN_X86_EMU_IOMMU (1U << _XEN_X86_EMU_IOMMU)
#define _XEN_X86_EMU_PIT 8
#define XEN_X86_EMU_PIT (1U << _XEN_X86_EMU_PIT)
#define _XEN_X86_EMU_USE_PIRQ 9
#define XEN_X86_EMU_USE_PIRQ (1U << _XEN_X86_EMU_USE_PIRQ)
#define _XEN_X86_EMU_VPCI 10
#define XEN_X86_EMU_VPCI (1U << _XEN_X86_EMU_VPCI)
#define XEN_X86_EMU_ALL                                                       \
    (XEN_X86_EMU_LAPIC | XEN_X86_EMU_HPET | XEN_X86_EMU_PM |                  \
     XEN_X86_EMU_RTC | XEN_X86_EMU_IOAPIC | XEN_X86_EMU_PIC |                 \
     XEN_X86_EMU_VGA | XEN_X86_EMU_IOMMU | XEN_X86_EMU_PIT |                  \
     XEN_X86_EMU_USE_PIRQ | XEN_X86_EMU_VPCI)
    uint32_t emulation_flags;
/* Unknown MSRs read as 0 and ignore writes, instead of #GP. */
#define XEN_X86_MSR_RELAXED (1u << 0)
    uint32_t misc_flags;
};
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED

/* One leaf of a CPUID policy. */
typedef struct xen_cpuid_leaf {
#define XEN_CPUID_NO_SUBLEAF 0xffffffffu
    uint32_t leaf, subleaf;
    uint32_t a, b, c, d;
} xen_cpuid_leaf_t;
DEFINE_XEN_GUEST_HANDLE(xen_cpuid_leaf_t);

/* One MSR of an MSR policy; flags must be 0. */
typedef struct xen_msr_entry {
    uint32_t idx;
    uint32_t flags;
    uint64_t val;
} xen_msr_entry_t;
DEFINE_XEN_GUEST_HANDLE(xen_msr_entry_t);

#endif /* __ASSEMBLY__ */

/* ud2 and the letters "xen" ask for emulation of the instruction that follows. */
#ifdef __ASSEMBLY__
#define XEN_EMULATE_PREFIX .byte 0x0f,0x0b,0x78,0x65,0x6e ;
#define XEN_CPUID XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID XEN_EMULATE_PREFIX "cpuid"
#endif

/* Bytes that are written here go to the hypervisor's log (HVM). */
#define XEN_HVM_DEBUGCONS_IOPORT 0xe9

#endif /* PVABI_ARCH_X86_XEN_H */
