/* SPDX-License-Identifier: MIT */
/*
 * The heart of the interface between hypervisor and PV guest: hypercall numbers, virtual interrupts, page-table
 * updates, domain ids, the shared pages and what a kernel finds when it starts.
 */
#ifndef PVABI_XEN_H
#define PVABI_XEN_H

#include "xen-compat.h"

#ifndef __x86_64__
#error "pvabi describes 64-bit x86 only"
#endif

#ifndef __ASSEMBLY__
#include <stdint.h>
#endif

#include "arch-x86/xen.h"

/* Constants that assembly includes too: there the suffix must go. */
#ifndef __ASSEMBLY__
#define __xen_mk_uint(x) x##U
#define __xen_mk_ulong(x) x##UL
#ifndef __xen_mk_ullong
#define __xen_mk_ullong(x) x##ULL
#endif
#define xen_mk_uint(x) __xen_mk_uint(x)
#define xen_mk_ulong(x) __xen_mk_ulong(x)
#define xen_mk_ullong(x) __xen_mk_ullong(x)
#else
#define xen_mk_uint(x) x
#define xen_mk_ulong(x) x
#define xen_mk_ullong(x) x
#endif

#ifndef __ASSEMBLY__
DEFINE_XEN_GUEST_HANDLE(char);
__DEFINE_XEN_GUEST_HANDLE(uchar, unsigned char);
DEFINE_XEN_GUEST_HANDLE(int);
__DEFINE_XEN_GUEST_HANDLE(uint, unsigned int);
DEFINE_XEN_GUEST_HANDLE(void);
DEFINE_XEN_GUEST_HANDLE(uint64_t);
DEFINE_XEN_GUEST_HANDLE(xen_pfn_t);
DEFINE_XEN_GUEST_HANDLE(xen_ulong_t);
__DEFINE_XEN_GUEST_HANDLE(uint8, uint8_t);
__DEFINE_XEN_GUEST_HANDLE(uint16, uint16_t);
__DEFINE_XEN_GUEST_HANDLE(uint32, uint32_t);
__DEFINE_XEN_GUEST_HANDLE(uint64, uint64_t);
#endif

/*
 * Hypercalls. The number goes into rax, arguments into rdi, rsi, rdx, r10, r8; SYSCALL enters, the result is in rax
 * (negative: an error, negated), rcx and r11 are lost. Those that are served are in hypercall-list.h.
 */
#define __HYPERVISOR_set_trap_table 0
#define __HYPERVISOR_mmu_update 1
#define __HYPERVISOR_set_gdt 2
#define __HYPERVISOR_stack_switch 3
#define __HYPERVISOR_set_callbacks 4
#define __HYPERVISOR_fpu_taskswitch 5
#define __HYPERVISOR_sched_op_compat 6
#define __HYPERVISOR_platform_op 7
#define __HYPERVISOR_set_debugreg 8
#define __HYPERVISOR_get_debugreg 9
#define __HYPERVISOR_update_descriptor 10
#define __HYPERVISOR_memory_op 12
#define __HYPERVISOR_multicall 13
#define __HYPERVISOR_update_va_mapping 14
#define __HYPERVISOR_set_timer_op 15
#define __HYPERVISOR_event_channel_op_compat 16
#define __HYPERVISOR_xen_version 17
#define __HYPERVISOR_console_io 18
#define __HYPERVISOR_physdev_op_compat 19
#define __HYPERVISOR_grant_table_op 20
#define __HYPERVISOR_vm_assist 21
#define __HYPERVISOR_update_va_mapping_otherdomain 22
#define __HYPERVISOR_iret 23
#define __HYPERVISOR_vcpu_op 24
#define __HYPERVISOR_set_segment_base 25
#define __HYPERVISOR_mmuext_op 26
#define __HYPERVISOR_xsm_op 27
#define __HYPERVISOR_nmi_op 28
#define __HYPERVISOR_sched_op 29
#define __HYPERVISOR_callback_op 30
#define __HYPERVISOR_xenoprof_op 31
#define __HYPERVISOR_event_channel_op 32
#define __HYPERVISOR_physdev_op 33
#define __HYPERVISOR_hvm_op 34
#define __HYPERVISOR_sysctl 35
#define __HYPERVISOR_domctl 36
#define __HYPERVISOR_kexec_op 37
#define __HYPERVISOR_tmem_op 38
#define __HYPERVISOR_argo_op 39
#define __HYPERVISOR_xenpmu_op 40
#define __HYPERVISOR_dm_op 41
#define __HYPERVISOR_hypfs_op 42
/* Of each architecture's own. */
#define __HYPERVISOR_arch_0 48
#define __HYPERVISOR_arch_1 49
#define __HYPERVISOR_arch_2 50
#define __HYPERVISOR_arch_3 51
#define __HYPERVISOR_arch_4 52
#define __HYPERVISOR_arch_5 53
#define __HYPERVISOR_arch_6 54
#define __HYPERVISOR_arch_7 55

