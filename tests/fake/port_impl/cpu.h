/* SPDX-License-Identifier: MIT */
/* port/cpu.h on the tests' machine: a thread is the CPU that it says it is. */
#ifndef PORT_IMPL_CPU_H
#define PORT_IMPL_CPU_H

extern _Thread_local unsigned int fake_cpu;
extern struct vcpu *fake_current[CPU_MAX];
extern struct cpumask fake_cpus_online;

/* A CPU waits for another one: in a test with one thread that is a deadlock. */
void fake_relax(void);

static inline unsigned int port_cpu_id(void)
{
    return fake_cpu;
}

static inline struct vcpu *port_current(void)
{
    return fake_current[fake_cpu];
}

static inline struct cpumask port_cpus_online(void)
{
    return fake_cpus_online;
}

static inline void port_cpu_relax(void)
{
    fake_relax();
}

#endif
