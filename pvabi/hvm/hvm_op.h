/* SPDX-License-Identifier: MIT */
/* Of hvm_op only what PV toolstacks ask too: parameters of a domain. */
#ifndef PVABI_HVM_HVM_OP_H
#define PVABI_HVM_HVM_OP_H

#include "../xen.h"

#define HVMOP_set_param 0
#define HVMOP_get_param 1

#ifndef __ASSEMBLY__
struct xen_hvm_param {
    domid_t domid;
    uint16_t pad;
    uint32_t index;             /* HVM_PARAM_* */
    uint64_t value;
};
typedef struct xen_hvm_param xen_hvm_param_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_param_t);
#endif

#endif /* PVABI_HVM_HVM_OP_H */
