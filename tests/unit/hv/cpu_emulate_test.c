/* SPDX-License-Identifier: MIT */
/* Tests of the emulation of privileged instructions, and of debug registers. */
#include <check.h>
#include <string.h>

#include "core/emulate.h"
#include "cpu_bench.h"
#include "cpu_suites.h"
#include "pvabi/errno.h"

#define FLAG_TF 0x100u
#define GP      13u

START_TEST(forced_cpuid)
{
    struct bench *b = bench_start(false);

    b->regs->rax = 0x40000000;
    b->regs->rcx = 0;
    bench_code(b, "0f0b78656e0fa2");
    bench_exception(b, 6, 0);
    ck_assert_uint_eq(b->regs->rip, BENCH_CODE + 7);
    ck_assert_uint_eq(b->regs->rax, 0x40000005);
    ck_assert_int_eq(memcmp(&b->regs->ebx, "XenV", 4), 0);
    ck_assert_int_eq(memcmp(&b->regs->ecx, "MMXe", 4), 0);
    ck_assert_int_eq(memcmp(&b->regs->edx, "nVMM", 4), 0);
}
END_TEST

START_TEST(forced_cpuid_of_user_and_others)
{
    struct bench *b = bench_start(false);

    bench_to_user(b);
    b->regs->rax = 0x40000001;
    bench_code(b, "0f0b78656e0fa2");
    bench_exception(b, 6, 0);
    ck_assert_uint_eq(b->regs->rax, 0x00040011);
    bench_code(b, "0f0b78656f0fa2");
    bench_exception(b, 6, 0);
    ck_assert(bench_at_handler(b, 6));
}
END_TEST

START_TEST(control_registers)
{
    struct bench *b = bench_start(false);

    ck_assert(bench_run_again(b, "0f20c0")); /* mov %cr0,%rax */
    ck_assert_uint_eq(b->regs->rax, 0x80050033);
    b->regs->rax |= 8;
    ck_assert(bench_run_again(b, "0f22c0"));
    ck_assert(b->v->cpu.ts);
    ck_assert(bench_run_again(b, "0f20c1"));
    ck_assert_uint_eq(b->regs->rcx, 0x8005003b);
    ck_assert(bench_run_again(b, "0f06")); /* clts */
    ck_assert(!b->v->cpu.ts);
    b->regs->rax = 0x80050031;
    ck_assert(!bench_run_again(b, "0f22c0"));
    ck_assert(bench_run_again(b, "0f22d7")); /* mov %rdi,%cr2 */
    ck_assert(bench_run_again(b, "0f20de")); /* mov %cr3,%rsi */
    ck_assert_uint_eq(b->regs->rsi, b->v->mm.kernel_root.n << 12);
    ck_assert(!bench_run_again(b, "440f20c0")); /* cr8 */
}
END_TEST

START_TEST(cr4_is_masked_in_silence)
{
    struct bench *b = bench_start(false);

    b->regs->rax = ~0ull;
    ck_assert(bench_run_again(b, "0f22e0"));
    ck_assert_uint_eq(b->v->cpu.cr4, 0x5000c); /* TSD, DE, FSGSBASE, OSXSAVE */
    ck_assert(bench_run_again(b, "0f20e3"));
    ck_assert_uint_eq(b->regs->rbx, 0x5066c); /* no PGE, whatever the machine has */
}
END_TEST

START_TEST(kernel_only)
{
    static const char *const privileged[] = {"0f20c0", "0f22c0", "0f06",   "0f09", "0f30",  "0f32",
                                             "0f21f0", "0f23f0", "f4",   "0f01f8"};
    struct bench *b = bench_start(false);

    bench_to_user(b);
    ck_assert(!bench_run(b, privileged[_i]));
    ck_assert(bench_at_handler(b, GP));
    ck_assert_uint_eq(b->stack_end[-5], BENCH_USER_CODE);
}
END_TEST

START_TEST(not_emulated_for_anybody)
{
    /* invd, hlt, invlpg, lgdt, lidt, lldt, ltr, swapgs, sysret, rdpmc, mov to cr8 */
    static const char *const refused[] = {"0f08",   "f4",     "0f0138", "0f0110", "0f0118", "0f00d0",
                                          "0f00d8", "0f01f8", "0f07",   "0f33",   "440f22c0"};
    struct bench *b = bench_start(false);

    ck_assert(!bench_run(b, refused[_i]));
    ck_assert(bench_at_handler(b, GP));
}
END_TEST

