/* SPDX-License-Identifier: MIT */
/* What the files of sysctl share: one file a group of commands. */
#ifndef HYPERCALL_SYSCTL_H
#define HYPERCALL_SYSCTL_H

#include "lib/types.h"
#include "pvabi/sysctl.h"

/* A command; op is the hypervisor's copy, which the caller gets back on success. 0 or an errno. */
typedef int64_t sysctl_handler(struct xen_sysctl *op);

sysctl_handler sysctl_cpu_info, sysctl_cpu_topology, sysctl_cpu_policy, sysctl_cpu_featureset;
sysctl_handler sysctl_cpu_levelling, sysctl_cpu_hotplug, sysctl_power_statistics, sysctl_power;
sysctl_handler sysctl_trace;

/* The machine's feature words in the order of arch-x86/cpufeatureset.h. */
void sysctl_host_features(uint32_t words[8]);

#endif
