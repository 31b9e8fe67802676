/* SPDX-License-Identifier: MIT */
/*
 * The tests' machine: it implements port/ on the host, with an arena of frames, CPUs that are threads (or one
 * thread that says which CPU it is), and checks on everything that core does with it. What goes wrong ends
 * the process with a message; Check runs each test in a process of its own, and each starts the machine once.
 */
#ifndef TESTS_FAKE_FAKE_H
#define TESTS_FAKE_FAKE_H

#include "core/domain.h"
#include "lib/cpumask.h"
#include "lib/types.h"
#include "port/machine.h"

/* RAM is frames FAKE_RAM_FIRST up; frames below are the first MiB. */
#define FAKE_RAM_FIRST 0x100ull

/* Starts it: so many frames of RAM, all of them given to the allocator, and CPUs. Call it once. */
void fake_start(uint64_t frames, unsigned int cpus);

/* This thread goes on as another CPU. */
void fake_become_cpu(unsigned int cpu);

/*
 * From now on several threads are CPUs at once, so that waiting makes sense. Frames can be touched unmapped
 * then, and translation caches must not be used.
 */
void fake_use_threads(bool on);

/* The vCPU that runs on this CPU from now on; NULL: an idle one of the machine's own. Nothing is saved or
 * loaded, but the CPU's root. */
void fake_run(struct vcpu *v);

/* Fails the test if a lock is held. */
void fake_check_locks(void);

/* Fails the test if a frame is mapped or a lock held. */
void fake_check_idle(void);

/* ---- preemption, failures ---- */

/* port_preempt_pending answers true at the call number n from now (1: the next), and then at each n-th; 0:
 * never. */
void fake_preempt_every(unsigned int n);
unsigned int fake_preempt_calls(void);

/* The n-th heap or frame allocation of the hypervisor from now on fails (1: the next); 0: none. True if it
 * has happened. */
void fake_fail_alloc(unsigned int n);
bool fake_failed_alloc(void);

/* Likewise for copies from and to guests. */
void fake_fail_copy(unsigned int n);
bool fake_failed_copy(void);

/* ---- snapshots (programs that link parvis_hv_reset) ---- */

/*
 * All variables of the hypervisor and of this machine, and all memory, as they are now; and back to that. One
 * snapshot a process, of one thread that holds no lock. What a test has by itself stays.
 */
void fake_snapshot_take(void);
void fake_snapshot_restore(void);

/* ---- guest memory ---- */

/*
 * A buffer of the test becomes guest memory at a linear address, for every vCPU. Addresses outside all
 * buffers are looked up in the running vCPU's page tables. At most 128 buffers.
 */
void fake_guest_memory(guest_va_t address, void *buffer, size_t size);

/* From now on every byte that was read from a guest's buffer changes after the reading: a second fetch gives
 * something else. */
void fake_double_fetch(bool on);

/*
 * From now on (until the next call with false) a second reading of any byte fails the test, of a guest's buffers and of
 * what is found by a guest's tables; with true again, what was read before is forgotten. The latter also changes after
 * the reading, where the guest may write it.
 */
void fake_single_fetch(bool on);

/* With true, what is found by a guest's tables only changes: the hypercall follows several pointers, which the guest
 * may let overlap. */
void fake_fetches_may_alias(bool may);

/* ---- frames ---- */

/* Reads and writes 8 bytes of a frame, as the test's own. */
uint64_t fake_peek(mfn_t m, unsigned int index);
void fake_poke(mfn_t m, unsigned int index, uint64_t value);

/* ---- time ---- */
void fake_set_time(uint64_t ns);
void fake_advance(uint64_t ns);
/* The deadline that a CPU's timer was armed with; UINT64_MAX: none. */
uint64_t fake_timer_deadline(unsigned int cpu);
void fake_set_clock_stable(bool stable);

/* ---- logs ---- */

/* How often a CPU was kicked, or asked to reschedule, since the last call. */
unsigned int fake_kicks(unsigned int cpu);
unsigned int fake_reschedules(unsigned int cpu);

/* What went to the console, as a string; and forgetting it. */
const char *fake_console(void);
void fake_console_clear(void);

/* Port accesses: the value that reads of a port give, and the last write. */
void fake_io_set(uint16_t port, uint32_t value);
bool fake_io_written(uint16_t port, uint32_t *value);

/* The interrupt lines of the platform, as core has set them. */
struct fake_line {
    bool routed, masked, level, low;
    unsigned int cpu;
};

extern struct fake_line fake_lines[24];

/* One PCI function; where it is not present, ports are as fake_io_set made them. */
#define FAKE_PCI_REGISTERS 0xfeb00000ull /* where its memory BAR points */
struct fake_pci {
    bool present;
    uint16_t function; /* bus << 8 | devfn */
    uint8_t config[256];
    uint32_t registers[4096];
    bool messages[256]; /* by number, from PORT_IRQ_MAX on: core has it */
    unsigned int message_count, messages_most;
    /* Its table of messages among the registers, and how often one was changed that was not masked. */
    uint32_t table, table_entries;
    unsigned int changed_unmasked;
    /* ACPI's window of configuration space. */
    bool has_window;
    struct port_pci_window window;
};

extern struct fake_pci fake_pci;

/* MSRs: those that were set exist. */
void fake_msr_set(uint32_t msr, uint64_t value);
bool fake_msr_get(uint32_t msr, uint64_t *value);

/* CPUID answers; a leaf that was not set is all zero. */
void fake_cpuid_set(uint32_t leaf, uint32_t subleaf, uint32_t a, uint32_t b, uint32_t c, uint32_t d);

/* The machine was switched off or reset: these are called instead of ending the process, if they are set. */
extern void (*fake_on_power_off)(void);
extern void (*fake_on_reset)(void);

/* A CPU waits for another one: called instead of ending the test, if it is set. */
extern void (*fake_on_relax)(void);

/* Called when the test fails, before the process ends. */
extern void (*fake_on_fail)(void);

/* Called by port_vcpu_switch; unset: it calls sched_switched and goes on as the new vCPU. */
extern void (*fake_on_switch)(struct vcpu *from, struct vcpu *to);

/* ---- translation caches ---- */

/*
 * The vCPU that runs on this CPU touches an address (in user mode by cpu.kernel_mode): the CPU's cache, then
 * its root is used, and the translation is kept. True and the frame if the access is allowed.
 */
bool fake_touch(guest_va_t address, bool write, mfn_t *m);

/* Fails the test for a cached translation to a frame that has another owner now, or a writable one to a table
 * in use. */
void fake_tlb_check(void);

/* How many flushes of all entries a CPU has done. */
unsigned int fake_tlb_flushes(unsigned int cpu);

/* ---- the recounting oracle (oracle.c) ---- */

/*
 * Counts the references and types of all frames anew, from the page tables, pins and roots of these domains,
 * and fails the test if the frame table says otherwise, or if something is writable that is a table. Nothing
 * may be in the middle of an operation, but partial tables.
 */
void fake_oracle(struct domain *const *domains, unsigned int count);

/* References that the test itself holds, which the oracle shall know of. */
void fake_oracle_hold(mfn_t m, int refs, int types);

void fake_fail(const char *format, ...) PRINTF_LIKE(1, 2) NORETURN;

/* What the firmware says of memory; nothing in the beginning. */
struct e820entry;
extern const struct e820entry *fake_e820;
extern unsigned int fake_e820_count;

/* What port_efi answers; NULL: no EFI. */
struct port_efi;
extern const struct port_efi *fake_efi;

#endif
