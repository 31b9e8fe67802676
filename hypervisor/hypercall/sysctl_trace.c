/* SPDX-License-Identifier: MIT */
/* XEN_SYSCTL_tbuf_op: the trace's switches. */
#include "core/trace.h"
#include "hypercall/sysctl.h"
#include "pvabi/errno.h"
#include "pvabi/sysctl.h"

int64_t sysctl_trace(struct xen_sysctl *op)
{
    struct xen_sysctl_tbuf_op *p = &op->u.tbuf_op;

    switch (p->cmd) {
    case XEN_SYSCTL_TBUFOP_get_info:
        p->evt_mask = trace_mask();
        p->buffer_mfn = trace_info_frame().n;
        p->size = trace_info_size();
        return 0;
    case XEN_SYSCTL_TBUFOP_set_cpu_mask:
        /* All CPUs are traced. */
        return -XEN_EOPNOTSUPP;
    case XEN_SYSCTL_TBUFOP_set_evt_mask:
        trace_set_mask(p->evt_mask);
        return 0;
    case XEN_SYSCTL_TBUFOP_set_size:
        return trace_set_size(p->size);
    case XEN_SYSCTL_TBUFOP_enable:
        return trace_enable(true);
    case XEN_SYSCTL_TBUFOP_disable:
        return trace_enable(false);
    default:
        return -XEN_EINVAL;
    }
}
