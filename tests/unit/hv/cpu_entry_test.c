/* SPDX-License-Identifier: MIT */
/* Tests of the ways into a guest's kernel and back: frames word by word, rights of software interrupts, iret. */
#include <check.h>
#include <string.h>

#include "cpu_bench.h"
#include "cpu_suites.h"
#include "hypercall/hypercall.h"

#define FLAG_IF 0x200u
#define FLAG_TF 0x100u
#define FLAG_DF 0x400u

/* Compares the words from rsp on. */
static void check_frame(const struct bench *b, const uint64_t *words, unsigned int count)
{
    const uint64_t *at = b->stack_end - (BENCH_STACK - b->regs->rsp) / 8;

    for (unsigned int i = 0; i < count; i++) {
        ck_assert_msg(at[i] == words[i], "word %u is %lx, not %lx", i, at[i], words[i]);
    }
}

#define CHECK_FRAME(b, ...)                                                                                  \
    do {                                                                                                     \
        const uint64_t words_[] = {__VA_ARGS__};                                                             \
        check_frame((b), words_, ARRAY_SIZE(words_));                                                        \
    } while (0)

START_TEST(trap_from_kernel)
{
    struct bench *b = bench_start(false);

    b->regs->rsp -= 8; /* not aligned to 16 */
    b->regs->rflags |= FLAG_TF | FLAG_DF | 0x3000;
    bench_exception(b, 0, 0);
    ck_assert(bench_at_handler(b, 0));
    ck_assert_uint_eq(b->regs->rsp, ((BENCH_STACK - 0x108) & ~15ull) - 7 * 8);
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_CODE, 0x10, 0x2 | FLAG_TF | FLAG_DF | FLAG_IF, BENCH_STACK - 0x108,
                0x1b);
    ck_assert_uint_eq(b->regs->cs, FLAT_KERNEL_CS64);
    ck_assert_uint_eq(b->regs->ss, FLAT_KERNEL_SS64);
    ck_assert_uint_eq(b->regs->rflags & (FLAG_TF | FLAG_DF), FLAG_DF);
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 0);
    ck_assert_uint_eq(b->v->cpu.bounce.address, 0);
}
END_TEST

START_TEST(trap_with_error_code)
{
    struct bench *b = bench_start(false);

    b->v->cpu.traps[13].flags = 4;
    b->v->evtchn.info->evtchn_upcall_mask = 1;
    bench_exception(b, 13, 0x18);
    ck_assert(bench_at_handler(b, 13));
    /* Events were masked before: the frame's IF is clear, and the mask stands beside CS. */
    CHECK_FRAME(b, 0xc0c0, 0x1111, 0x18, BENCH_CODE, 0x10 | 1ull << 32, 0x2, BENCH_STACK - 0x100, 0x1b);
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 1);
}
END_TEST

START_TEST(trap_masks_events)
{
    struct bench *b = bench_start(false);

    b->v->cpu.traps[6].flags = 4;
    bench_exception(b, 6, 0);
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 1);
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_CODE, 0x10, 0x2 | FLAG_IF);
}
END_TEST

START_TEST(trap_from_user)
{
    struct bench *b = bench_start(false);

    port_set_gs_base(0xaaaa);
    port_set_gs_base_other(0xbbbb);
    bench_to_user(b);
    ck_assert_uint_eq(port_gs_base(), 0xbbbb);
    bench_exception(b, 0, 0);
    ck_assert(bench_at_handler(b, 0));
    ck_assert(b->v->cpu.kernel_mode);
    ck_assert_uint_eq(port_gs_base(), 0xaaaa);
    ck_assert_uint_eq(b->regs->rsp, BENCH_STACK - 7 * 8);
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_USER_CODE, 0x33, 0x2 | FLAG_IF, BENCH_USER_STACK - 0x108, 0x2b);
}
END_TEST

START_TEST(virtual_iopl_in_frames)
{
    struct bench *b = bench_start(false);

    b->d->vm_assist = 1ull << VMASST_TYPE_architectural_iopl;
    b->v->cpu.iopl = 2;
    bench_exception(b, 0, 0);
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_CODE, 0x10, 0x2 | FLAG_IF | 0x2000);
}
END_TEST

