/* SPDX-License-Identifier: MIT */
/* What the firmware's EFI left behind for dom0; port_efi (port/machine.h) tells it. */
#ifndef X86_EFI_H
#define X86_EFI_H

/* Reads EFI's system table, if the machine started by EFI. Boot only, after x86_paging_init. */
void x86_efi_init(void);

#endif
