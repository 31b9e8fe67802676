/* SPDX-License-Identifier: MIT */
/* The hypercall page: code that a guest calls instead of issuing SYSCALL itself. */
#ifndef CORE_HYPERCALL_PAGE_H
#define CORE_HYPERCALL_PAGE_H

/* Fills a mapped frame: 128 slots of 32 bytes (the ABI's layout). */
void hypercall_page_fill(void *page);

#endif