START_TEST(interrupt_flag)
{
    struct bench *b = bench_start(false);

    ck_assert(!bench_run_again(b, "fa"));
    b->v->cpu.iopl = 1;
    ck_assert(bench_run_again(b, "fa"));
    ck_assert(bench_run_again(b, "fb"));
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 0);
    bench_to_user(b);
    ck_assert(!bench_run(b, "fa"));
}
END_TEST

START_TEST(iopl_by_assist)
{
    struct bench *b = bench_start(false);

    ck_assert(!guest_cpu_iopl_ok(b->v));
    b->d->vm_assist = 1ull << VMASST_TYPE_architectural_iopl;
    ck_assert(guest_cpu_iopl_ok(b->v));
    bench_to_user(b);
    b->v->cpu.iopl = 2;
    ck_assert(!guest_cpu_iopl_ok(b->v));
    b->v->cpu.iopl = 3;
    ck_assert(guest_cpu_iopl_ok(b->v));
}
END_TEST

START_TEST(xcr0)
{
    struct bench *b = bench_start(false);

    b->regs->rcx = 0;
    b->regs->rdx = 0;
    b->regs->rax = 7;
    ck_assert(!bench_run_again(b, "0f01d1")); /* CR4.OSXSAVE is clear */
    b->v->cpu.cr4 = 0x40000;
    ck_assert(bench_run_again(b, "0f01d1"));
    ck_assert_uint_eq(b->v->machine.xcr0, 7);
    ck_assert_uint_eq(b->v->cpu.xcr0, 7);
    for (unsigned int i = 0; i < 5; i++) {
        static const uint32_t bad[] = {0, 6, 5, 0x207, 0xe7};

        b->regs->rax = bad[i];
        ck_assert_msg(!bench_run_again(b, "0f01d1"), "%x", bad[i]);
    }
    b->regs->rax = 7;
    b->regs->rcx = 1;
    ck_assert(!bench_run_again(b, "0f01d1"));
    b->regs->rcx = 0;
    bench_to_user(b);
    ck_assert(!bench_run(b, "0f01d1"));
    ck_assert(bench_at_handler(b, GP));
}
END_TEST

START_TEST(umip)
{
    struct bench *b = bench_start(false);

    if (_i) {
        bench_to_user(b);
    }
    b->regs->rax = ~0ull;
    ck_assert(bench_run_again(b, "660f00c0")); /* sldt ax */
    ck_assert_uint_eq(b->regs->rax, 0xffffffffffff0000);
    ck_assert(bench_run_again(b, "0f00c8")); /* str eax */
    ck_assert_uint_eq(b->regs->rax, 0);
    ck_assert(bench_run_again(b, "0f01e0")); /* smsw eax */
    ck_assert_uint_eq(b->regs->rax & 0x80000001, 0x80000001);
    b->regs->rbx = 0x800000000000;
    ck_assert(!bench_run(b, "0f0103")); /* sgdt (rbx) */
    ck_assert(bench_at_handler(b, GP));
}
END_TEST

START_TEST(time_stamp)
{
    struct bench *b = bench_start(false);

    fake_set_time(0x1234567890);
    b->v->cpu.tsc_aux = 7;
    ck_assert(bench_run_again(b, "0f31"));
    ck_assert(b->regs->rax == 0x34567890 && b->regs->rdx == 0x12);
    ck_assert(bench_run_again(b, "0f01f9"));
    ck_assert_uint_eq(b->regs->rcx, 7);
    bench_to_user(b);
    ck_assert(bench_run_again(b, "0f31"));
    b->v->cpu.cr4 = 4;
    ck_assert(!bench_run(b, "0f31"));
}
END_TEST

/* The first domain drives devices: WBINVD is for it, and does nothing for others; LOCK makes any of these wrong. */
START_TEST(caches_and_locks)
{
    struct bench *b = bench_start(_i);

    ck_assert(bench_run_again(b, "0f09"));
    ck_assert(!bench_run(b, "f00f09"));
    ck_assert(bench_at_handler(b, GP));
}
END_TEST

