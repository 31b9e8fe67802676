/* SPDX-License-Identifier: MIT */
/*
 * Domains and vCPUs: what holds their parts together, and their lives.
 *
 * A domain is made paused (pause count 1) and in the table of domains from domain_create on. It dies by
 * domain_kill, which is preemptible: DYING while its resources are taken away, DEAD when only other domains'
 * references to its frames keep it. The last reference (domain_put) takes it from the table and frees it.
 */
#ifndef CORE_DOMAIN_H
#define CORE_DOMAIN_H

#include "core/evtchn.h"
#include "core/guest_cpu.h"
#include "core/io.h"
#include "core/mm.h"
#include "core/refusal.h"
#include "core/sched.h"
#include "core/tsc.h"
#include "lib/rangeset.h"
#include "port/lock.h"
#include "port/vcpu.h"
#include "pvabi/domctl.h"
#include "pvabi/memory.h"

#define DOMAIN_VCPUS_MAX 512u /* all of them go at once at the end of a domain */
#define DOMAIN_E820_MAX  128u

enum domain_life {
    DOMAIN_ALIVE,
    DOMAIN_DYING, /* its resources are being taken away */
    DOMAIN_DEAD,  /* waits for the last reference */
};

struct gnttab;

struct domain {
    domid_t id;
    bool privileged;       /* the first domain: may control others and the machine */
    bool whole;            /* all its parts are made: domain_get gives it out */
    enum domain_life life; /* changed under lock */
    bool taken_away;       /* a dying domain has nothing left but its parts; of the one who changes it */
    uint32_t refs;         /* atomic; the table holds one while the domain is in it */
    struct spinlock lock;  /* LOCK_DOMAIN */
    xen_domain_handle_t handle;

    uint32_t vcpu_count;       /* length of vcpus; set once by domain_set_vcpu_count */
    struct vcpu **vcpus;       /* entries are NULL until vcpu_create */
    struct cpumask dirty_cpus; /* atomic (bits): CPUs that may hold translations of this domain */

    uint32_t pause_count;       /* atomic: all reasons together; the domain runs only at 0 */
    uint32_t toolstack_pauses;  /* under lock: those by DOMCTL_pausedomain and creation */
    bool shutting_down;         /* a shutdown was asked for; vCPUs are being stopped */
    bool shut_down;             /* ... and all have stopped, and are off their CPUs */
    uint32_t shutdown_code;     /* SHUTDOWN_*, valid if shutting_down */
    evtchn_port_t suspend_port; /* its own port to the toolstack, 0 if none (DOMCTL_subscribe) */
    uint32_t changing;          /* atomic: domain_begin_change */

    struct shared_info *shared_info; /* mapped for good */
    mfn_t shared_info_frame;
    uint64_t vm_assist; /* VMASST_TYPE_* bits */
    int64_t time_offset_seconds;
    struct tsc_domain tsc;

    struct mm_domain mm;
    struct evtchn_domain evtchn;
    struct gnttab *gnttab; /* NULL for idle and special domains */
    struct sched_domain sched;

    struct refusals refusals;

    struct io_domain io;
    struct rangeset *io_ports; /* what the domain may touch; NULL: nothing */
    struct rangeset *io_frames;
    struct rangeset *irqs;

    struct e820entry *e820; /* for XENMEM_memory_map; NULL if none was set */
    uint32_t e820_count;

    struct guest_cpu_policy *cpu_policy;
    struct port_domain machine;
};

struct vcpu {
    struct domain *domain;
    uint32_t id;
    bool is_idle;
    bool initialised; /* has a context (DOMCTL_setvcpucontext, VCPUOP_initialise) */
    struct guest_cpu cpu;
    struct mm_vcpu mm;
    struct evtchn_vcpu evtchn;
    struct sched_vcpu sched;
    struct timer_vcpu timers;
    struct port_vcpu machine;
};

/* The first domain, NULL before it is built; and the owner of I/O memory and of the hypervisor's shareable
 * frames. */
extern struct domain *domain_first;
extern struct domain *domain_io;   /* DOMID_IO */
extern struct domain *domain_xen;  /* DOMID_XEN */
extern struct domain *domain_idle; /* DOMID_IDLE: one vCPU for each CPU */

/* Makes the table and the special domains. Once, at start of day. */
void domain_init(void);

