/* SPDX-License-Identifier: MIT */
/* The order of locks, outermost first: a CPU that holds a lock may take only locks of a higher level. */
#ifndef LIB_LOCK_LEVEL_H
#define LIB_LOCK_LEVEL_H

enum lock_level {
    LOCK_NONE,
    LOCK_DOMCTL,      /* one toolstack operation at a time on the whole machine */
    LOCK_SYSCTL,
    LOCK_DOMAIN_LIST, /* the table of domains, for writers */
    LOCK_DOMAIN,      /* one domain's configuration and life */
    LOCK_EVTCHN,      /* which event channels of one domain exist; sending does not take it */
    LOCK_GNTTAB,      /* one domain's grant table */
    LOCK_GNTTAB_MAPTRACK,
    LOCK_PT,          /* a page table's lock bit in its frame */
    LOCK_LDT,         /* one vCPU's LDT window */
    LOCK_DOMAIN_FRAMES, /* a domain's list of frames and its totals */
    LOCK_EVTCHN_PORT, /* one port, or the two ends of a channel */
    LOCK_EVTCHN_FIFO, /* one queue of one vCPU */
    LOCK_PIRQ,        /* routing of machine interrupts */
    LOCK_MMIO_RO,     /* frames of I/O memory that nobody may write; which PCI functions are known */
    LOCK_SCHED,       /* one CPU's run queue */
    LOCK_SCHED_POLICY, /* what a scheduling policy shares between CPUs */
    LOCK_SCHED_WATCHDOG, /* one domain's watchdogs */
    LOCK_TIMER,       /* one CPU's timers */
    LOCK_HEAP,        /* the hypervisor's small objects */
    LOCK_FRAME_ALLOC, /* free frames */
    LOCK_TRACE,
    LOCK_IRQ,         /* interrupt controllers */
    LOCK_IO,          /* devices that are reached through an index and a data port */
    LOCK_CONSOLE,     /* the console ring and the serial port: anyone may print */
};

#endif
