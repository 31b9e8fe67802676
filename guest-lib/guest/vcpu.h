/* SPDX-License-Identifier: MIT */
/*
 * The guest's virtual processors: the record of each, found by its stack, and how to start further ones.
 *
 * Every vCPU has two stacks: one it runs on, and one on which the hypervisor enters it from user mode.
 */
#ifndef GUEST_VCPU_H
#define GUEST_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/jump.h"
#include "guest/layout.h"
#include "pvabi/xen.h"

#define VCPU_MAX          8
#define VCPU_STOP_SECONDS 20

struct trap_frame;

struct vcpu {
    unsigned int id;
    struct vcpu_info *info;
    char *stack, *entry_stack; /* their lowest bytes */
    struct jump *catching;     /* trap_catch: where a trap of the kernel goes */
    struct trap_frame *caught;
    struct jump *user_exit; /* user_run: where a trap of user mode goes */
    struct trap_frame *user_frame;
    void (*start)(void *);
    void *argument;
    volatile bool up;
};

/* The record of the vCPU that executes this, valid on either of its stacks. */
static inline struct vcpu *vcpu_current(void)
{
    uint64_t rsp;

    __asm__ volatile("mov %%rsp, %0" : "=r"(rsp));
    return *(struct vcpu **)(rsp & ~(VCPU_STACK_SIZE - 1ul));
}

/* The record of vCPU `id`, which is below VCPU_MAX. */
struct vcpu *vcpu_get(unsigned int id);
/* Makes vCPU 0's record and stacks; called once at start of day, and again when shared_info is mapped. */
void vcpu_boot_init(void);
/* Points each record's info into shared_info, and away from it to a stand-in whose upcalls are masked. */
void vcpu_attach_info(struct shared_info *shared);
void vcpu_detach_info(void);
/*
 * Starts vCPU `id` in `start(argument)`, with the traps and callbacks of vCPU 0, upcalls masked; when `start`
 * returns the vCPU takes itself down. Returns 0 or the hypervisor's error (-XEN_ENOENT where the domain has
 * no such vCPU).
 */
int vcpu_start(unsigned int id, void (*start)(void *), void *argument);
/* Waits until vCPU `id` has gone down. */
void vcpu_wait_down(unsigned int id);
/*
 * Makes the other vCPUs that are up stand still, in an event handler, until vcpu_release_others. 0, or
 * -XEN_EBUSY when one has its upcalls masked for VCPU_STOP_SECONDS, or was not started by vcpu_start; then
 * none stands.
 */
int vcpu_stop_others(void);
/* `same`: whether the domain is still the one in which they were stopped. Comes back when all run. */
void vcpu_release_others(bool same);
/* How many vCPUs the domain has. */
unsigned int vcpu_count(void);

#endif
