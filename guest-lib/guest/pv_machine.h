/* SPDX-License-Identifier: MIT */
/*
 * The second half of the porting table (see pv.h): instructions, the way in and out, clocks, processors, and
 * the platform.
 */
#ifndef GUEST_PV_MACHINE_H
#define GUEST_PV_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/event.h"
#include "guest/exit.h"
#include "guest/hypercall.h"
#include "guest/suspend.h"
#include "guest/time.h"
#include "guest/trap.h"
#include "guest/vcpu.h"
#include "guest/x86.h"
#include "pvabi/callback.h"
#include "pvabi/physdev.h"
#include "pvabi/sched.h"
#include "pvabi/vcpu.h"

/* The stack holds rax r11 rcx flags rip cs rflags rsp ss; a cs of privilege 3 goes to user mode. */
/* pv: iretq | iret; from kernel to kernel the instruction itself serves */
static inline void pv_iret(const struct iret_context *frame) __attribute__((noreturn));
static inline void pv_iret(const struct iret_context *frame)
{
    trap_iret(frame);
}

/* Unmasks upcalls and sleeps until one comes, without a gap between the two. */
/* pv: sti; hlt | sched_op block */
static inline void pv_halt(void)
{
    event_block();
}

/* pv: pause in a spin lock that waits long | sched_op yield, or sched_op poll on a port of one's own */
static inline void pv_relax(void)
{
    hypercall_sched_op(SCHEDOP_yield, 0);
}

/* The waiting vCPU masks the port and clears it before it looks at the lock for the last time. */
/* pv: the slow path of a queued lock: wait | sched_op poll on a port of one's own */
static inline int pv_lock_wait(evtchn_port_t port)
{
    return event_poll(port, 0);
}

/* pv: the slow path of a queued lock: kick the next | event_channel_op send */
static inline int pv_lock_kick(evtchn_port_t port)
{
    return event_send(port);
}

/* The event's entry point and the one for a return that failed. */
/* pv: the gate of an external interrupt | callback_op register event, failsafe */
static inline int pv_load_interrupt(void (*entry)(void), void (*failsafe)(void))
{
    return (int)hypercall_set_callbacks(HARG(entry), HARG(failsafe), HARG(entry_syscall));
}

/* pv: the gate of an NMI | callback_op register NMI */
static inline int pv_load_nmi(void (*entry)(void))
{
    struct callback_register request = {.type = CALLBACKTYPE_nmi, .address = HARG(entry)};

    return (int)hypercall_callback_op(CALLBACKOP_register, HARG(&request));
}

/* pv: cpuid | none: the forced-emulation prefix before the instruction */
static inline void pv_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    x86_cpuid_forced(leaf, subleaf, out);
}

/* False where the hypervisor answers by a #GP, as the machine does for a register that it has not. */
/* pv: rdmsr | none: the instruction is emulated */
static inline bool pv_rdmsr(uint32_t msr, uint64_t *value)
{
    return trap_rdmsr(msr, value);
}

/* pv: wrmsr of other registers | none: the instruction is emulated; most writes are ignored */
static inline bool pv_wrmsr(uint32_t msr, uint64_t value)
{
    return trap_wrmsr(msr, value);
}

/* pv: rdtsc | none: the instruction; its scale is in vcpu_info.time */
static inline uint64_t pv_rdtsc(void)
{
    return x86_rdtsc();
}

/* pv: HPET, PIT or PM timer as a clock | none: vcpu_info.time and the TSC, in nanoseconds */
static inline uint64_t pv_clock(void)
{
    return time_now();
}

/* pv: the CMOS clock | none: shared_info.wc_sec and wc_nsec, nanoseconds since 1970 */
static inline uint64_t pv_wall_clock(void)
{
    return time_wall();
}

/* Nanoseconds since the vCPU exists; register_runstate_memory_area gives the same without a call. */
/* pv: none: time that others had the CPU | vcpu_op get_runstate_info, register_runstate_memory_area */
static inline uint64_t pv_steal_clock(void)
{
    struct vcpu_runstate_info info = {0};

    hypercall_vcpu_op(VCPUOP_get_runstate_info, vcpu_current()->id, HARG(&info));
    return info.time[RUNSTATE_runnable] + info.time[RUNSTATE_offline];
}