START_TEST(page_fault_of_kernel_and_user)
{
    struct bench *b = bench_start(false);

    guest_cpu_inject_page_fault(b->v, 0x123456, 7);
    guest_cpu_deliver(b->v, b->regs);
    CHECK_FRAME(b, 0xc0c0, 0x1111, 3, BENCH_CODE);
    ck_assert_uint_eq(b->v->evtchn.info->arch.cr2, 0x123456);
    ck_assert_uint_eq(b->v->cpu.cr2, 0x123456);
    bench_to_user(b);
    guest_cpu_inject_page_fault(b->v, 0x1000, 0x10);
    guest_cpu_deliver(b->v, b->regs);
    CHECK_FRAME(b, 0xc0c0, 0x1111, 0x14, BENCH_USER_CODE);
}
END_TEST

START_TEST(no_handler)
{
    struct bench *b = bench_start(false);

    b->v->cpu.traps[6].address = 0;
    bench_code(b, "0f0b");
    bench_exception(b, 6, 0);
    ck_assert(bench_crashed(b));
    ck_assert_ptr_nonnull(strstr(fake_console(), "no handler for exception 6"));
    ck_assert_uint_eq(b->regs->rip, BENCH_CODE);
}
END_TEST

START_TEST(bad_stacks)
{
    static const uint64_t stacks[] = {0, 0x500000, 0xffff800000001000, 0x0000900000000000,
                                      BENCH_STACK - PAGE_SIZE + 0x20};
    struct bench *b = bench_start(false);

    b->regs->rsp = stacks[_i];
    bench_exception(b, 0, 0);
    ck_assert(bench_crashed(b));
    ck_assert_ptr_nonnull(strstr(fake_console(), "stack"));
}
END_TEST

START_TEST(event_after_trap)
{
    struct bench *b = bench_start(false);

    b->v->evtchn.info->evtchn_upcall_pending = 1;
    bench_exception(b, 0, 0);
    /* The trap's frame first, then the event interrupts its handler. */
    ck_assert(bench_at_handler(b, 0x1000));
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 1);
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_pending, 1);
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_HANDLER, FLAT_KERNEL_CS64 & 0xfffc, 0x2 | FLAG_IF);
}
END_TEST

START_TEST(event_masked)
{
    struct bench *b = bench_start(false);

    b->v->evtchn.info->evtchn_upcall_pending = 1;
    b->v->evtchn.info->evtchn_upcall_mask = 1;
    guest_cpu_deliver(b->v, b->regs);
    ck_assert_uint_eq(b->regs->rip, BENCH_CODE);
}
END_TEST

START_TEST(event_without_callback)
{
    struct bench *b = bench_start(false);

    b->v->cpu.event.address = 0;
    b->v->evtchn.info->evtchn_upcall_pending = 1;
    guest_cpu_deliver(b->v, b->regs);
    ck_assert(bench_crashed(b));
}
END_TEST

/* An upcall to BENCH_CODE and the iret from its handler, with the next event behind it; whether that comes. */
static bool upcall_behind_upcall(struct bench *b, uint64_t rip)
{
    struct iret_context frame = {
        .rip = rip, .cs = 0x10, .rflags = FLAG_IF, .rsp = BENCH_STACK - 0x80, .ss = 0x18};

    b->v->evtchn.info->evtchn_upcall_pending = 1;
    memcpy(b->data, &frame, sizeof(frame));
    b->regs->rsp = BENCH_DATA;
    guest_cpu_iret(b->v, b->regs);
    ck_assert(guest_cpu_deliver(b->v, b->regs));
    return bench_at_handler(b, 0x1000);
}

START_TEST(upcalls_in_place_are_held)
{
    struct bench *b = bench_start(false);
    unsigned int turns = 0;

    while (turns < 1000 && upcall_behind_upcall(b, BENCH_CODE)) {
        turns++;
    }
    ck_assert_uint_gt(turns, 4);
    ck_assert_uint_lt(turns, 100);
    /* The guest is where it was, the event still waits, and a timer will end that. */
    ck_assert_uint_eq(b->regs->rip, BENCH_CODE);
    ck_assert_uint_eq(b->regs->rsp, BENCH_STACK - 0x80);
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 0);
    ck_assert(timer_is_set(&b->v->timers.upcall));
    /* Any entry delivers it. */
    ck_assert(guest_cpu_deliver(b->v, b->regs));
    ck_assert(bench_at_handler(b, 0x1000));
}
END_TEST

