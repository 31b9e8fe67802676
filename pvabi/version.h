/* SPDX-License-Identifier: MIT */
/* xen_version: who the hypervisor is and what it can do. */
#ifndef PVABI_VERSION_H
#define PVABI_VERSION_H

#include "xen.h"
#include "features.h"

/* xen_version(operation, argument). */
#define XENVER_version 0                /* returns major << 16 | minor */
#define XENVER_extraversion 1
#define XENVER_compile_info 2
#define XENVER_capabilities 3           /* such as "xen-3.0-x86_64" */
#define XENVER_changeset 4
#define XENVER_platform_parameters 5
#define XENVER_get_features 6
#define XENVER_pagesize 7               /* returns it */
#define XENVER_guest_handle 8           /* the caller's xen_domain_handle_t */
#define XENVER_commandline 9
#define XENVER_build_id 10

#ifndef __ASSEMBLY__

typedef char xen_extraversion_t[16];
#define XEN_EXTRAVERSION_LEN (sizeof(xen_extraversion_t))

struct xen_compile_info {
    char compiler[64];
    char compile_by[16];
    char compile_domain[32];
    char compile_date[32];
};
typedef struct xen_compile_info xen_compile_info_t;

typedef char xen_capabilities_info_t[1024];
#define XEN_CAPABILITIES_INFO_LEN (sizeof(xen_capabilities_info_t))

typedef char xen_changeset_info_t[64];
#define XEN_CHANGESET_INFO_LEN (sizeof(xen_changeset_info_t))

struct xen_platform_parameters {
    xen_ulong_t virt_start;             /* of the hypervisor's part of the address space */
};
typedef struct xen_platform_parameters xen_platform_parameters_t;

struct xen_feature_info {
    unsigned int submap_idx;            /* in: which 32 features */
    uint32_t submap;                    /* out: bits of XENFEAT_* */
};
typedef struct xen_feature_info xen_feature_info_t;

typedef char xen_commandline_t[1024];

/* With a null pointer as argument the call returns the length that it needs. */
struct xen_build_id {
    uint32_t len;                       /* in: size of buf */
    PVABI_EXTENSION unsigned char buf[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_build_id xen_build_id_t;

#endif /* __ASSEMBLY__ */

#endif /* PVABI_VERSION_H */
