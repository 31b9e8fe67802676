/* SPDX-License-Identifier: MIT */
/*
 * Traps: the frame that the guest sees, handlers for each vector, and three ways to survive one.
 *
 * - A fixup: a table says, for an instruction's address, where to go on (trap_fixup in assembly).
 * - trap_catch calls a function and reports the trap that it raised.
 * - A hook sees every entry of one vector and may change the frame, where to go on included.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/layout.h"
#include "pvabi/xen.h"

#define TRAP_ENTRIES (ENTRY_NMI + 1)

struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector; /* or ENTRY_* */
    uint64_t error;
    uint64_t rip;
    uint16_t cs;
    uint16_t cs_pad;
    uint8_t saved_upcall_mask;
    uint8_t cs_tail[3];
    uint64_t rflags, rsp, ss;
};

/* Returns true if the entry is dealt with and the frame shall be continued. */
typedef bool trap_hook(struct trap_frame *frame);

/* Gives every vector and callback to the library. */
void trap_init(void);
/* Puts the library's stub behind `vector` with privilege `dpl` (flags bit 2 masks upcalls on entry). */
int trap_set_gate(uint8_t vector, uint8_t flags);
/* The trap table of trap_init, ended by an entry of address 0. */
const struct trap_info *trap_table(void);
/* Installs `hook` for a vector or ENTRY_*, returns the one before; NULL takes it away. */
trap_hook *trap_set_hook(unsigned int entry, trap_hook *hook);
/*
 * Calls fn(argument) in kernel mode. Returns false if it came back, true if it trapped: *frame then tells,
 * cr2 included in trap_cr2(). Nests. An event's upcall is no trap.
 */
bool trap_catch(void (*fn)(void *), void *argument, struct trap_frame *frame);
/* The address of the last page fault of this vCPU. */
uint64_t trap_cr2(void);
/* True if the frame interrupted guest user mode: the hypervisor leaves privilege 3 in it only then. */
static inline bool trap_from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3) == 3;
}
/* Prints the frame. */
void trap_print(const struct trap_frame *frame);
/* The hypercall, with the frame at `frame` as the stack. */
void trap_iret(const void *frame) __attribute__((noreturn));

/* rcx-side selectors of the last failsafe callback: ds es fs gs. */
extern uint64_t trap_failsafe_selectors[4];

extern char trap_stubs[];
#define TRAP_STUB_SIZE 16
void entry_syscall(void);
void entry_syscall32(void);
void entry_sysenter(void);
void entry_event(void);
void entry_nmi(void);
void entry_failsafe(void);

/* For inline assembly: a fault at local label `from` goes on at `to`. */
#define TRAP_FIXUP(from, to) ".pushsection .guest_fixups, \"a\"\n\t.quad " from ", " to "\n\t.popsection\n\t"

/* Reads or writes a machine-specific register. Returns false if that faulted. */
bool trap_rdmsr(uint32_t msr, uint64_t *value);
bool trap_wrmsr(uint32_t msr, uint64_t value);
/* Reads or writes the word at `address`. Returns false if that faulted. */
bool trap_read_word(const void *address, uint64_t *value);
bool trap_write_word(void *address, uint64_t value);

#endif