/* Virtual interrupts. Global ones have one receiver in the system (or the domain), the others one on each vCPU. */
#define VIRQ_TIMER 0            /* each vCPU: its timer has run out */
#define VIRQ_DEBUG 1            /* each vCPU: print your state */
#define VIRQ_CONSOLE 2          /* global: there is input on the machine's console */
#define VIRQ_DOM_EXC 3          /* global: a domain has shut down, crashed or died */
#define VIRQ_TBUF 4             /* global: trace buffers have something */
#define VIRQ_DEBUGGER 6         /* global: a domain stopped for its debugger */
#define VIRQ_XENOPROF 7         /* each vCPU: new samples */
#define VIRQ_CON_RING 8         /* global: the hypervisor's log has grown */
#define VIRQ_PCPU_STATE 9       /* global: a CPU came up or went down */
#define VIRQ_MEM_EVENT 10       /* global: memory event */
#define VIRQ_ARGO 11            /* global: an Argo message came */
#define VIRQ_ENOMEM 12          /* global: memory runs short */
#define VIRQ_XENPMU 13          /* each vCPU: performance counter overflow */
#define VIRQ_ARCH_0 16
#define VIRQ_ARCH_1 17
#define VIRQ_ARCH_2 18
#define VIRQ_ARCH_3 19
#define VIRQ_ARCH_4 20
#define VIRQ_ARCH_5 21
#define VIRQ_ARCH_6 22
#define VIRQ_ARCH_7 23
#define NR_VIRQS 24

/*
 * mmu_update(requests, count, done, foreign). foreign: bits 15:0 whose frames are mapped, bits 31:16 the domain (+1)
 * whose tables are written, 0 for the caller's. The command is in bits 1:0 of a request's ptr.
 */
#define MMU_NORMAL_PT_UPDATE 0          /* ptr is the machine address of an entry, val its new value */
#define MMU_MACHPHYS_UPDATE 1           /* ptr is an address in a frame, val the pfn it shall have in the M2P */
#define MMU_PT_UPDATE_PRESERVE_AD 2     /* as 0, but the accessed and dirty bits of the old entry stay */
#define MMU_PT_UPDATE_NO_TRANSLATE 3    /* as 0, never translating frame numbers */

