/* SPDX-License-Identifier: MIT */
/* Part of domctl.h: debugging, tracing and watching a domain. */
#ifndef PVABI_DOMCTL_DEBUG_H
#define PVABI_DOMCTL_DEBUG_H

#include "xen.h"

#ifndef __ASSEMBLY__

#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF 0
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON 1
struct xen_domctl_debug_op {
    uint32_t op;
    uint32_t vcpu;
};

/* gdbsx: the debug server's reads and writes of a guest's memory. */
struct xen_domctl_gdbsx_memio {
    uint64_aligned_t pgd3val;                   /* must be 0 */
    uint64_aligned_t gva;
    uint64_aligned_t uva;
    uint32_t len;
    uint8_t gwr;                                /* write to the guest */
    uint32_t remain;                            /* out: bytes that were not done */
};

struct xen_domctl_gdbsx_pauseunp_vcpu {
    uint32_t vcpu;
};

struct xen_domctl_gdbsx_domstatus {
    uint8_t paused;
    uint32_t vcpu_id;                           /* the one that hit something, or ~0 */
    uint32_t vcpu_ev;
};

#define XEN_VM_EVENT_ENABLE 0
#define XEN_VM_EVENT_DISABLE 1
#define XEN_VM_EVENT_RESUME 2
#define XEN_VM_EVENT_GET_VERSION 3
#define XEN_DOMCTL_VM_EVENT_OP_PAGING 1
#define XEN_DOMCTL_VM_EVENT_OP_MONITOR 2
#define XEN_DOMCTL_VM_EVENT_OP_SHARING 3
struct xen_domctl_vm_event_op {
    uint32_t op;                                /* XEN_VM_EVENT_* */
    uint32_t mode;                              /* XEN_DOMCTL_VM_EVENT_OP_* */
    union {
        struct {
            uint32_t port;
        } enable;
        uint32_t version;
    } u;
};

#define XEN_DOMCTL_MEM_SHARING_CONTROL 0
struct xen_domctl_mem_sharing_op {
    uint8_t op;
    union {
        uint8_t enable;
    } u;
};

struct xen_domctl_audit_p2m {
    uint64_t orphans;
    uint64_t m2p_bad;
    uint64_t p2m_bad;
};

#define XEN_DOMCTL_MONITOR_OP_ENABLE 0
#define XEN_DOMCTL_MONITOR_OP_DISABLE 1
#define XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES 2
#define XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP 3
#define XEN_DOMCTL_MONITOR_OP_CONTROL_REGISTERS 4
#define XEN_DOMCTL_MONITOR_EVENT_WRITE_CTRLREG 0
#define XEN_DOMCTL_MONITOR_EVENT_MOV_TO_MSR 1
#define XEN_DOMCTL_MONITOR_EVENT_SINGLESTEP 2
#define XEN_DOMCTL_MONITOR_EVENT_SOFTWARE_BREAKPOINT 3
#define XEN_DOMCTL_MONITOR_EVENT_GUEST_REQUEST 4
#define XEN_DOMCTL_MONITOR_EVENT_DEBUG_EXCEPTION 5
#define XEN_DOMCTL_MONITOR_EVENT_CPUID 6
#define XEN_DOMCTL_MONITOR_EVENT_PRIVILEGED_CALL 7
#define XEN_DOMCTL_MONITOR_EVENT_INTERRUPT 8
#define XEN_DOMCTL_MONITOR_EVENT_DESC_ACCESS 9
#define XEN_DOMCTL_MONITOR_EVENT_EMUL_UNIMPLEMENTED 10
#define XEN_DOMCTL_MONITOR_EVENT_INGUEST_PAGEFAULT 11
#define XEN_DOMCTL_MONITOR_EVENT_VMEXIT 12
struct xen_domctl_monitor_op {
    uint32_t op;                                /* XEN_DOMCTL_MONITOR_OP_* */
    uint32_t event;                             /* XEN_DOMCTL_MONITOR_EVENT_*; capabilities: bits of them */
    union {
        struct {
            uint8_t index;
            uint8_t sync;
            uint8_t onchangeonly;
            uint8_t pad1;
            uint32_t pad2;
            uint64_aligned_t bitmask;
        } mov_to_cr;
        struct {
            uint32_t msr;
            uint8_t onchangeonly;
        } mov_to_msr;
        struct {
            uint8_t sync;
            uint8_t allow_userspace;
        } guest_request;
        struct {
            uint8_t sync;
        } debug_exception;
        struct {
            uint8_t sync;
        } vmexit;
    } u;
};

struct xen_domctl_vmtrace_op {
    uint32_t cmd;
    uint32_t vcpu;
    uint64_aligned_t key;
    uint64_aligned_t value;
#define XEN_DOMCTL_vmtrace_enable 1
#define XEN_DOMCTL_vmtrace_disable 2
#define XEN_DOMCTL_vmtrace_reset_and_enable 3
#define XEN_DOMCTL_vmtrace_output_position 4
#define XEN_DOMCTL_vmtrace_get_option 5
#define XEN_DOMCTL_vmtrace_set_option 6
};
typedef struct xen_domctl_vmtrace_op xen_domctl_vmtrace_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_vmtrace_op_t);

#endif /* __ASSEMBLY__ */

#endif /* PVABI_DOMCTL_DEBUG_H */