START_TEST(upcalls_with_progress_are_not_held)
{
    struct bench *b = bench_start(false);

    for (unsigned int i = 0; i < 1000; i++) {
        ck_assert(upcall_behind_upcall(b, BENCH_CODE + i % 2));
    }
    /* One place, but the guest ran there before each. */
    for (unsigned int i = 0; i < 1000; i++) {
        b->regs->rip = BENCH_CODE;
        b->regs->rsp = BENCH_STACK - 0x80;
        b->v->evtchn.info->evtchn_upcall_mask = 0;
        ck_assert(guest_cpu_deliver(b->v, b->regs));
        ck_assert(bench_at_handler(b, 0x1000));
    }
    ck_assert(!timer_is_set(&b->v->timers.upcall));
}
END_TEST

START_TEST(nmi_until_iret)
{
    struct bench *b = bench_start(false);
    struct iret_context frame = {
        .rip = BENCH_CODE, .cs = 0x10, .rflags = FLAG_IF, .rsp = BENCH_STACK - 0x80, .ss = 0x18};

    b->v->cpu.nmi_pending = true;
    guest_cpu_deliver(b->v, b->regs);
    ck_assert(bench_at_handler(b, 2));
    ck_assert(b->v->cpu.nmi_masked && !b->v->cpu.nmi_pending);
    b->v->cpu.nmi_pending = true;
    guest_cpu_deliver(b->v, b->regs);
    ck_assert_uint_eq(b->regs->rsp, BENCH_STACK - 0x100 - 7 * 8);
    memcpy(b->data, &frame, sizeof(frame));
    b->regs->rsp = BENCH_DATA;
    guest_cpu_iret(b->v, b->regs);
    guest_cpu_deliver(b->v, b->regs);
    ck_assert(bench_at_handler(b, 2));
    ck_assert_uint_eq(b->regs->rsp, BENCH_STACK - 0x80 - 7 * 8);
}
END_TEST

START_TEST(system_call)
{
    struct bench *b = bench_start(false);

    bench_to_user(b);
    b->regs->rip = BENCH_USER_CODE + 2;
    b->regs->rcx = BENCH_USER_CODE + 2;
    b->regs->r11 = b->regs->rflags |= FLAG_DF;
    guest_cpu_syscall(b->v, b->regs);
    guest_cpu_deliver(b->v, b->regs);
    ck_assert_uint_eq(b->regs->rip, BENCH_HANDLER + 0x1002);
    ck_assert_uint_eq(b->regs->rflags & FLAG_DF, 0);
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 1);
    CHECK_FRAME(b, BENCH_USER_CODE + 2, 0x602, BENCH_USER_CODE + 2, 0x33, 0x602, BENCH_USER_STACK - 0x108,
                0x2b);
}
END_TEST

START_TEST(system_calls_unregistered)
{
    struct bench *b = bench_start(false);

    b->v->cpu.syscall.address = b->v->cpu.syscall32.address = b->v->cpu.sysenter.address = 0;
    bench_to_user(b);
    b->regs->rip = BENCH_USER_CODE + 2;
    guest_cpu_syscall(b->v, b->regs);
    guest_cpu_deliver(b->v, b->regs);
    ck_assert(bench_at_handler(b, 6));
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_USER_CODE);
    bench_to_user(b);
    guest_cpu_sysenter(b->v, b->regs);
    guest_cpu_deliver(b->v, b->regs);
    ck_assert(bench_at_handler(b, 13));
    CHECK_FRAME(b, 0xc0c0, 0x1111, 0, BENCH_USER_CODE);
}
END_TEST

