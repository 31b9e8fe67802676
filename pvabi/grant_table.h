/* SPDX-License-Identifier: MIT */
/* Grant tables: how a domain lets another one map or copy its frames. */
#ifndef PVABI_GRANT_TABLE_H
#define PVABI_GRANT_TABLE_H

#include "xen.h"

#ifndef __ASSEMBLY__

/* Index of an entry in the granting domain's table. */
typedef uint32_t grant_ref_t;

/* Version 1: 32-bit frame numbers. flags is written last to grant, and cleared by compare-and-swap to revoke. */
struct grant_entry_v1 {
    uint16_t flags;         /* GTF_* */
    domid_t domid;          /* who may use it */
    uint32_t frame;
};
typedef struct grant_entry_v1 grant_entry_v1_t;

/* The first entries are made by the tools. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE 0
#define GNTTAB_RESERVED_XENSTORE 1

/* Kind of an entry. */
#define GTF_invalid (0U << 0)
#define GTF_permit_access (1U << 0)
#define GTF_accept_transfer (2U << 0)
#define GTF_transitive (3U << 0)
#define GTF_type_mask (3U << 0)

/* Of access: the hypervisor sets reading and writing while the frame is in use. */
#define _GTF_readonly (2)
#define GTF_readonly (1U << _GTF_readonly)
#define _GTF_reading (3)
#define GTF_reading (1U << _GTF_reading)
#define _GTF_writing (4)
#define GTF_writing (1U << _GTF_writing)
#define _GTF_PWT (5)
#define GTF_PWT (1U << _GTF_PWT)
#define _GTF_PCD (6)
#define GTF_PCD (1U << _GTF_PCD)
#define _GTF_PAT (7)
#define GTF_PAT (1U << _GTF_PAT)
#define _GTF_sub_page (8)
#define GTF_sub_page (1U << _GTF_sub_page)

/* Of transfer: once committed it will happen, once completed the frame field names the new frame. */
#define _GTF_transfer_committed (2)
#define GTF_transfer_committed (1U << _GTF_transfer_committed)
#define _GTF_transfer_completed (3)
#define GTF_transfer_completed (1U << _GTF_transfer_completed)

/* Version 2: 64-bit frame numbers, parts of pages, grants of grants. */
struct grant_entry_header {
    uint16_t flags;
    domid_t domid;
};
typedef struct grant_entry_header grant_entry_header_t;

union grant_entry_v2 {
    grant_entry_header_t hdr;
    struct {
        grant_entry_header_t hdr;
        uint32_t pad0;
        uint64_t frame;
    } full_page;
    struct {                        /* GTF_sub_page: for copies only */
        grant_entry_header_t hdr;
        uint16_t page_off;
        uint16_t length;
        uint64_t frame;
    } sub_page;
    struct {                        /* GTF_transitive: passes on what trans_domid granted */
        grant_entry_header_t hdr;
        domid_t trans_domid;
        uint16_t pad0;
        grant_ref_t gref;
    } transitive;
    uint32_t __spacer[4];
};
typedef union grant_entry_v2 grant_entry_v2_t;

/* Version 2 keeps GTF_reading and GTF_writing in pages of their own. */
typedef uint16_t grant_status_t;

/* grant_table_op(operation, array of its structures, count). */
#define GNTTABOP_map_grant_ref 0
#define GNTTABOP_unmap_grant_ref 1
#define GNTTABOP_setup_table 2
#define GNTTABOP_dump_table 3
#define GNTTABOP_transfer 4
#define GNTTABOP_copy 5
#define GNTTABOP_query_size 6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version 8
#define GNTTABOP_get_status_frames 9
#define GNTTABOP_get_version 10
#define GNTTABOP_swap_grant_ref 11
#define GNTTABOP_cache_flush 12

/* Names a mapping until it is unmapped. */
typedef uint32_t grant_handle_t;

/* Maps a granted frame at a virtual address, or into the page-table entry at a machine address. */
struct gnttab_map_grant_ref {
    uint64_t host_addr;         /* in */
    uint32_t flags;             /* in: GNTMAP_* */
    grant_ref_t ref;            /* in */
    domid_t dom;                /* in: who granted */
    int16_t status;             /* out: GNTST_* */
    grant_handle_t handle;      /* out */
    uint64_t dev_bus_addr;      /* out: address for a device */
};
typedef struct gnttab_map_grant_ref gnttab_map_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_map_grant_ref_t);

/* Takes a mapping back; a zero address leaves that half of it. */
struct gnttab_unmap_grant_ref {
    uint64_t host_addr;         /* in */
    uint64_t dev_bus_addr;      /* in */
    grant_handle_t handle;      /* in */
    int16_t status;             /* out */
};
typedef struct gnttab_unmap_grant_ref gnttab_unmap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_grant_ref_t);

/* Makes the table at least nr_frames large and lists its frames. */
struct gnttab_setup_table {
    domid_t dom;                /* in */
    uint32_t nr_frames;         /* in */
    int16_t status;             /* out */
    XEN_GUEST_HANDLE(xen_pfn_t) frame_list;
};
typedef struct gnttab_setup_table gnttab_setup_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_setup_table_t);

/* Prints a domain's table on the hypervisor's console. */
struct gnttab_dump_table {
    domid_t dom;                /* in */
    int16_t status;             /* out */
};
typedef struct gnttab_dump_table gnttab_dump_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_dump_table_t);