/* Absolute, in pv_clock's time; it comes as VIRQ_TIMER. */
/* pv: the APIC timer, one shot | vcpu_op set_singleshot_timer */
static inline int pv_set_timer(uint64_t when)
{
    return time_set_timer(when);
}

/* pv: the PIT's tick | vcpu_op set_periodic_timer; a nanosecond count */
static inline int pv_set_tick(uint64_t period)
{
    struct vcpu_set_periodic_timer request = {.period_ns = period};

    return (int)(period ? hypercall_vcpu_op(VCPUOP_set_periodic_timer, vcpu_current()->id, HARG(&request))
                        : hypercall_vcpu_op(VCPUOP_stop_periodic_timer, vcpu_current()->id, 0));
}

/* The port that a handler is set for. */
/* pv: an entry of the IO-APIC or of the MSI table | event_channel_op bind_virq, bind_pirq */
static inline int pv_bind_virq(unsigned int virq, unsigned int vcpu)
{
    return event_bind_virq(virq, vcpu);
}

/* pv: the vector of an IPI | event_channel_op bind_ipi, one port a CPU and purpose */
static inline int pv_bind_ipi(unsigned int vcpu)
{
    return event_bind_ipi(vcpu);
}

/* pv: a write to the APIC's ICR | event_channel_op send */
static inline int pv_send_ipi(evtchn_port_t port)
{
    return event_send(port);
}

/* pv: a write to the APIC's EOI | none: the pending bit of the port is cleared before its handler */
static inline void pv_end_interrupt(evtchn_port_t port)
{
    event_clear(port);
}

/* pv: INIT, SIPI | vcpu_op initialise with tables, stacks and rip at once, then up */
static inline int pv_start_cpu(unsigned int id, void (*start)(void *), void *argument)
{
    return vcpu_start(id, start, argument);
}

/* pv: a CPU goes offline | vcpu_op down */
static inline int pv_stop_cpu(unsigned int id)
{
    return (int)hypercall_vcpu_op(VCPUOP_down, id, 0);
}

/* pv: mov %gs:0, reg and the like for this CPU's data | none: the stack's base, or GS_BASE */
static inline unsigned int pv_cpu_id(void)
{
    return vcpu_current()->id;
}

/* From then on in and out are emulated for the ports that the domain may use. */
/* pv: iopl, the TSS's I/O bitmap | physdev_op set_iopl, set_iobitmap */
static inline int pv_set_iopl(unsigned int level)
{
    struct physdev_set_iopl request = {.iopl = level};

    return (int)hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&request));
}

/* pv: in | none: the instruction is emulated */
static inline uint8_t pv_inb(uint16_t port)
{
    return x86_inb(port);
}

/* pv: out | none: the instruction is emulated */
static inline void pv_outb(uint16_t port, uint8_t value)
{
    x86_outb(port, value);
}

/* SUSPEND_*, or a negative error. */
/* pv: ACPI's S3, hibernation | sched_op shutdown, reason suspend: see guest/suspend.h */
static inline int pv_suspend(void)
{
    return guest_suspend();
}

/* pv: a panic's end | sched_op shutdown, reason crash */
static inline void pv_crash(void) __attribute__((noreturn));
static inline void pv_crash(void)
{
    guest_shutdown(SHUTDOWN_crash);
}

/* pv: reset by port 0x64 or 0xcf9 | sched_op shutdown, reason reboot */
static inline void pv_reboot(void) __attribute__((noreturn));
static inline void pv_reboot(void)
{
    guest_shutdown(SHUTDOWN_reboot);
}

/* pv: ACPI's S5 | sched_op shutdown, reason poweroff */
static inline void pv_power_off(void) __attribute__((noreturn));
static inline void pv_power_off(void)
{
    guest_shutdown(SHUTDOWN_poweroff);
}

#endif
