/* SPDX-License-Identifier: MIT */
/*
 * The order in which the parts of the library go to sleep and wake up.
 *
 * Who saves a domain replaces each machine frame that it finds by the pseudo-physical one: in page tables, in the
 * list of frames, and in the start info whose frame is the third argument of the call. A frame that is not the
 * domain's own (shared_info, the grant table) must be mapped nowhere, or the saving fails.
 */
#include "guest/suspend.h"

#include "guest/event.h"
#include "guest/grant.h"
#include "guest/hypercall.h"
#include "guest/pagetable.h"
#include "guest/start.h"
#include "guest/time.h"
#include "guest/vcpu.h"
#include "guest/xenbus.h"
#include "pvabi/errno.h"
#include "pvabi/sched.h"
#include "pvabi/vcpu.h"

static bool is_alone(void)
{
    for (unsigned int id = 1; id < VCPU_MAX; id++) {
        if (hypercall_vcpu_op(VCPUOP_is_up, id, 0) == 1) {
            return false;
        }
    }
    return true;
}

/* Between these two, the ring's frames in the start info are pseudo-physical. */
static void start_info_canonical(void)
{
    guest_start_info->store_mfn = memory_mfn_to_pfn(guest_start_info->store_mfn);
    guest_start_info->console.domU.mfn = memory_mfn_to_pfn(guest_start_info->console.domU.mfn);
}

static void start_info_machine(void)
{
    guest_start_info->store_mfn = memory_pfn_to_mfn(guest_start_info->store_mfn);
    guest_start_info->console.domU.mfn = memory_pfn_to_mfn(guest_start_info->console.domU.mfn);
}

/* Upcalls are masked, and nothing but the shared rings is open. Nonzero if the domain stays what it was. */
static long stand_still(void)
{
    struct sched_shutdown request = {.reason = SHUTDOWN_suspend};
    unsigned long root = memory_mfn_to_pfn(pt_root_mfn());
    long result;

    grant_suspend();
    vcpu_detach_info();
    pt_unmap(guest_shared_info);
    start_info_canonical();
    result = hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, HARG(&request),
                       memory_va_to_mfn(guest_start_info), 0, 0);
    if (result) {
        /* Cancelled or refused; a restorer has written the new ones. */
        start_info_machine();
    }
    pt_resume(root);
    pt_set(guest_shared_info, guest_start_info->shared_info | PTE_PAGE);
    vcpu_attach_info(guest_shared_info);
    pt_publish_frames();
    return result;
}

static void start_anew(void)
{
    event_forget();
    grant_resume();
    xenbus_forget();
    event_resume();
    xs_resume();
    time_resume();
}

int guest_suspend(void)
{
    bool masked = event_disabled();
    long result;

    if (guest_is_initial_domain()) {
        return -XEN_EOPNOTSUPP;
    }
    if (!is_alone() || !xenbus_settle()) {
        return -XEN_EBUSY;
    }
    event_disable();
    result = stand_still();
    if (result == SUSPEND_RESTORED) {
        start_anew();
    } else {
        grant_resume();
    }
    if (!masked) {
        event_enable();
    }
    return (int)result;
}