/* Code is looked for where its segment says, and only if that is code. */
START_TEST(segments_of_code)
{
    struct bench *b = bench_start(false);

    bench_to_user(b);
    b->regs->cs = 0x23; /* 32 bits, flat */
    b->regs->rip = 0xffffffff00000000 | BENCH_USER_CODE;
    bench_code(b, "0fa2");
    b->regs->rax = 0x40000000;
    bench_exception(b, GP, 0);
    ck_assert_uint_eq(b->regs->rip, BENCH_USER_CODE + 2);
    ck_assert_uint_eq(b->regs->rax, 0x40000005);
    b->regs->cs = 0x2b; /* data */
    b->regs->rip = BENCH_USER_CODE;
    bench_exception(b, GP, 0);
    ck_assert(bench_at_handler(b, GP));
    bench_to_user(b);
    b->regs->cs = 0x2b;
    bench_code(b, "0f0b78656e0fa2");
    bench_exception(b, 6, 0);
    ck_assert(bench_at_handler(b, 6));
}
END_TEST

/* The hypervisor's own flat segments have no entry in the guest's table, and 16-bit code is not read. */
START_TEST(flat_and_narrow_segments)
{
    struct bench *b = bench_start(false);

    bench_to_user(b);
    b->regs->cs = FLAT_RING3_CS32;
    ck_assert(bench_run_again(b, "0fa2"));
    b->regs->cs = FLAT_RING3_SS32;
    ck_assert(!bench_run_again(b, "0fa2"));
    bench_to_user(b);
    fake_poke(b->v->cpu.gdt_frames[0], 8, 0x008ffb000000ffff); /* neither L nor D */
    b->regs->cs = 8 << 3 | 3;
    ck_assert(!bench_run(b, "0fa2"));
    ck_assert(bench_at_handler(b, GP));
}
END_TEST

START_TEST(single_step)
{
    struct bench *b = bench_start(false);

    b->regs->rflags |= FLAG_TF;
    bench_code(b, "0f06");
    bench_exception(b, GP, 0);
    ck_assert(bench_at_handler(b, 1));
    ck_assert_uint_eq(b->v->cpu.dr[6], 0xffff4ff0);
}
END_TEST

START_TEST(debug_registers)
{
    struct bench *b = bench_start(false);
    uint64_t value;

    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 0, 0xffff800000000000), -XEN_EPERM);
    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 3, 0x1000), 0);
    ck_assert_int_eq(guest_cpu_get_debugreg(b->v, 3, &value), 0);
    ck_assert_uint_eq(value, 0x1000);
    ck_assert_uint_ne(b->v->machine.dr[3], 0x1000); /* nothing is enabled */
    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 7, 0x2000), -XEN_EPERM);
    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 7, 1ull << 32), -XEN_EINVAL);
    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 6, 1ull << 32), -XEN_EINVAL);
    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 7, 0x20000 | 1),
                     -XEN_EPERM); /* an I/O breakpoint without CR4.DE */
    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 7, 0x40), 0);
    ck_assert_uint_eq(b->v->machine.dr[3], 0x1000);
    ck_assert_uint_eq(b->v->machine.dr[7], 0x440);
    ck_assert_int_eq(guest_cpu_get_debugreg(b->v, 5, &value), 0);
    ck_assert_uint_eq(value, 0x440);
    b->v->cpu.cr4 = 8;
    ck_assert_int_eq(guest_cpu_get_debugreg(b->v, 5, &value), -XEN_ENODEV);
    ck_assert_int_eq(guest_cpu_get_debugreg(b->v, 8, &value), -XEN_ENODEV);
    b->regs->rax = 0x2000;
    ck_assert(bench_run_again(b, "0f23c0")); /* mov %rax,%db0 */
    ck_assert(bench_run_again(b, "0f21c1"));
    ck_assert_uint_eq(b->regs->rcx, 0x2000);
}
END_TEST

TCase *cpu_emulate_tests(void)
{
    TCase *tests = tcase_create("emulate");

    tcase_add_test(tests, forced_cpuid);
    tcase_add_test(tests, forced_cpuid_of_user_and_others);
    tcase_add_test(tests, control_registers);
    tcase_add_test(tests, cr4_is_masked_in_silence);
    tcase_add_loop_test(tests, kernel_only, 0, 10);
    tcase_add_loop_test(tests, not_emulated_for_anybody, 0, 11);
    tcase_add_test(tests, interrupt_flag);
    tcase_add_test(tests, iopl_by_assist);
    tcase_add_test(tests, xcr0);
    tcase_add_loop_test(tests, umip, 0, 2);
    tcase_add_test(tests, time_stamp);
    tcase_add_test(tests, single_step);
    tcase_add_loop_test(tests, caches_and_locks, 0, 2);
    tcase_add_test(tests, segments_of_code);
    tcase_add_test(tests, flat_and_narrow_segments);
    tcase_add_test(tests, debug_registers);
    return tests;
}
