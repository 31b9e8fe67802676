/* SPDX-License-Identifier: MIT */
/* The toy kernel as a PV guest: start of day is guest-lib's, entries come by its hooks. */
#include "ops_pv.h"

#define VECTORS 32

evtchn_port_t ops_ipi_ports[KERNEL_CPUS];

static bool on_syscall(struct trap_frame *frame)
{
    kernel_enter(KERNEL_SYSCALL, frame);
    return true;
}

static bool on_fault(struct trap_frame *frame)
{
    if (!trap_from_user(frame)) {
        return false;
    }
    kernel_enter(KERNEL_FAULT, frame);
    return true;
}

static bool on_event(struct trap_frame *frame)
{
    event_upcall();
    kernel_enter(KERNEL_INTERRUPT, frame);
    return true;
}

/* The port's number is all that an interrupt says; kernel_enter looks at what there is to do. */
static void nothing_more(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

/* What every CPU needs: gates that mask upcalls (4) as interrupt gates do, the system call, its interrupts. */
static void init_cpu(void)
{
    unsigned int cpu = pv_cpu_id();
    int timer = pv_bind_virq(VIRQ_TIMER, cpu), ipi = pv_bind_ipi(cpu);

    if (timer < 0 || ipi < 0) {
        guest_crash("an event channel was refused");
    }
    for (uint8_t vector = 0; vector < VECTORS; vector++) {
        trap_set_gate(vector, 4);
    }
    pv_set_tick(0);
    pv_load_syscall(entry_syscall);
    event_set_handler((evtchn_port_t)timer, nothing_more, NULL);
    event_set_handler((evtchn_port_t)ipi, nothing_more, NULL);
    ops_ipi_ports[cpu] = (evtchn_port_t)ipi;
}

static void second_cpu(void *argument)
{
    (void)argument;
    init_cpu();
    kernel_second_cpu();
}

void ops_start_cpu(unsigned int id)
{
    if (pv_start_cpu(id, second_cpu, NULL) != 0) {
        guest_crash("the second CPU did not start");
    }
}

int guest_main(void)
{
    pv_irq_disable();
    for (uint8_t vector = 0; vector < VECTORS; vector++) {
        trap_set_hook(vector, on_fault);
    }
    trap_set_hook(ENTRY_SYSCALL, on_syscall);
    trap_set_hook(ENTRY_EVENT, on_event);
    init_cpu();
    kernel_main();
    return 0;
}
