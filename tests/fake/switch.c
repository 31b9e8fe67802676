/* SPDX-License-Identifier: MIT */
/* The tests' machine: a CPU changes to another vCPU. A file of its own, as it needs the scheduler. */
#include "core/sched.h"
#include "fake.h"
#include "fake_internal.h"
#include "port/cpu.h"
#include "port/vcpu.h"

void (*fake_on_switch)(struct vcpu *from, struct vcpu *to);

void port_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
    if (fake_on_switch) {
        fake_on_switch(from, to);
        return;
    }
    fake_current[fake_cpu] = to;
    if (!to->is_idle) {
        mm_cpu_enter(to->domain, fake_cpu);
    }
    fake_tlb_switch(to->is_idle ? MFN_INVALID : mm_hw_root(&to->mm, to->cpu.kernel_mode));
    sched_switched(from, to);
}
