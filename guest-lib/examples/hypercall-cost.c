/* SPDX-License-Identifier: MIT */
/*
 * What hypercalls cost: one line of NAME=VALUE for each, the least of several runs' means, in ticks of the
 * TSC.
 *
 * Under QEMU's `-icount shift=0,sleep=off` every instruction takes one nanosecond of virtual time, and the
 * TSC counts a fixed number of ticks for each nanosecond; a loop of known length calibrates that, and the
 * unit is then instructions. Without -icount the same lines are in ticks of the TSC, and only ratios between
 * them mean something.
 *
 * Output: "unit=instructions" or "unit=tsc-ticks", then a line for each hypercall.
 */
#include "guest/guest.h"

#define ROUNDS 5
#define CALLS  1000
/* The calibrating loop: its instructions for each turn, and its turns. */
#define LOOP_LENGTH 2
#define LOOP_TURNS  1000000ul
/* Ticks a thousand instructions take may differ this much between two runs and still be a count. */
#define COUNT_TOLERANCE 5

static uint64_t *scratch_page;

static void cost_nothing(void)
{
    __asm__ volatile("");
}

static void cost_xen_version(void)
{
    hypercall_xen_version(XENVER_version, 0);
}

static void cost_unknown(void)
{
    hypercall(11, 0, 0, 0, 0, 0);
}

static void cost_stack_switch(void)
{
    hypercall_stack_switch(FLAT_KERNEL_SS, HARG(vcpu_current()->entry_stack + VCPU_STACK_SIZE));
}

static void cost_fpu_taskswitch(void)
{
    hypercall_fpu_taskswitch(0);
}

static void cost_set_segment_base(void)
{
    hypercall_set_segment_base(SEGBASE_FS, 0);
}

static void cost_mmu_update(void)
{
    pt_update(pt_entry_maddr(scratch_page, 1), memory_va_to_maddr(scratch_page) | PTE_PAGE);
}

static void cost_update_va_mapping(void)
{
    hypercall_update_va_mapping(HARG(scratch_page), memory_va_to_maddr(scratch_page) | PTE_PAGE, 0);
}

static void cost_update_va_mapping_invlpg(void)
{
    pt_set(scratch_page, memory_va_to_maddr(scratch_page) | PTE_PAGE);
}

static void cost_tlb_flush_local(void)
{
    pt_flush_local();
}

static void cost_event_send(void)
{
    static int port;

    if (port <= 0) {
        port = event_alloc_unbound(DOMID_SELF);
    }
    event_send((evtchn_port_t)port);
}

static void cost_yield(void)
{
    hypercall_sched_op(SCHEDOP_yield, 0);
}

static void cost_multicall_of_8(void)
{
    static struct multicall_entry calls[8];

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        calls[i].op = __HYPERVISOR_xen_version;
        calls[i].args[0] = XENVER_version;
    }
    hypercall_multicall(HARG(calls), ARRAY_SIZE(calls));
}

static void cost_breakpoint(void)
{
    __asm__ volatile("int3" ::: "memory");
}

static void cost_read_cr3(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
}

static void cost_cpuid(void)
{
    uint32_t out[4];

    x86_cpuid_forced(0, 0, out);
}

static const struct {
    const char *name;
    void (*act)(void);
} costs[] = {
    {"nothing", cost_nothing},
    {"xen_version", cost_xen_version},
    {"unknown_number", cost_unknown},
    {"stack_switch", cost_stack_switch},
    {"fpu_taskswitch", cost_fpu_taskswitch},
    {"set_segment_base", cost_set_segment_base},
    {"mmu_update", cost_mmu_update},
    {"update_va_mapping", cost_update_va_mapping},
    {"update_va_mapping_invlpg", cost_update_va_mapping_invlpg},
    {"tlb_flush_local", cost_tlb_flush_local},
    {"event_send", cost_event_send},
    {"sched_yield", cost_yield},
    {"multicall_of_8_xen_version", cost_multicall_of_8},
    {"breakpoint_and_iret", cost_breakpoint},
    {"emulated_read_cr3", cost_read_cr3},
    {"emulated_cpuid", cost_cpuid},
};

static bool ignore_trap(struct trap_frame *frame)
{
    (void)frame;
    return true;
}

static uint64_t measure(void (*act)(void))
{
    uint64_t best = ~0ul;

    for (unsigned int round = 0; round < ROUNDS; round++) {
        uint64_t start = x86_rdtsc(), took;

        for (unsigned int call = 0; call < CALLS; call++) {
            act();
        }
        took = x86_rdtsc() - start;
        best = took < best ? took : best;
    }
    return best;
}

/* Ticks for a thousand turns of a loop of known length. */
static uint64_t measure_loop(void)
{
    uint64_t start = x86_rdtsc();

    __asm__ volatile("mov %0, %%rcx\n1: dec %%rcx\n jnz 1b" ::"r"(LOOP_TURNS) : "rcx", "cc");
    return (x86_rdtsc() - start) / (LOOP_TURNS / 1000);
}

int guest_main(void)
{
    uint64_t one = measure_loop(), two = measure_loop();
    /* Equal to a few parts in a thousand only where time is a count of instructions. */
    uint64_t difference = one > two ? one - two : two - one;
    bool counted = difference <= COUNT_TOLERANCE;
    uint64_t nothing = measure(cost_nothing);

    time_stop_tick();
    scratch_page = memory_page_alloc();
    trap_set_hook(VECTOR_BP, ignore_trap);
    printf("unit=%s\n", counted ? "instructions" : "tsc-ticks");
    printf("ticks_for_1000_instructions=%lu\n", one / LOOP_LENGTH);
    for (unsigned int i = 0; i < ARRAY_SIZE(costs); i++) {
        uint64_t took = measure(costs[i].act);

        took = took > nothing ? took - nothing : 0;
        printf("%s=%lu\n", costs[i].name, counted ? took * LOOP_LENGTH * 1000 / one / CALLS : took / CALLS);
    }
    return 0;
}