/* mmuext_op(operations, count, done, foreign). Tables are named by machine frame. */
#define MMUEXT_PIN_L1_TABLE 0
#define MMUEXT_PIN_L2_TABLE 1
#define MMUEXT_PIN_L3_TABLE 2
#define MMUEXT_PIN_L4_TABLE 3
#define MMUEXT_UNPIN_TABLE 4
#define MMUEXT_NEW_BASEPTR 5            /* the kernel's root */
#define MMUEXT_TLB_FLUSH_LOCAL 6
#define MMUEXT_INVLPG_LOCAL 7
#define MMUEXT_TLB_FLUSH_MULTI 8        /* on the vCPUs of arg2.vcpumask */
#define MMUEXT_INVLPG_MULTI 9
#define MMUEXT_TLB_FLUSH_ALL 10
#define MMUEXT_INVLPG_ALL 11
#define MMUEXT_FLUSH_CACHE 12
#define MMUEXT_SET_LDT 13               /* linear_addr, nr_ents */
#define MMUEXT_NEW_USER_BASEPTR 15      /* the root of user mode; 0 for none */
#define MMUEXT_CLEAR_PAGE 16
#define MMUEXT_COPY_PAGE 17             /* from arg2.src_mfn to arg1.mfn */
#define MMUEXT_FLUSH_CACHE_GLOBAL 18
#define MMUEXT_MARK_SUPER 19
#define MMUEXT_UNMARK_SUPER 20

#ifndef __ASSEMBLY__
struct mmuext_op {
    unsigned int cmd;                   /* MMUEXT_* */
    union {
        xen_pfn_t mfn;
        unsigned long linear_addr;
    } arg1;
    union {
        unsigned int nr_ents;
        XEN_GUEST_HANDLE(const_void) vcpumask;
        xen_pfn_t src_mfn;
    } arg2;
};
typedef struct mmuext_op mmuext_op_t;
DEFINE_XEN_GUEST_HANDLE(mmuext_op_t);
#endif

/*
 * Flags of update_va_mapping: what to flush in bits 1:0, where in the others. If neither LOCAL nor ALL, bits 63:3 are
 * a pointer to a bitmap of vCPUs.
 */
#define UVMF_NONE (xen_mk_ulong(0) << 0)
#define UVMF_TLB_FLUSH (xen_mk_ulong(1) << 0)
#define UVMF_INVLPG (xen_mk_ulong(2) << 0)
#define UVMF_FLUSHTYPE_MASK (xen_mk_ulong(3) << 0)
#define UVMF_MULTI (xen_mk_ulong(0) << 2)
#define UVMF_LOCAL (xen_mk_ulong(0) << 2)
#define UVMF_ALL (xen_mk_ulong(1) << 2)

/* console_io(command, count, buffer). */
#define CONSOLEIO_write 0
#define CONSOLEIO_read 1

/* vm_assist(command, type). */
#define VMASST_CMD_enable 0
#define VMASST_CMD_disable 1
#define VMASST_TYPE_4gb_segments 0          /* 32-bit guests: wrapping segments */
#define VMASST_TYPE_4gb_segments_notify 1   /* 32-bit guests: trap 15 when one was fixed up */
#define VMASST_TYPE_writable_pagetables 2   /* emulate a guest's plain writes to its tables */
#define VMASST_TYPE_pae_extended_cr3 3      /* 32-bit guests: roots above 4 GiB */
#define VMASST_TYPE_architectural_iopl 4    /* IOPL lives in the guest's flags, not in PHYSDEVOP_set_iopl */
#define VMASST_TYPE_runstate_update_flag 5  /* mark a runstate area while it is written */
#define VMASST_TYPE_m2p_strict 32           /* M2P is in the kernel's root only, not in the user's */

/* Domain ids that are no guest's. */
#define DOMID_FIRST_RESERVED xen_mk_uint(0x7FF0)
#define DOMID_SELF xen_mk_uint(0x7FF0)      /* the caller */
#define DOMID_IO xen_mk_uint(0x7FF1)        /* owner of device memory */
#define DOMID_XEN xen_mk_uint(0x7FF2)       /* owner of the hypervisor's shared frames */
#define DOMID_COW xen_mk_uint(0x7FF3)       /* owner of frames shared between domains */
#define DOMID_INVALID xen_mk_uint(0x7FF4)   /* nobody */
#define DOMID_IDLE xen_mk_uint(0x7FFF)      /* the idle vCPUs */
#define DOMID_MASK xen_mk_uint(0x7FFF)

