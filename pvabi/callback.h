/* SPDX-License-Identifier: MIT */
/* callback_op: where the hypervisor enters a guest's kernel, apart from the trap table. */
#ifndef PVABI_CALLBACK_H
#define PVABI_CALLBACK_H

#include "xen.h"

#define CALLBACKTYPE_event 0                    /* an event channel has something */
#define CALLBACKTYPE_failsafe 1                 /* a segment could not be loaded on return to the guest */
#define CALLBACKTYPE_syscall 2                  /* SYSCALL from 64-bit user mode */
#define CALLBACKTYPE_sysenter_deprecated 3
#define CALLBACKTYPE_nmi 4
#define CALLBACKTYPE_sysenter 5                 /* SYSENTER from user mode */
#define CALLBACKTYPE_syscall32 7                /* SYSCALL from 32-bit user mode */

/* Event upcalls are masked on entry. */
#define _CALLBACKF_mask_events 0
#define CALLBACKF_mask_events (1U << _CALLBACKF_mask_events)

#define CALLBACKOP_register 0
#define CALLBACKOP_unregister 1

#ifndef __ASSEMBLY__

struct callback_register {
    uint16_t type;                              /* CALLBACKTYPE_* */
    uint16_t flags;                             /* CALLBACKF_* */
    xen_callback_t address;
};
typedef struct callback_register callback_register_t;
DEFINE_XEN_GUEST_HANDLE(callback_register_t);

struct callback_unregister {
    uint16_t type;
    uint16_t _unused;
};
typedef struct callback_unregister callback_unregister_t;
DEFINE_XEN_GUEST_HANDLE(callback_unregister_t);

#endif /* __ASSEMBLY__ */

#endif /* PVABI_CALLBACK_H */
