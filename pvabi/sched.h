/* SPDX-License-Identifier: MIT */
/* sched_op: what a vCPU says to the scheduler, and how domains end. */
#ifndef PVABI_SCHED_H
#define PVABI_SCHED_H

#include "event_channel.h"

/* sched_op(operation, argument); sched_op_compat(operation, value) knows the first three. */
#define SCHEDOP_yield 0             /* let others run; no argument */
#define SCHEDOP_block 1             /* unmask upcalls and sleep until an event; no argument */
#define SCHEDOP_shutdown 2
#define SCHEDOP_poll 3              /* sleep until one of these ports, upcalls masked */
#define SCHEDOP_remote_shutdown 4
#define SCHEDOP_shutdown_code 5     /* sets the reason without shutting down */
#define SCHEDOP_watchdog 6
#define SCHEDOP_pin_override 7

#ifndef __ASSEMBLY__

struct sched_shutdown {
    unsigned int reason;            /* SHUTDOWN_* */
};
typedef struct sched_shutdown sched_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_shutdown_t);

struct sched_poll {
    XEN_GUEST_HANDLE(evtchn_port_t) ports;
    unsigned int nr_ports;
    uint64_t timeout;               /* system time in ns; 0 for none */
};
typedef struct sched_poll sched_poll_t;
DEFINE_XEN_GUEST_HANDLE(sched_poll_t);

struct sched_remote_shutdown {
    domid_t domain_id;
    unsigned int reason;
};
typedef struct sched_remote_shutdown sched_remote_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_remote_shutdown_t);

/* id 0 makes a watchdog and returns its id; else sets it anew, or with timeout 0 takes it away. */
struct sched_watchdog {
    uint32_t id;
    uint32_t timeout;               /* seconds */
};
typedef struct sched_watchdog sched_watchdog_t;
DEFINE_XEN_GUEST_HANDLE(sched_watchdog_t);

/* Runs the caller on one physical CPU for a while; negative ends that. */
struct sched_pin_override {
    int32_t pcpu;
};
typedef struct sched_pin_override sched_pin_override_t;
DEFINE_XEN_GUEST_HANDLE(sched_pin_override_t);

#endif /* __ASSEMBLY__ */

/* Why a domain shut down. */
#define SHUTDOWN_poweroff 0
#define SHUTDOWN_reboot 1
#define SHUTDOWN_suspend 2
#define SHUTDOWN_crash 3
#define SHUTDOWN_watchdog 4
#define SHUTDOWN_soft_reset 5
#define SHUTDOWN_MAX 5

#endif /* PVABI_SCHED_H */
