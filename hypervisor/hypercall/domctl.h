/* SPDX-License-Identifier: MIT */
/* What the files of domctl share: one file a group of commands. */
#ifndef HYPERCALL_DOMCTL_H
#define HYPERCALL_DOMCTL_H

#include "lib/types.h"
#include "pvabi/domctl.h"

struct domain;

/*
 * A command on a domain that is referenced. op is the hypervisor's copy; *copy_back says whether the caller
 * gets it back on success. 0, an errno, or HYPERCALL_RESTART.
 */
typedef int64_t domctl_handler(struct domain *d, struct xen_domctl *op, bool *copy_back);

/* core of getdomaininfo, also for XEN_SYSCTL_getdomaininfolist. */
void domctl_fill_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

domctl_handler domctl_max_vcpus, domctl_max_mem, domctl_pause, domctl_unpause, domctl_destroy, domctl_resume;
domctl_handler domctl_setvcpucontext, domctl_getvcpucontext, domctl_getvcpuinfo, domctl_scheduler_op;
domctl_handler domctl_setvcpuaffinity, domctl_getvcpuaffinity, domctl_setnodeaffinity, domctl_getnodeaffinity;
domctl_handler domctl_hypercall_init, domctl_address_size, domctl_set_tsc_info, domctl_get_tsc_info;
domctl_handler domctl_set_time_offset, domctl_set_handle, domctl_subscribe, domctl_shadow_op;
domctl_handler domctl_io_ports, domctl_io_frames, domctl_irq;
domctl_handler domctl_set_cpu_policy, domctl_get_cpu_policy;
domctl_handler domctl_usage;
domctl_handler domctl_get_ext_vcpucontext, domctl_set_ext_vcpucontext, domctl_get_vcpu_msrs, domctl_set_vcpu_msrs;
domctl_handler domctl_getvcpuextstate, domctl_setvcpuextstate, domctl_getpageframeinfo3;
domctl_handler domctl_sendtrigger, domctl_set_virq_handler, domctl_memory_mapping, domctl_set_target;
domctl_handler domctl_vm_event;

#endif
