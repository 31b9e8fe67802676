/* SPDX-License-Identifier: MIT */
/* Features of the hypervisor: bits of XENVER_get_features, also named in the ELF notes of a kernel. */
#ifndef PVABI_FEATURES_H
#define PVABI_FEATURES_H

#define XENFEAT_writable_page_tables 0          /* tables may stay writable (never for PV) */
#define XENFEAT_writable_descriptor_tables 1    /* GDT and LDT may stay writable (never for PV) */
#define XENFEAT_auto_translated_physmap 2       /* no machine frame numbers (never for PV) */
#define XENFEAT_supervisor_mode_kernel 3        /* the kernel runs in ring 0 (never for PV) */
#define XENFEAT_pae_pgdir_above_4gb 4           /* roots of 32-bit guests anywhere */
#define XENFEAT_mmu_pt_update_preserve_ad 5     /* MMU_PT_UPDATE_PRESERVE_AD */
#define XENFEAT_highmem_assist 6                /* MMUEXT_CLEAR_PAGE and MMUEXT_COPY_PAGE */
#define XENFEAT_gnttab_map_avail_bits 7         /* GNTMAP_guest_avail0 */
#define XENFEAT_hvm_callback_vector 8
#define XENFEAT_hvm_safe_pvclock 9
#define XENFEAT_hvm_pirqs 10
#define XENFEAT_dom0 11                         /* this is the first domain; of a kernel: it can be */
#define XENFEAT_memory_op_vnode_supported 13    /* XENMEMF_vnode */
#define XENFEAT_ARM_SMCCC_supported 14
#define XENFEAT_linux_rsdp_unrestricted 15      /* the RSDP may lie anywhere */
#define XENFEAT_not_direct_mapped 16
#define XENFEAT_direct_mapped 17

#define XENFEAT_NR_SUBMAPS 1

#endif /* PVABI_FEATURES_H */
