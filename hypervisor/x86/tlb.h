/* SPDX-License-Identifier: MIT */
/* Flushing this CPU's own translations, global ones too. */
#ifndef X86_TLB_H
#define X86_TLB_H

void x86_flush_local(void);

#endif
