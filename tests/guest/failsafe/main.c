/* SPDX-License-Identifier: MIT */
/* A data selector that has become bad while the vCPU was away: the failsafe callback tells which, and it is NUL. */
#include "guest/test.h"

#define DATA     0x00cff3000000fffful
#define SELECTOR (5 << 3 | 3)

static volatile unsigned int hits;
static volatile bool stop;
static struct trap_frame seen;

static bool note(struct trap_frame *frame)
{
    seen = *frame;
    hits++;
    return true;
}

/* Both vCPUs on one CPU, where the hypervisor lets the guest choose: they take turns there. */
static void share_cpu(int cpu)
{
    struct sched_pin_override pin = {.pcpu = cpu};

    hypercall_sched_op(SCHEDOP_pin_override, HARG(&pin));
}

static void second(void *argument)
{
    (void)argument;
    time_stop_tick();
    share_cpu(0);
    while (!stop) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
    share_cpu(-1);
}

static void wait_for_callback(void)
{
    for (unsigned int i = 0; i < 200 && !hits; i++) {
        time_sleep(TIME_MS);
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
}

static unsigned int read_es(void)
{
    unsigned int es;

    __asm__ volatile("mov %%es, %0" : "=r"(es));
    return es;
}

GUEST_TEST(failsafe)
{
    bool two = vcpu_count() > 1 && vcpu_start(1, second, NULL) == 0;
    uint64_t *page = memory_page_alloc();
    unsigned long frame = memory_va_to_mfn(page);

    page[5] = DATA;
    ASSERT_EQ(pt_protect(page, false), 0);
    ASSERT_EQ(hypercall_set_gdt(HARG(&frame), 16), 0);
    trap_set_hook(ENTRY_FAILSAFE, note);
    share_cpu(0);
    __asm__ volatile("mov %0, %%es" ::"r"(SELECTOR));
    ASSERT_EQ(hypercall_update_descriptor(memory_va_to_maddr(&page[5]), 0), 0);
    wait_for_callback();
    EXPECT_EQ(hits, 1);
    EXPECT_EQ(trap_failsafe_selectors[1] & 0xffff, SELECTOR);
    EXPECT(!trap_from_user(&seen));
    EXPECT_EQ(read_es(), 0);
    share_cpu(-1);
    stop = true;
    if (two) {
        vcpu_wait_down(1);
    }
    trap_set_hook(ENTRY_FAILSAFE, NULL);
    __asm__ volatile("mov %0, %%es" ::"r"(0));
    EXPECT_EQ(hypercall_set_gdt(0, 0), 0);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
