/* SPDX-License-Identifier: MIT */
/*
 * The order in which the parts of the library go to sleep and wake up.
 *
 * Who saves a domain replaces each machine frame that it finds by the pseudo-physical one: in page tables, in
 * the list of frames, and in the start info whose frame is the third argument of the call. A frame that is
 * not the domain's own (shared_info, the grant table, what a backend maps of its frontends) must be mapped
 * nowhere, or the saving fails. The registers of vCPUs that are up are saved as they are: they wait in a
 * handler.
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
    xenbus_resume();
    time_resume();
}

static void go_on(void)
{
    grant_resume();
    xenbus_cancel();
}

int guest_suspend(void)
{
    bool masked = event_disabled();
    long result;
    int error;

    if (guest_is_initial_domain()) {
        return -XEN_EOPNOTSUPP;
    }
    if (vcpu_current()->id != 0) {
        return -XEN_EINVAL;
    }
    error = vcpu_stop_others();
    if (error) {
        return error;
    }
    xenbus_suspend();
    event_disable();
    result = stand_still();
    if (result == SUSPEND_RESTORED) {
        start_anew();
    } else {
        go_on();
    }
    if (!masked) {
        event_enable();
    }
    vcpu_release_others(result != SUSPEND_RESTORED);
    return (int)result;
}
