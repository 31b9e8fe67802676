/* SPDX-License-Identifier: MIT */
/*
 * Attack: every vCPU runs for ever with its upcalls off and its tick stopped, and never asks for anything. Its
 * registers hold a secret that nobody else may find in his own.
 */
#include "guest/guest.h"

#define SECRET 0x5ec2e75ec2e75ec2ul

static void hog(void *argument)
{
    uint64_t secret = SECRET;

    (void)argument;
    event_disable();
    time_stop_tick();
    for (unsigned int i = 0; i < 4; i++) {
        hypercall_set_debugreg((int)i, 0x5ec2e0 + i);
    }
    hypercall_set_debugreg(7, 1);
    hypercall_set_segment_base(SEGBASE_FS, 0x5ec2e7000);
    hypercall_set_segment_base(SEGBASE_GS_USER, 0x5ec2e8000);
    __asm__ volatile("movq %0, %%xmm0; movq %0, %%xmm7; movq %0, %%xmm15; fldl %1; fldl %1\n1: jmp 1b" ::"r"(secret),
                     "m"(secret));
}

int guest_main(void)
{
    printf("HOG runs\n");
    for (unsigned int id = 1; id < vcpu_count(); id++) {
        vcpu_start(id, hog, NULL);
    }
    hog(NULL);
    return 0;
}
