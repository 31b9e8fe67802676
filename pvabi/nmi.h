/* SPDX-License-Identifier: MIT */
/* nmi_op: the older way of the first domain to hear of NMIs. */
#ifndef PVABI_NMI_H
#define PVABI_NMI_H

#include "xen.h"

/* Bits of arch_shared_info.nmi_reason. */
#define _XEN_NMIREASON_io_error 0
#define XEN_NMIREASON_io_error (1UL << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr 1
#define XEN_NMIREASON_pci_serr (1UL << _XEN_NMIREASON_pci_serr)
#define _XEN_NMIREASON_unknown 2
#define XEN_NMIREASON_unknown (1UL << _XEN_NMIREASON_unknown)

/* nmi_op(operation, argument); unregistering takes none. */
#define XENNMI_register_callback 0
#define XENNMI_unregister_callback 1

#ifndef __ASSEMBLY__
struct xennmi_callback {
    unsigned long handler_address;
    unsigned long pad;
};
typedef struct xennmi_callback xennmi_callback_t;
DEFINE_XEN_GUEST_HANDLE(xennmi_callback_t);
#endif

#endif /* PVABI_NMI_H */
