/* SPDX-License-Identifier: MIT */
/* Descriptor tables: each CPU's GDT page and TSS, the IDT, and the windows through which guests' tables are
 * seen. */
#ifndef X86_DESCRIPTORS_H
#define X86_DESCRIPTORS_H

#include "lib/types.h"

struct domain;
struct vcpu;

/* The IDT, a page of its own. */
struct x86_gate {
    uint64_t low, high;
};
extern struct x86_gate x86_idt[256];

/* Fills the IDT; once. */
void x86_idt_init(void);

/* This CPU's GDT page (allocated by the caller, zeroed), TSS and IDT are loaded; SYSCALL's and SYSENTER's
 * registers are set. */
void x86_descriptors_cpu_init(void);

/* Where the page of a CPU's SYSCALL stubs can be written; they run, read-only, in its block (x86/smp.c). */
uint8_t *x86_cpu_stubs_writable(unsigned int cpu);

/* The windows of a vCPU in slot 260: tables for them are made. 0 or -XEN_ENOMEM. */
int x86_windows_make(struct vcpu *v) MUST_CHECK;

/* The L4 entry of slot 260 for a domain. */
uint64_t x86_windows_entry(const struct domain *d);

/*
 * A vCPU comes to this CPU: x86_windows_take puts the CPU's own descriptors into its GDT, before its root is
 * loaded; x86_windows_load loads GDTR and LDTR after it. x86_windows_unload goes to the CPU's own GDT.
 */
void x86_windows_take(struct vcpu *v);
void x86_windows_load(struct vcpu *v);
void x86_windows_unload(void);

/* Whether an address lies in the running vCPU's windows: its offset there (0 to 0x1ffff), or -1. LDT begins
 * at 0x10000. */
int64_t x86_windows_offset(const struct vcpu *v, uint64_t address);

#endif
