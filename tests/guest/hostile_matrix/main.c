/* SPDX-License-Identifier: MIT */
/*
 * Every hypercall of the list with bad arguments in every place: pointers that are not canonical, the
 * hypervisor's, not mapped, unaligned, at the ends of the address space; lengths that overflow; wrong commands.
 * Whatever it answers, the guest goes on, and its memory is as it was.
 */
#include "guest/test.h"

#define CANARY   0x5ca1ab1e0ddba11ul
#define COMMANDS 40

static const unsigned long bad_words[] = {
    0,
    1,
    7,
    0x00007ffffffffffful, /* the last byte of the lower half */
    0x0000800000000000ul, /* the first that is not canonical */
    0x7ffffffffffffffful,
    0xffff7ffffffffffful,
    HYPERVISOR_VIRT_START,
    HYPERVISOR_VIRT_START + 0xfff,
    HYPERVISOR_VIRT_END - 1,
    0x80000000ul,
    0xfffffffful,
    0x100000000ul,
    ~0ul,
    ~0ul - 6,
    -4096ul,
};

/* What such a call would do rightly, and end the test: stop, block, give up the vCPU or the console. */
static bool is_too_right(unsigned long number, unsigned long command)
{
    switch (number) {
    case __HYPERVISOR_iret:              /* goes elsewhere: crash_iret_* */
    case __HYPERVISOR_set_trap_table:    /* 0 takes all handlers away */
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_set_gdt:           /* no frames: no descriptors */
    case __HYPERVISOR_set_segment_base:
    case __HYPERVISOR_stack_switch:
    case __HYPERVISOR_vm_assist:
        return true;
    case __HYPERVISOR_sched_op:
        return (uint32_t)command == SCHEDOP_block;
    case __HYPERVISOR_sched_op_compat:
        return (uint32_t)command == SCHEDOP_block || (uint32_t)command == SCHEDOP_shutdown;
    case __HYPERVISOR_vcpu_op:
        return (uint32_t)command == VCPUOP_down || (uint32_t)command == VCPUOP_send_nmi;
    case __HYPERVISOR_update_va_mapping: /* a bad address is no pointer: update_va_mapping */
    case __HYPERVISOR_update_va_mapping_otherdomain:
    case __HYPERVISOR_set_debugreg:
        return true;
    default:
        return false;
    }
}

/* Calls whose first argument is the pointer or word itself, not a command. */
static bool has_command(unsigned long number)
{
    switch (number) {
    case __HYPERVISOR_mmu_update:
    case __HYPERVISOR_mmuext_op:
    case __HYPERVISOR_multicall:
    case __HYPERVISOR_platform_op:
    case __HYPERVISOR_event_channel_op_compat:
    case __HYPERVISOR_physdev_op_compat:
    case __HYPERVISOR_sysctl:
    case __HYPERVISOR_domctl:
        return false;
    default:
        return true;
    }
}

static unsigned long calls;

static void try(unsigned long number, unsigned long a, unsigned long b, unsigned long c)
{
    if (!is_too_right(number, a)) {
        hypercall(number, a, b, c, ~0ul, ~0ul);
        calls++;
    }
}

/* One bad word in the place of the pointer, with counts small and huge. */
static void try_words(unsigned long number, unsigned long command)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(bad_words); i++) {
        unsigned long word = bad_words[i];

        if (has_command(number)) {
            try(number, command, word, 1);
            try(number, command, word, 0x7fffffff);
            try(number, command, 0, word);
        } else {
            try(number, word, 1, 0);
            try(number, word, 0x7fffffff, 0);
            try(number, word, ~0ul, word);
        }
    }
}

static void try_number(unsigned long number)
{
    for (unsigned long command = 0; command < (has_command(number) ? COMMANDS : 1); command++) {
        try_words(number, command);
    }
    try_words(number, ~0ul);
    try_words(number, 1ul << 31);
}

GUEST_TEST(hostile_matrix)
{
    static const unsigned long numbers[] = {
#define PVABI_HYPERCALL(number, name, argument_count, who, preempt) number,
#include "pvabi/hypercall-list.h"
#undef PVABI_HYPERCALL
        11, 27, 31, 34, 37, 38, 39, 40, 41, 42, 48, 49, 55, 56, 63, 64, 0xfffffffful, ~0ul};
    uint64_t *page = memory_page_alloc();

    for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*page); i++) {
        page[i] = CANARY ^ i;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
        try_number(numbers[i]);
    }
    EXPECT(calls > 10000);
    for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*page); i++) {
        ASSERT_EQ(page[i], CANARY ^ i);
    }
    EXPECT_EQ(hypercall_xen_version(XENVER_version, 0), 4 << 16 | 17);
    time_sleep(TIME_MS);
    memory_page_free(page);
}
