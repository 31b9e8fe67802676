/* SPDX-License-Identifier: MIT */
/* port/cpu.h on the real machine. */
#ifndef PORT_IMPL_CPU_H
#define PORT_IMPL_CPU_H

#include "x86/percpu.h"

extern struct cpumask x86_cpus_online;

/* Does the flush that another CPU asked of this one, if any. */
void x86_flush_answer(struct x86_cpu *cpu);

static inline unsigned int port_cpu_id(void)
{
    return x86_this_cpu()->id;
}

static inline struct vcpu *port_current(void)
{
    return x86_this_cpu()->current;
}

static inline struct cpumask port_cpus_online(void)
{
    return (struct cpumask){__atomic_load_n(&x86_cpus_online.bits, __ATOMIC_ACQUIRE)};
}

static inline void port_cpu_relax(void)
{
    struct x86_cpu *cpu = x86_this_cpu();

    if (__atomic_load_n(&cpu->flush_wanted, __ATOMIC_ACQUIRE)) {
        x86_flush_answer(cpu);
    }
    __asm__ volatile("pause" ::: "memory");
}

#endif