START_TEST(failsafe)
{
    struct bench *b = bench_start(false);

    b->v->cpu.ds = 0x2b;
    b->v->cpu.es = 0x2c;
    b->v->cpu.fs = 0x2d;
    b->v->cpu.gs = 0x2e;
    b->v->cpu.selectors_bad = true;
    guest_cpu_deliver(b->v, b->regs);
    ck_assert_uint_eq(b->regs->rip, BENCH_HANDLER + 0x1001);
    CHECK_FRAME(b, 0xc0c0, 0x1111, 0x2b, 0x2c, 0x2d, 0x2e, BENCH_CODE, 0x10, 0x2 | FLAG_IF,
                BENCH_STACK - 0x100, 0x1b);
    ck_assert(!b->v->cpu.selectors_bad);
    b->v->cpu.selectors_bad = true;
    b->v->cpu.failsafe.address = 0;
    guest_cpu_deliver(b->v, b->regs);
    ck_assert(bench_crashed(b));
}
END_TEST

static const uint64_t *stack_at(const struct bench *b, uint64_t address)
{
    return b->stack_end - (BENCH_STACK - address) / 8;
}

START_TEST(failsafe_comes_after_a_trap_and_before_an_event)
{
    struct bench *b = bench_start(false);
    const uint64_t *frame;

    b->v->cpu.selectors_bad = true;
    b->v->evtchn.info->evtchn_upcall_pending = 1;
    guest_cpu_inject_trap(b->v, 6, 0, false);
    guest_cpu_deliver(b->v, b->regs);
    /* The event's handler runs first and returns to the failsafe's, that to the trap's. */
    frame = stack_at(b, b->regs->rsp);
    ck_assert_uint_eq(frame[2], BENCH_HANDLER + 0x1001);
    frame = stack_at(b, frame[5]);
    ck_assert_uint_eq(frame[6], BENCH_HANDLER + 6);
}
END_TEST

/* The list ends there: the frame's registers stay, no result is written, and what follows is not run. */
START_TEST(iret_in_multicall)
{
    struct bench *b = bench_start(false);
    struct iret_context frame = {.rax = 7, .rip = BENCH_USER_CODE, .cs = 0x33, .rsp = 0x7000, .ss = 0x2b};
    struct multicall_entry calls[] = {
        {.op = __HYPERVISOR_iret, .result = 0x1234},
        {.op = __HYPERVISOR_multicall, .result = 0x5678},
    };
    struct multicall_entry *list = (struct multicall_entry *)(void *)(b->data + 0x100);
    struct hypercall_args args = {{BENCH_DATA + 0x100, ARRAY_SIZE(calls)}};

    memcpy(b->data, &frame, sizeof(frame));
    memcpy(list, calls, sizeof(calls));
    b->regs->rsp = BENCH_DATA;
    ck_assert_int_eq(hypercall_multicall(&args), HYPERCALL_IRET_DONE);
    ck_assert(!b->v->cpu.kernel_mode && b->regs->rip == BENCH_USER_CODE && b->regs->rax == 7);
    ck_assert(list[0].result == 0x1234 && list[1].result == 0x5678);
}
END_TEST

START_TEST(iret_in_multicall_without_frame)
{
    struct bench *b = bench_start(false);
    struct multicall_entry call = {.op = __HYPERVISOR_iret};
    struct hypercall_args args = {{BENCH_DATA, 1}};

    memcpy(b->data, &call, sizeof(call));
    b->regs->rsp = 0x123000;
    ck_assert_int_eq(hypercall_multicall(&args), HYPERCALL_IRET_DONE);
    ck_assert(bench_crashed(b));
}
END_TEST

START_TEST(iret_to_user)
{
    struct bench *b = bench_start(false);
    struct iret_context frame = {
        .rax = 1,
        .r11 = 2,
        .rcx = 3,
        .rip = BENCH_USER_CODE,
        .cs = 0x33,
        .rflags = 0x3000 | 0x20000 | FLAG_TF,
        .rsp = 0x7000,
        .ss = 0x2b,
    };

    memcpy(b->data, &frame, sizeof(frame));
    b->regs->rsp = BENCH_DATA;
    guest_cpu_iret(b->v, b->regs);
    ck_assert(!b->v->cpu.kernel_mode && !bench_crashed(b));
    ck_assert(b->regs->rax == 1 && b->regs->r11 == 2 && b->regs->rcx == 3 && b->regs->rsp == 0x7000);
    ck_assert_uint_eq(b->regs->rip, BENCH_USER_CODE);
    ck_assert_uint_eq(b->regs->rflags, FLAG_IF | FLAG_TF | 2);
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 1); /* the frame's IF was clear */
    ck_assert_uint_eq(b->v->cpu.iopl, 0);
}
END_TEST