struct domain_config {
    xen_domain_handle_t handle;
    uint32_t vcpu_count;     /* 1 to DOMAIN_VCPUS_MAX */
    uint32_t event_port_max; /* highest port; UINT32_MAX: the default */
    uint32_t grant_frames_max, maptrack_frames_max;
    uint32_t grant_version_max; /* 0 (no grant table), 1 or 2 */
    bool privileged;
};

/*
 * Makes a domain, paused and alone with its shared_info, grant table and event channels. id DOMID_INVALID
 * asks for a free one. 0 and *made (with a reference for the caller), or -XEN_EEXIST, -XEN_EINVAL,
 * -XEN_ENOMEM.
 */
int domain_create(domid_t id, const struct domain_config *config, struct domain **made) MUST_CHECK;

/* Makes one vCPU, offline and without a context. 0, -XEN_EEXIST or -XEN_ENOMEM. Needs d->lock's holder to be
 * the only maker. */
int vcpu_create(struct domain *d, uint32_t id) MUST_CHECK;

/* The domain with this id and a reference to it; NULL if there is none or it is DEAD's past. No DOMID_SELF
 * here. */
struct domain *domain_get(domid_t id);

/* As domain_get, and DOMID_SELF (or nothing else) is the caller's own; for operations on oneself or, if
 * privileged, others. */
struct domain *domain_get_or_self(domid_t id);

/* The domain with the lowest id that is not below id, with a reference; NULL at the end. */
struct domain *domain_get_next(domid_t id);

/* Another reference for one who has one; and dropping it. domain_put may free the domain: hold no lock of
 * its. */
void domain_ref(struct domain *d);
void domain_put(struct domain *d);

/* The domain with this id without a reference: only for an owner that is known to exist (a frame's, while it
 * is referenced). */
struct domain *domain_by_id(domid_t id);

/* The vCPU of this number, or NULL. Any number may be asked; it is clamped against speculation. */
struct vcpu *domain_vcpu(const struct domain *d, uint32_t id);

/* Stops and starts all vCPUs of a domain; counts. domain_pause returns when none of them runs any more; not
 * on oneself. */
void domain_pause(struct domain *d);
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);

/* The toolstack's pauses: -XEN_EINVAL for too many, or an unpause without a pause. */
int domain_toolstack_pause(struct domain *d) MUST_CHECK;
int domain_toolstack_unpause(struct domain *d) MUST_CHECK;

/* Ends the domain's run with a reason (SHUTDOWN_*). Its state stays; the toolstack is told. Of the first
 * domain: the machine's end. */
void domain_shutdown(struct domain *d, uint32_t reason);

/* The scheduler tells: a vCPU that a shutdown stopped is off its CPU. No lock held. */
void domain_vcpu_stopped(struct domain *d);

/* Goes on after a suspend that was cancelled (DOMCTL_resumedomain). */
void domain_resume(struct domain *d);

/*
 * The guest broke a rule of entry: prints why with its registers and shuts it down with SHUTDOWN_crash. It
 * returns; a caller that runs on the domain's own vCPU goes back to the exit path, which then runs something
 * else.
 */
void domain_crash(struct domain *d, const char *why, ...) PRINTF_LIKE(2, 3);

/*
 * One change of a domain's parts at a time, of those that may be preempted and so cannot hold a lock:
 * contexts of vCPUs, death. begin: 0, -XEN_ERESTART while there is another one (call again), -XEN_EINVAL when
 * the domain is dying.
 */
int domain_begin_change(struct domain *d) MUST_CHECK;
void domain_end_change(struct domain *d);

/* Ends a domain: 0 when it is DEAD, -XEN_ERESTART when work is left (call again). */
int domain_kill(struct domain *d) MUST_CHECK;

/* Writes the wall clock into the domain's shared_info: at its creation, and when the clock or its offset
 * changed. Takes d->lock. */
void domain_publish_wallclock(struct domain *d);

/* Whether the caller (the running domain) may control the target: it is privileged, or the target itself
 * where self is allowed. */
bool domain_may_control(const struct domain *caller, const struct domain *target);

/* Whether the domain has any right to I/O ports, memory or interrupts: such a domain may choose cache
 * attributes. */
bool domain_has_hardware(const struct domain *d);

#define CURRENT_DOMAIN() (port_current()->domain)

#define DOMAIN_FOR_EACH_VCPU(d, v)                                         \
    for (uint32_t index_##v = 0; index_##v < (d)->vcpu_count; index_##v++) \
        if (((v) = (d)->vcpus[index_##v]) != NULL)

#endif
