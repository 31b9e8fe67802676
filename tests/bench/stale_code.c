/* SPDX-License-Identifier: MIT */
/*
 * Whether the machine below executes instructions that are in memory no more: one vCPU writes a breakpoint
 * into a function and takes it out again, as Linux does when it patches itself, while another one calls the
 * function and serializes when it is asked. Written for QEMU's TCG, docs/testing.md.
 */
#include "guest/guest.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "guest/time.h"
#include "guest/trap.h"
#include "guest/vcpu.h"
#include "guest/x86.h"

#define PATIENCE   (60 * TIME_S)
#define CALLS      50   /* between two looks at the phase */
#define CALLS_TILL 2000 /* of which each is to find the function as it was */
#define NOP        0x90
#define INT3       0xcc
#define RET        0xc3
#define PTE_CODE   0x67 /* present, writable, user, accessed, dirty; executable */
#define PATCHED(n) ((n)*2 + 1)
#define WHOLE(n)   ((n)*2 + 2)

static volatile uint8_t *code;
static volatile uint64_t phase, seen, calls, stale;
static uint64_t phase_of_call;
static volatile bool stop;

/* A breakpoint is right while the function is patched, or may be: not from one end of a whole phase to the
 * other. */
static bool count_breakpoint(struct trap_frame *frame)
{
    (void)frame;
    if (phase_of_call % 2 == 0 && phase == phase_of_call) {
        stale++;
    }
    return true;
}

static void caller(void *argument)
{
    (void)argument;
    time_stop_tick();
    while (!stop) {
        uint64_t now = phase;

        if (seen != now) {
            uint32_t a = 0, b, c = 0, d;

            __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");
            seen = now;
        }
        for (unsigned int i = 0; i < CALLS; i++) {
            phase_of_call = phase == now ? now : PATCHED(0);
            ((void (*)(void))(uintptr_t)code)();
            calls++;
        }
    }
}

static void wait_seen(void)
{
    while (seen != phase) {
        __asm__ volatile("pause");
    }
}

int guest_main(void)
{
    uint64_t end = time_now() + PATIENCE, rounds = 0, bad = 0;

    code = memory_page_alloc();
    code[0] = NOP;
    code[1] = RET;
    trap_set_hook(3, count_breakpoint);
    if (pt_set((void *)(uintptr_t)code, memory_va_to_maddr((void *)(uintptr_t)code) | PTE_CODE) != 0 ||
        vcpu_start(1, caller, NULL) != 0) {
        printf("stale_code: this takes two vCPUs\n");
        return 1;
    }
    for (; time_now() < end; rounds++) {
        uint64_t before = stale, start;

        phase = PATCHED(rounds);
        code[0] = INT3;
        wait_seen();
        code[0] = NOP;
        phase = WHOLE(rounds);
        wait_seen();
        start = calls;
        while (calls - start < CALLS_TILL) {
            __asm__ volatile("pause");
        }
        bad += stale != before;
    }
    stop = true;
    vcpu_wait_down(1);
    printf("stale_code: %lu rounds, %lu of them with %lu breakpoints that are in memory no more\n", rounds,
           bad, stale);
    return 0;
}