START_TEST(iret_to_kernel)
{
    struct bench *b = bench_start(false);
    struct iret_context frame = {
        .r11 = 2,
        .rcx = 3,
        .flags = VGCF_in_syscall,
        .rip = BENCH_CODE,
        .cs = 0x10,
        .rflags = FLAG_IF | 0x1000,
        .rsp = 0x8000,
        .ss = 0x18,
    };

    b->d->vm_assist = 1ull << VMASST_TYPE_architectural_iopl;
    b->v->evtchn.info->evtchn_upcall_mask = 1;
    memcpy(b->data, &frame, sizeof(frame));
    b->regs->rsp = BENCH_DATA;
    guest_cpu_iret(b->v, b->regs);
    ck_assert(b->v->cpu.kernel_mode);
    ck_assert(b->regs->r11 == 0x1111 && b->regs->rcx == 0xc0c0);
    ck_assert_uint_eq(b->regs->cs, 0x13);
    ck_assert_uint_eq(b->regs->ss, 0x1b);
    ck_assert_uint_eq(b->v->cpu.iopl, 1);
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 0);
}
END_TEST

START_TEST(iret_refused)
{
    struct bench *b = bench_start(false);
    struct iret_context frame = {.rip = BENCH_USER_CODE, .cs = 0x33};

    memcpy(b->data, &frame, sizeof(frame));
    if (_i == 0) {
        b->regs->rsp = 0x500000;
    } else {
        b->regs->rsp = BENCH_DATA;
        b->v->mm.user_root = MFN_INVALID;
    }
    guest_cpu_iret(b->v, b->regs);
    ck_assert(bench_crashed(b));
    ck_assert(b->v->cpu.kernel_mode);
}
END_TEST

START_TEST(software_interrupts)
{
    struct bench *b = bench_start(false);

    b->v->cpu.traps[0x80].flags = 3;
    bench_to_user(b);
    bench_code(b, "cd80");
    bench_exception(b, 13, 0x80 << 3 | 2);
    ck_assert(bench_at_handler(b, 0x80));
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_USER_CODE + 2);
    /* An emulator's error code, and a prefix that makes the instruction longer. */
    bench_to_user(b);
    bench_code(b, "66cd80");
    bench_exception(b, 13, 0x80 << 4 | 2);
    ck_assert(bench_at_handler(b, 0x80));
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_USER_CODE + 3);
    /* No right: #GP at the instruction. */
    bench_to_user(b);
    bench_code(b, "cd21");
    bench_exception(b, 13, 0x21 << 4 | 2);
    ck_assert(bench_at_handler(b, 13));
    CHECK_FRAME(b, 0xc0c0, 0x1111, 0x21 << 3 | 2, BENCH_USER_CODE);
}
END_TEST

/* For gates, the guest's kernel counts as ring 1. */
START_TEST(software_interrupts_of_kernel)
{
    struct bench *b = bench_start(false);

    b->v->cpu.traps[0x30].flags = (uint8_t)_i;
    bench_code(b, "cd30");
    bench_exception(b, 13, 0x30 << 3 | 2);
    ck_assert(bench_at_handler(b, _i >= 1 ? 0x30 : 13));
}
END_TEST

START_TEST(gate_of_the_machine)
{
    struct bench *b = bench_start(false);

    bench_to_user(b);
    b->regs->rip += 2;
    bench_exception(b, 0x80, 0);
    ck_assert(bench_at_handler(b, 0x80)); /* whatever its privilege */
    CHECK_FRAME(b, 0xc0c0, 0x1111, BENCH_USER_CODE + 2);
    b->v->cpu.traps[0x80].address = 0;
    bench_to_user(b);
    b->regs->rip += 2;
    bench_exception(b, 0x80, 0);
    ck_assert(bench_at_handler(b, 13));
    CHECK_FRAME(b, 0xc0c0, 0x1111, 0x80 << 3 | 2, BENCH_USER_CODE);
}
END_TEST

