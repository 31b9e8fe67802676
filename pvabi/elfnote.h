/* SPDX-License-Identifier: MIT */
/* ELF notes with the name "Xen", by which a kernel tells how it wants to be loaded. */
#ifndef PVABI_ELFNOTE_H
#define PVABI_ELFNOTE_H

/* Numbers are 4 or 8 bytes long, strings end in a zero byte. */
#define XEN_ELFNOTE_INFO 0                  /* string: free text */
#define XEN_ELFNOTE_ENTRY 1                 /* virtual address to start at */
#define XEN_ELFNOTE_HYPERCALL_PAGE 2        /* virtual address of the page to fill */
#define XEN_ELFNOTE_VIRT_BASE 3             /* virtual address of pfn 0 */
#define XEN_ELFNOTE_PADDR_OFFSET 4          /* what the program headers' addresses are larger by */
#define XEN_ELFNOTE_XEN_VERSION 5           /* string: "xen-3.0" */
#define XEN_ELFNOTE_GUEST_OS 6              /* string */
#define XEN_ELFNOTE_GUEST_VERSION 7         /* string */
#define XEN_ELFNOTE_LOADER 8                /* string: "generic" */
#define XEN_ELFNOTE_PAE_MODE 9              /* string: "yes", "no", "bimodal" */
#define XEN_ELFNOTE_FEATURES 10             /* string: names divided by '|', '!' before a needed one */
#define XEN_ELFNOTE_BSD_SYMTAB 11           /* string: "yes" to have the symbols loaded */
#define XEN_ELFNOTE_HV_START_LOW 12         /* lowest address that the hypervisor may take */
#define XEN_ELFNOTE_L1_MFN_VALID 13         /* pairs of mask and value: which L1 entries hold an mfn */
#define XEN_ELFNOTE_SUSPEND_CANCEL 14       /* number: survives a suspend that was cancelled */
#define XEN_ELFNOTE_INIT_P2M 15             /* virtual address where the first p2m shall be */
#define XEN_ELFNOTE_MOD_START_PFN 16        /* number: mod_start may be a pfn, unmapped */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17   /* bits of XENFEAT_*: can live with these */
#define XEN_ELFNOTE_PHYS32_ENTRY 18         /* physical address of the PVH entry */
#define XEN_ELFNOTE_MAX XEN_ELFNOTE_PHYS32_ENTRY

/* In the core file of a crashed hypervisor. */
#define XEN_ELFNOTE_CRASH_INFO 0x1000001
#define XEN_ELFNOTE_CRASH_REGS 0x1000002

/* In the core file of a domain. */
#define XEN_ELFNOTE_DUMPCORE_NONE 0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER 0x2000001
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION 0x2000002
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003

#endif /* PVABI_ELFNOTE_H */
