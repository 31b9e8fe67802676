/* SPDX-License-Identifier: MIT */
/*
 * The CPU that runs this code. The hypervisor runs with interrupts off; they come in only while a guest runs,
 * while a CPU idles, and in the window that port_preempt_pending opens.
 */
#ifndef PORT_CPU_H
#define PORT_CPU_H

#include "lib/cpumask.h"
#include "lib/types.h"

struct vcpu;

/* The number of this CPU, from 0. */
static inline unsigned int port_cpu_id(void);

/* The vCPU that this CPU runs; an idle vCPU when none. Never NULL after start of day. */
static inline struct vcpu *port_current(void);

/* The CPUs that are up. */
static inline struct cpumask port_cpus_online(void);

/* One turn of a loop that waits for another CPU: answers flush requests, so that nobody waits for a waiting
 * CPU. */
static inline void port_cpu_relax(void);

/*
 * Makes a CPU enter the hypervisor's exit path soon: a running guest is interrupted, an idle CPU wakes. Used
 * after an event became pending for what runs there, or its run queue changed. For this CPU it costs nothing:
 * every exit looks.
 */
void port_cpu_kick(unsigned int cpu);

/* Asks this CPU, or another one (with a kick), to run its scheduler before it next enters a guest. */
void port_cpu_reschedule(unsigned int cpu);

/*
 * For long hypercalls, with no lock held: lets interrupts in for a moment and says whether this CPU now has
 * other work (a vCPU to switch to, an event for the guest). If so the hypercall should stop and continue
 * later.
 */
bool port_preempt_pending(void);

/* Runs a function on every CPU of the mask that is up, this one too, and waits until all are through. No
 * locks held. */
void port_cpu_call(struct cpumask mask, void (*function)(void *argument), void *argument);

/* The CPU's numbers in the local APIC and in ACPI's tables; cpu is one that is up. */
uint32_t port_cpu_apic_id(unsigned int cpu);
uint32_t port_cpu_acpi_id(unsigned int cpu);

/* The hypervisor is wrong: prints what is known and stops the machine. */
void port_panic(const char *format, ...) PRINTF_LIKE(1, 2) NORETURN;

#include <port_impl/cpu.h>

#define ASSERT(condition)                                                                \
    do {                                                                                 \
        if (UNLIKELY(!(condition))) {                                                    \
            port_panic("assertion failed at %s:%d: %s", __FILE__, __LINE__, #condition); \
        }                                                                                \
    } while (0)

#endif
