/* SPDX-License-Identifier: MIT */
/* The records and stacks of the vCPUs, and the start of the further ones. */
#include "guest/vcpu.h"

#include "guest/event.h"
#include "guest/exit.h"
#include "guest/hypercall.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "guest/string.h"
#include "guest/trap.h"
#include "pvabi/errno.h"
#include "pvabi/sched.h"
#include "pvabi/vcpu.h"

static struct vcpu vcpus[VCPU_MAX];
/* Stands in until shared_info is mapped. */
static struct vcpu_info early_info;
static char boot_entry_stack[VCPU_STACK_SIZE] __attribute__((aligned(VCPU_STACK_SIZE)));

extern char vcpu_boot_stack[];
void vcpu_secondary_start(void);
void vcpu_secondary_main(void);

struct vcpu *vcpu_get(unsigned int id)
{
    return &vcpus[id];
}

static void use_stacks(struct vcpu *vcpu, void *stack, void *entry_stack)
{
    vcpu->stack = stack;
    vcpu->entry_stack = entry_stack;
    *(struct vcpu **)stack = vcpu;
    *(struct vcpu **)entry_stack = vcpu;
}

void vcpu_boot_init(void)
{
    vcpus[0].info = &early_info;
    vcpus[0].up = true;
    use_stacks(&vcpus[0], vcpu_boot_stack, boot_entry_stack);
    hypercall_stack_switch(FLAT_KERNEL_SS, HARG(boot_entry_stack + VCPU_STACK_SIZE));
}

void vcpu_attach_info(struct shared_info *shared)
{
    for (unsigned int id = 0; id < VCPU_MAX; id++) {
        vcpus[id].id = id;
        vcpus[id].info = &shared->vcpu_info[id];
    }
}

void vcpu_detach_info(void)
{
    early_info.evtchn_upcall_mask = 1;
    for (unsigned int id = 0; id < VCPU_MAX; id++) {
        vcpus[id].info = &early_info;
    }
}

unsigned int vcpu_count(void)
{
    unsigned int count = 0;

    while (hypercall_vcpu_op(VCPUOP_is_up, count, 0) >= 0) {
        count++;
    }
    return count;
}

static void fill_context(struct vcpu_guest_context *context, const struct vcpu *vcpu)
{
    context->flags = VGCF_IN_KERNEL;
    context->user_regs.rip = HARG(vcpu_secondary_start);
    context->user_regs.rsp = HARG(vcpu->stack + VCPU_STACK_SIZE);
    context->user_regs.cs = FLAT_KERNEL_CS;
    context->user_regs.ss = FLAT_KERNEL_SS;
    context->kernel_ss = FLAT_KERNEL_SS;
    context->kernel_sp = HARG(vcpu->entry_stack + VCPU_STACK_SIZE);
    context->ctrlreg[3] = pt_root_mfn() << PAGE_SHIFT;
    context->event_callback_eip = HARG(entry_event);
    context->failsafe_callback_eip = HARG(entry_failsafe);
    context->syscall_callback_eip = HARG(entry_syscall);
    for (const struct trap_info *trap = trap_table(); trap->address; trap++) {
        context->trap_ctxt[trap->vector] = *trap;
    }
}

int vcpu_start(unsigned int id, void (*start)(void *), void *argument)
{
    struct vcpu *vcpu = &vcpus[id];
    struct vcpu_guest_context *context;
    int error;

    if (id >= VCPU_MAX) {
        return -XEN_ENOENT;
    }
    if (!vcpu->stack) {
        use_stacks(vcpu, memory_pages_alloc(VCPU_STACK_SIZE / PAGE_SIZE),
                   memory_pages_alloc(VCPU_STACK_SIZE / PAGE_SIZE));
    }
    vcpu->start = start;
    vcpu->argument = argument;
    vcpu->up = true;
    context = calloc(1, sizeof(*context));
    fill_context(context, vcpu);
    error = (int)hypercall_vcpu_op(VCPUOP_initialise, id, HARG(context));
    free(context);
    if (!error || error == -XEN_EEXIST) {
        error = (int)hypercall_vcpu_op(VCPUOP_up, id, 0);
    }
    if (error) {
        /* Only then: it may have run to its end already. */
        vcpu->up = false;
    }
    return error;
}

/* C's start of a further vCPU. One that was brought up again comes back from its VCPUOP_down and runs the new
 * function. */
void vcpu_secondary_main(void)
{
    struct vcpu *vcpu = vcpu_current();

    for (;;) {
        vcpu->start(vcpu->argument);
        event_disable();
        vcpu->up = false;
        hypercall_vcpu_op(VCPUOP_down, vcpu->id, 0);
    }
}

void vcpu_wait_down(unsigned int id)
{
    while (vcpus[id].up || hypercall_vcpu_op(VCPUOP_is_up, id, 0) == 1) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
}