/* Gives a frame of the caller to the domain that accepts it by ref. */
struct gnttab_transfer {
    xen_pfn_t mfn;              /* in */
    domid_t domid;              /* in */
    grant_ref_t ref;            /* in */
    int16_t status;             /* out */
};
typedef struct gnttab_transfer gnttab_transfer_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_transfer_t);

/* Copies inside one frame to inside another; each end is a grant or a frame of the caller. */
#define _GNTCOPY_source_gref (0)
#define GNTCOPY_source_gref (1 << _GNTCOPY_source_gref)
#define _GNTCOPY_dest_gref (1)
#define GNTCOPY_dest_gref (1 << _GNTCOPY_dest_gref)
struct gnttab_copy {
    struct gnttab_copy_ptr {
        union {
            grant_ref_t ref;
            xen_pfn_t gmfn;
        } u;
        domid_t domid;
        uint16_t offset;
    } source, dest;             /* in */
    uint16_t len;               /* in */
    uint16_t flags;             /* in: GNTCOPY_* */
    int16_t status;             /* out */
};
typedef struct gnttab_copy gnttab_copy_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_copy_t);

/* How large a table is and may become. */
struct gnttab_query_size {
    domid_t dom;                /* in */
    uint32_t nr_frames;         /* out */
    uint32_t max_nr_frames;     /* out */
    int16_t status;             /* out */
};
typedef struct gnttab_query_size gnttab_query_size_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_query_size_t);

/* Unmaps host_addr and moves the entry of new_addr there. */
struct gnttab_unmap_and_replace {
    uint64_t host_addr;         /* in */
    uint64_t new_addr;          /* in */
    grant_handle_t handle;      /* in */
    int16_t status;             /* out */
};
typedef struct gnttab_unmap_and_replace gnttab_unmap_and_replace_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_and_replace_t);

/* Chooses version 1 or 2 of the entries; the answer is the version in force. */
struct gnttab_set_version {
    uint32_t version;           /* in, out */
};
typedef struct gnttab_set_version gnttab_set_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_set_version_t);

/* Lists the frames of version 2's status words. */
struct gnttab_get_status_frames {
    uint32_t nr_frames;         /* in */
    domid_t dom;                /* in */
    int16_t status;             /* out */
    XEN_GUEST_HANDLE(uint64_t) frame_list;
};
typedef struct gnttab_get_status_frames gnttab_get_status_frames_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_status_frames_t);

struct gnttab_get_version {
    domid_t dom;                /* in */
    uint16_t pad;
    uint32_t version;           /* out */
};
typedef struct gnttab_get_version gnttab_get_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_version_t);

/* Exchanges two entries of the caller that nobody uses. */
struct gnttab_swap_grant_ref {
    grant_ref_t ref_a;          /* in */
    grant_ref_t ref_b;          /* in */
    int16_t status;             /* out */
};
typedef struct gnttab_swap_grant_ref gnttab_swap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_swap_grant_ref_t);

/* Cache maintenance for devices that do not snoop. */
struct gnttab_cache_flush {
    union {
        uint64_t dev_bus_addr;
        grant_ref_t ref;
    } a;
    uint16_t offset;
    uint16_t length;
#define GNTTAB_CACHE_CLEAN (1u << 0)
#define GNTTAB_CACHE_INVAL (1u << 1)
#define GNTTAB_CACHE_SOURCE_GREF (1u << 31)
    uint32_t op;
};
typedef struct gnttab_cache_flush gnttab_cache_flush_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_cache_flush_t);

/* Flags of a mapping. */
#define _GNTMAP_device_map (0)          /* for devices: dev_bus_addr */
#define GNTMAP_device_map (1 << _GNTMAP_device_map)
#define _GNTMAP_host_map (1)            /* for CPUs: host_addr */
#define GNTMAP_host_map (1 << _GNTMAP_host_map)
#define _GNTMAP_readonly (2)
#define GNTMAP_readonly (1 << _GNTMAP_readonly)
#define _GNTMAP_application_map (3)     /* reachable from user mode */
#define GNTMAP_application_map (1 << _GNTMAP_application_map)
#define _GNTMAP_contains_pte (4)        /* host_addr is the machine address of a page-table entry */
#define GNTMAP_contains_pte (1 << _GNTMAP_contains_pte)
#define _GNTMAP_guest_avail0 (16)       /* software bits that the new entry shall have */
#define GNTMAP_guest_avail_mask ((uint32_t)~0 << _GNTMAP_guest_avail0)

/* Status of one operation. */
#define GNTST_okay (0)
#define GNTST_general_error (-1)
#define GNTST_bad_domain (-2)
#define GNTST_bad_gntref (-3)
#define GNTST_bad_handle (-4)
#define GNTST_bad_virt_addr (-5)
#define GNTST_bad_dev_addr (-6)
#define GNTST_no_device_space (-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page (-9)
#define GNTST_bad_copy_arg (-10)        /* outside of one page */
#define GNTST_address_too_big (-11)
#define GNTST_eagain (-12)
#define GNTST_no_space (-13)

/* Texts for messages; index with -status. */
#define GNTTABOP_error_msgs {               \
    "okay",                                 \
    "error",                                \
    "no such domain",                       \
    "bad grant reference",                  \
    "bad mapping handle",                   \
    "bad virtual address",                  \
    "bad device address",                   \
    "I/O MMU is full",                      \
    "permission denied",                    \
    "bad page",                             \
    "copy leaves its page",                 \
    "address of the page is too large",     \
    "not done, try again",                  \
    "no space left",                        \
}

#endif /* __ASSEMBLY__ */

#endif /* PVABI_GRANT_TABLE_H */