START_TEST(breakpoint_needs_no_right)
{
    struct bench *b = bench_start(false);

    bench_to_user(b);
    bench_exception(b, 3, 0);
    ck_assert(bench_at_handler(b, 3));
}
END_TEST

START_TEST(no_device_clears_ts)
{
    struct bench *b = bench_start(false);

    guest_cpu_set_ts(b->v, true);
    ck_assert(b->v->machine.ts);
    bench_exception(b, 7, 0);
    ck_assert(bench_at_handler(b, 7));
    ck_assert(!b->v->cpu.ts && !b->v->machine.ts);
    /* Without the guest's TS it is none of its business. */
    b->regs->rip = BENCH_CODE;
    bench_exception(b, 7, 0);
    ck_assert_uint_eq(b->regs->rip, BENCH_CODE);
}
END_TEST

START_TEST(debug_status_merges)
{
    struct bench *b = bench_start(false);

    b->v->cpu.dr[6] = 0xffff0ff1;
    port_write_dr(6, 0xffff4ff0);
    bench_exception(b, 1, 0);
    ck_assert(bench_at_handler(b, 1));
    ck_assert_uint_eq(b->v->cpu.dr[6], 0xffff4ff1);
    ck_assert_uint_eq(port_read_dr(6), 0xffff0ff0);
}
END_TEST

START_TEST(window_faults)
{
    struct bench *b = bench_start(false);

    guest_cpu_window_fault(b->v, b->regs, false, 0x4b);
    guest_cpu_deliver(b->v, b->regs);
    ck_assert(bench_at_handler(b, 13));
    CHECK_FRAME(b, 0xc0c0, 0x1111, 0x48);
    b->v->cpu.ldt_base = guest_va(0x10000000);
    b->v->cpu.ldt_entries = 1;
    b->regs->error_code = 0;
    guest_cpu_window_fault(b->v, b->regs, true, 0x1008);
    guest_cpu_deliver(b->v, b->regs);
    ck_assert(bench_at_handler(b, 14));
    ck_assert_uint_eq(b->v->cpu.cr2, 0x10001008);
}
END_TEST

TCase *cpu_entry_tests(void)
{
    TCase *tests = tcase_create("entry");

    tcase_add_test(tests, trap_from_kernel);
    tcase_add_test(tests, trap_with_error_code);
    tcase_add_test(tests, trap_masks_events);
    tcase_add_test(tests, trap_from_user);
    tcase_add_test(tests, virtual_iopl_in_frames);
    tcase_add_test(tests, page_fault_of_kernel_and_user);
    tcase_add_test(tests, no_handler);
    tcase_add_loop_test(tests, bad_stacks, 0, 5);
    tcase_add_test(tests, event_after_trap);
    tcase_add_test(tests, event_masked);
    tcase_add_test(tests, event_without_callback);
    tcase_add_test(tests, upcalls_in_place_are_held);
    tcase_add_test(tests, upcalls_with_progress_are_not_held);
    tcase_add_test(tests, nmi_until_iret);
    tcase_add_test(tests, system_call);
    tcase_add_test(tests, system_calls_unregistered);
    tcase_add_test(tests, failsafe);
    tcase_add_test(tests, failsafe_comes_after_a_trap_and_before_an_event);
    tcase_add_test(tests, iret_to_user);
    tcase_add_test(tests, iret_in_multicall);
    tcase_add_test(tests, iret_in_multicall_without_frame);
    tcase_add_test(tests, iret_to_kernel);
    tcase_add_loop_test(tests, iret_refused, 0, 2);
    tcase_add_test(tests, software_interrupts);
    tcase_add_loop_test(tests, software_interrupts_of_kernel, 0, 4);
    tcase_add_test(tests, gate_of_the_machine);
    tcase_add_test(tests, breakpoint_needs_no_right);
    tcase_add_test(tests, no_device_clears_ts);
    tcase_add_test(tests, debug_status_merges);
    tcase_add_test(tests, window_faults);
    return tests;
}