#ifndef __ASSEMBLY__

typedef uint16_t domid_t;

struct mmu_update {
    uint64_t ptr;       /* address, MMU_* in bits 1:0 */
    uint64_t val;
};
typedef struct mmu_update mmu_update_t;
DEFINE_XEN_GUEST_HANDLE(mmu_update_t);

/* multicall(entries, count): calls in order; each one's result is written to its entry. */
struct multicall_entry {
    xen_ulong_t op, result;
    xen_ulong_t args[6];
};
typedef struct multicall_entry multicall_entry_t;
DEFINE_XEN_GUEST_HANDLE(multicall_entry_t);

/*
 * The clock of a vCPU. Nanoseconds since boot = system_time + (((rdtsc - tsc_timestamp) << tsc_shift)
 * * tsc_to_system_mul >> 32), a negative shift going right. An odd version means that it is being written: read again,
 * and also if the version changed meanwhile.
 */
struct vcpu_time_info {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time;
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;              /* XEN_PVCLOCK_* */
    uint8_t pad1[2];
};
typedef struct vcpu_time_info vcpu_time_info_t;
#define XEN_PVCLOCK_TSC_STABLE_BIT (1 << 0)     /* no need to guard against another vCPU's clock being ahead */
#define XEN_PVCLOCK_GUEST_STOPPED (1 << 1)      /* the guest was stopped: a watchdog must not bark */

/* What each vCPU shares with the hypervisor. */
struct vcpu_info {
    /* Set when an event waits, cleared by the guest before it looks at evtchn_pending_sel. */
    uint8_t evtchn_upcall_pending;
    /* The guest's interrupt flag, inverted: nonzero keeps upcalls off. */
    uint8_t evtchn_upcall_mask;
    /* One bit for each word of evtchn_pending that may have something. */
    xen_ulong_t evtchn_pending_sel;
    struct arch_vcpu_info arch;
    vcpu_time_info_t time;
};
typedef struct vcpu_info vcpu_info_t;

/* The page that a domain shares with the hypervisor. */
struct shared_info {
    struct vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    /* Two-level event channels: bit p of these arrays is port p. */
    xen_ulong_t evtchn_pending[sizeof(xen_ulong_t) * 8];
    xen_ulong_t evtchn_mask[sizeof(xen_ulong_t) * 8];
    /* Time of day when system time was 0, guarded by its version like vcpu_time_info. */
    uint32_t wc_version;
    uint32_t wc_sec;
    uint32_t wc_nsec;
    uint32_t wc_sec_hi;
#define xen_wc_sec_hi wc_sec_hi
    struct arch_shared_info arch;
};
typedef struct shared_info shared_info_t;

/*
 * What rsi points to when a PV kernel starts; after a resume the fields up to console hold again. Addresses are the
 * guest's virtual ones, store_mfn and console.domU.mfn machine frames, shared_info a machine address.
 */
struct start_info {
    char magic[32];             /* "xen-<major>.<minor>-x86_64" */
    unsigned long nr_pages;
    unsigned long shared_info;
    uint32_t flags;             /* SIF_* */
    xen_pfn_t store_mfn;
    uint32_t store_evtchn;
    union {
        struct {
            xen_pfn_t mfn;
            uint32_t evtchn;
        } domU;
        struct {
            uint32_t info_off;  /* of a dom0_vga_console_info, from the start of start_info */
            uint32_t info_size;
        } dom0;
    } console;
    unsigned long pt_base;
    unsigned long nr_pt_frames;
    unsigned long mfn_list;
    unsigned long mod_start;    /* a pfn if SIF_MOD_START_PFN */
    unsigned long mod_len;
#define MAX_GUEST_CMDLINE 1024
    int8_t cmd_line[MAX_GUEST_CMDLINE];
    /* Frames that hold the p2m, if the kernel asked for it outside its initial mapping. */
    unsigned long first_p2m_pfn;
    unsigned long nr_p2m_frames;
};
typedef struct start_info start_info_t;

#endif /* __ASSEMBLY__ */

/* start_info.flags */
#define SIF_PRIVILEGED (1 << 0)         /* may call what only a privileged domain may */
#define SIF_INITDOMAIN (1 << 1)         /* the first domain */
#define SIF_MULTIBOOT_MOD (1 << 2)      /* mod_start is a list of xen_multiboot_mod_list */
#define SIF_MOD_START_PFN (1 << 3)      /* mod_start is a pfn */
#define SIF_VIRT_P2M_4TOOLS (1 << 4)    /* the tools understand a linear p2m */
#define SIF_PM_MASK (0xFF << 8)         /* power management that the first domain shall do */

#ifndef __ASSEMBLY__

/* One module of several; addresses are relative to mod_start. */
struct xen_multiboot_mod_list {
    uint32_t mod_start;
    uint32_t mod_end;           /* last byte + 1 */
    uint32_t cmdline;
    uint32_t pad;
};

/* The screen as the firmware left it, for the first domain. A shorter one was made by an older hypervisor. */
typedef struct dom0_vga_console_info {
    uint8_t video_type;
#define XEN_VGATYPE_TEXT_MODE_3 0x03
#define XEN_VGATYPE_VESA_LFB 0x23
#define XEN_VGATYPE_EFI_LFB 0x70
    union {
        struct {
            uint16_t font_height;
            uint16_t cursor_x, cursor_y;
            uint16_t rows, columns;
        } text_mode_3;
        struct {
            uint16_t width, height;
            uint16_t bytes_per_line;
            uint16_t bits_per_pixel;
            uint32_t lfb_base;          /* low half of the frame buffer's address */
            uint32_t lfb_size;
            uint8_t red_pos, red_size;
            uint8_t green_pos, green_size;
            uint8_t blue_pos, blue_size;
            uint8_t rsvd_pos, rsvd_size;
            uint32_t gbl_caps;
            uint16_t mode_attrs;
            uint16_t pad;
            uint32_t ext_lfb_base;      /* high half */
        } vesa_lfb;
    } u;
} dom0_vga_console_info_t;
#define xen_vga_console_info dom0_vga_console_info
#define xen_vga_console_info_t dom0_vga_console_info_t

/* A domain's UUID as domctl carries it. */
typedef uint8_t xen_domain_handle_t[16];

typedef struct {
    uint8_t a[16];
} xen_uuid_t;

/* XEN_DEFINE_UUID(0x01234567, 0x89ab, 0xcdef, 0x0123, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef), in network order. */
#define XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6)                  \
    {{((a) >> 24) & 0xFF, ((a) >> 16) & 0xFF, ((a) >> 8) & 0xFF, (a) & 0xFF, \
      ((b) >> 8) & 0xFF, (b) & 0xFF, ((c) >> 8) & 0xFF, (c) & 0xFF,          \
      ((d) >> 8) & 0xFF, (d) & 0xFF, e1, e2, e3, e4, e5, e6}}
#ifdef __cplusplus
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6)                   \
    XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6)
#else
#define XEN_DEFINE_UUID(a, b, c, d, e1, e2, e3, e4, e5, e6)                   \
    ((xen_uuid_t)XEN_DEFINE_UUID_(a, b, c, d, e1, e2, e3, e4, e5, e6))
#endif

/* A set of CPUs or nodes as the toolstack passes it. */
struct xenctl_bitmap {
    XEN_GUEST_HANDLE_64(uint8) bitmap;
    uint32_t nr_bits;
};
typedef struct xenctl_bitmap xenctl_bitmap_t;

#endif /* __ASSEMBLY__ */

#endif /* PVABI_XEN_H */
