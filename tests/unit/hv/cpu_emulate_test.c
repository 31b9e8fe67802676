/* SPDX-License-Identifier: MIT */
/* Tests of the emulation of privileged instructions and I/O ports, and of debug registers. */
#include <check.h>
#include <string.h>

#include "core/emulate.h"
#include "cpu_bench.h"
#include "cpu_suites.h"
#include "pvabi/errno.h"

#define FLAG_TF 0x100u
#define GP      13u

/* Runs one privileged instruction; true if it was emulated and rip is behind it. */
static bool run(struct bench *b, const char *hex)
{
    uint64_t rip = b->regs->rip;

    bench_code(b, hex);
    bench_exception(b, GP, 0);
    return b->regs->rip == rip + strlen(hex) / 2;
}

/* Runs it and goes back, so that the next one starts where it did. */
static bool run_again(struct bench *b, const char *hex)
{
    uint64_t rip = b->regs->rip, rsp = b->regs->rsp;
    bool done = run(b, hex);

    b->regs->rip = rip;
    b->regs->rsp = rsp;
    return done;
}

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

    ck_assert(run_again(b, "0f20c0")); /* mov %cr0,%rax */
    ck_assert_uint_eq(b->regs->rax, 0x80050033);
    b->regs->rax |= 8;
    ck_assert(run_again(b, "0f22c0"));
    ck_assert(b->v->cpu.ts);
    ck_assert(run_again(b, "0f20c1"));
    ck_assert_uint_eq(b->regs->rcx, 0x8005003b);
    ck_assert(run_again(b, "0f06")); /* clts */
    ck_assert(!b->v->cpu.ts);
    b->regs->rax = 0x80050031;
    ck_assert(!run_again(b, "0f22c0"));
    ck_assert(run_again(b, "0f22d7")); /* mov %rdi,%cr2 */
    ck_assert(run_again(b, "0f20de")); /* mov %cr3,%rsi */
    ck_assert_uint_eq(b->regs->rsi, b->v->mm.kernel_root.n << 12);
    ck_assert(!run_again(b, "440f20c0")); /* cr8 */
}
END_TEST

START_TEST(cr4_is_masked_in_silence)
{
    struct bench *b = bench_start(false);

    b->regs->rax = ~0ull;
    ck_assert(run_again(b, "0f22e0"));
    ck_assert_uint_eq(b->v->cpu.cr4, 0x5000c); /* TSD, DE, FSGSBASE, OSXSAVE */
    ck_assert(run_again(b, "0f20e3"));
    ck_assert_uint_eq(b->regs->rbx, 0x5066c); /* no PGE, whatever the machine has */
}
END_TEST

START_TEST(kernel_only)
{
    static const char *const privileged[] = {"0f20c0", "0f22c0", "0f06",   "0f09", "0f30",  "0f32",
                                             "0f21f0", "0f23f0", "0f01d1", "f4",   "0f01f8"};
    struct bench *b = bench_start(false);

    bench_to_user(b);
    ck_assert(!run(b, privileged[_i]));
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

    ck_assert(!run(b, refused[_i]));
    ck_assert(bench_at_handler(b, GP));
}
END_TEST

START_TEST(interrupt_flag)
{
    struct bench *b = bench_start(false);

    ck_assert(!run_again(b, "fa"));
    b->v->cpu.iopl = 1;
    ck_assert(run_again(b, "fa"));
    ck_assert(run_again(b, "fb"));
    ck_assert_uint_eq(b->v->evtchn.info->evtchn_upcall_mask, 0);
    bench_to_user(b);
    ck_assert(!run(b, "fa"));
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
    ck_assert(!run_again(b, "0f01d1")); /* CR4.OSXSAVE is clear */
    b->v->cpu.cr4 = 0x40000;
    ck_assert(run_again(b, "0f01d1"));
    ck_assert_uint_eq(b->v->machine.xcr0, 7);
    ck_assert_uint_eq(b->v->cpu.xcr0, 7);
    for (unsigned int i = 0; i < 5; i++) {
        static const uint32_t bad[] = {0, 6, 5, 0x207, 0xe7};

        b->regs->rax = bad[i];
        ck_assert_msg(!run_again(b, "0f01d1"), "%x", bad[i]);
    }
    b->regs->rax = 7;
    b->regs->rcx = 1;
    ck_assert(!run_again(b, "0f01d1"));
}
END_TEST

START_TEST(time_stamp)
{
    struct bench *b = bench_start(false);

    fake_set_time(0x1234567890);
    b->v->cpu.tsc_aux = 7;
    ck_assert(run_again(b, "0f31"));
    ck_assert(b->regs->rax == 0x34567890 && b->regs->rdx == 0x12);
    ck_assert(run_again(b, "0f01f9"));
    ck_assert_uint_eq(b->regs->rcx, 7);
    bench_to_user(b);
    ck_assert(run_again(b, "0f31"));
    b->v->cpu.cr4 = 4;
    ck_assert(!run(b, "0f31"));
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

START_TEST(ports_without_rights)
{
    struct bench *b = bench_start(false);

    fake_io_set(0x40, 0x12);
    b->regs->rdx = 0x40;
    ck_assert(!run_again(b, "ec"));
    b->v->cpu.iopl = 1;
    b->regs->rax = 0x1122334455667788;
    ck_assert(run_again(b, "ec"));
    ck_assert_uint_eq(b->regs->rax, 0x11223344556677ff);
    ck_assert(run_again(b, "66ed"));
    ck_assert_uint_eq(b->regs->rax, 0x112233445566ffff);
    ck_assert(run_again(b, "ed"));
    ck_assert_uint_eq(b->regs->rax, 0xffffffff);
    ck_assert(run_again(b, "ee"));
    ck_assert(!fake_io_written(0x40, &(uint32_t){0}));
    b->regs->rdx = 0xffff;
    ck_assert(run_again(b, "ed"));
}
END_TEST

START_TEST(ports_with_rights)
{
    struct bench *b = bench_start(true);
    uint32_t value;

    b->v->cpu.iopl = 1;
    ck_assert_int_eq(rangeset_add(b->d->io_ports, 0x60, 0x64), 0);
    fake_io_set(0x60, 0xab);
    b->regs->rax = 0;
    ck_assert(run_again(b, "e460"));
    ck_assert_uint_eq(b->regs->rax, 0xab);
    b->regs->rdx = 0x64;
    b->regs->rax = 0xd1;
    ck_assert(run_again(b, "ee"));
    ck_assert(fake_io_written(0x64, &value) && value == 0xd1);
    /* Half of it is allowed: that half is real, the rest is ones. */
    fake_io_set(0x64, 0x5a);
    b->regs->rax = 0;
    ck_assert(run_again(b, "66ed"));
    ck_assert_uint_eq(b->regs->rax, 0xff5a);
}
END_TEST

START_TEST(port_bitmap)
{
    struct bench *b = bench_start(false);

    bench_to_user(b);
    b->v->cpu.io_bitmap = guest_va(BENCH_DATA);
    b->v->cpu.io_bitmap_ports = 0x80;
    memset(b->data, 0xff, 0x10);
    b->data[0x70 / 8] = 0xfc; /* 0x70 and 0x71 */
    b->regs->rdx = 0x70;
    ck_assert(run_again(b, "ec"));
    ck_assert(run_again(b, "66ed"));
    ck_assert(!b->v->cpu.kernel_mode);
    b->regs->rdx = 0x71;
    ck_assert(!run_again(b, "66ed"));
    guest_cpu_toggle(b->v);
    b->regs->rdx = 0x80;
    ck_assert(!run_again(b, "ec"));
    guest_cpu_toggle(b->v);
    b->v->cpu.io_bitmap = guest_va(0x900000); /* nothing there */
    b->regs->rdx = 0x70;
    ck_assert(!run(b, "ec"));
}
END_TEST

START_TEST(pci_configuration)
{
    struct bench *b = bench_start(true);
    uint32_t value;

    b->v->cpu.iopl = 1;
    ck_assert_int_eq(rangeset_add(b->d->io_ports, 0x3f8, 0x3ff), 0);
    b->regs->rdx = 0xcf8;
    b->regs->rax = 0x80000808;
    ck_assert(run_again(b, "ef"));
    ck_assert(!fake_io_written(0xcf8, &value)); /* only the domain's latch */
    ck_assert(run_again(b, "ed"));
    ck_assert_uint_eq(b->regs->rax, 0x80000808);
    fake_io_set(0xcfe, 0xbeef);
    b->regs->rdx = 0xcfe;
    ck_assert(run_again(b, "66ed"));
    ck_assert_uint_eq(b->regs->rax & 0xffff, 0xbeef);
    ck_assert(fake_io_written(0xcf8, &value) && value == 0x80000808);
    b->regs->rdx = 0xcfc;
    b->regs->rax = 0x12345678;
    ck_assert(run_again(b, "ef"));
    ck_assert(fake_io_written(0xcfc, &value) && value == 0x12345678);
}
END_TEST

START_TEST(pci_of_others)
{
    struct bench *b = bench_start(false);
    uint32_t value;

    b->v->cpu.iopl = 1;
    ck_assert_int_eq(rangeset_add(b->d->io_ports, 0x3f8, 0x3ff), 0);
    b->regs->rdx = 0xcf8;
    b->regs->rax = 0x80000000;
    ck_assert(run_again(b, "ef"));
    b->regs->rdx = 0xcfc;
    ck_assert(run_again(b, "ef"));
    ck_assert(!fake_io_written(0xcf8, &value) && !fake_io_written(0xcfc, &value));
    ck_assert(run_again(b, "ed"));
    ck_assert_uint_eq(b->regs->rax, 0xffffffff);
}
END_TEST

START_TEST(clock_by_index)
{
    struct bench *b = bench_start(true);
    uint32_t value;

    b->v->cpu.iopl = 1;
    ck_assert_int_eq(rangeset_add(b->d->io_ports, 0x70, 0x71), 0);
    b->regs->rax = 0x8a;
    ck_assert(run_again(b, "e670"));
    ck_assert(!fake_io_written(0x70, &value));
    fake_io_set(0x71, 0x26);
    ck_assert(run_again(b, "e471"));
    ck_assert_uint_eq(b->regs->rax & 0xff, 0x26);
    ck_assert(fake_io_written(0x70, &value) && value == 0x0a);
}
END_TEST

START_TEST(string_in_and_out)
{
    struct bench *b = bench_start(true);
    uint32_t value;

    b->v->cpu.iopl = 1;
    ck_assert_int_eq(rangeset_add(b->d->io_ports, 0x1f0, 0x1f7), 0);
    fake_io_set(0x1f0, 0xa55a);
    b->regs->rdx = 0x1f0;
    b->regs->rdi = BENCH_DATA;
    b->regs->rcx = 300; /* more than one stretch of it */
    bench_code(b, "f3666d");
    bench_exception(b, GP, 0);
    ck_assert_uint_eq(b->regs->rip, BENCH_CODE);
    ck_assert_uint_eq(b->regs->rcx, 44);
    bench_exception(b, GP, 0);
    ck_assert_uint_eq(b->regs->rip, BENCH_CODE + 3);
    ck_assert_uint_eq(b->regs->rdi, BENCH_DATA + 600);
    ck_assert(b->data[0] == 0x5a && b->data[599] == 0xa5 && b->data[600] == 0);
    b->regs->rsi = BENCH_DATA;
    b->regs->rflags |= 0x400;
    ck_assert(run(b, "6e")); /* outsb, downwards */
    ck_assert_uint_eq(b->regs->rsi, BENCH_DATA - 1);
    ck_assert(fake_io_written(0x1f0, &value) && value == 0x5a);
}
END_TEST

START_TEST(string_faults)
{
    struct bench *b = bench_start(false);

    b->v->cpu.iopl = 1;
    b->regs->rdi = BENCH_DATA + PAGE_SIZE - 4;
    b->regs->rcx = 10;
    b->regs->rdx = 0x1f0;
    bench_code(b, "f36c");
    bench_exception(b, GP, 0);
    ck_assert(bench_at_handler(b, 14));
    ck_assert_uint_eq(b->v->cpu.cr2, BENCH_DATA + PAGE_SIZE);
    ck_assert_uint_eq(b->regs->rcx, 6);
    ck_assert_uint_eq(b->stack_end[-(0x100 / 8) - 5], BENCH_CODE); /* it will run again */
}
END_TEST

/* 32-bit code of a user: INS goes to ES, OUTS comes from DS, each with its base, limit and rights. */
static struct bench *compat_bench(uint64_t es)
{
    struct bench *b = bench_start(false);

    fake_poke(b->v->cpu.gdt_frames[0], 7, es);
    b->v->cpu.iopl = 3;
    bench_to_user(b);
    b->regs->cs = 0x23;
    b->regs->ds = 0x2b;
    b->regs->es = 7 << 3 | 3;
    b->regs->rdx = 0x1f0;
    b->regs->rdi = b->regs->rsi = 0xffffffff00000010;
    return b;
}

START_TEST(compat_strings)
{
    struct bench *b = compat_bench(0x00c0f36000000000 | 0xfff); /* base 0x600000, limit 16 MiB */

    ck_assert(run(b, "6c")); /* insb */
    ck_assert_uint_eq(b->data[0x10], 0xff);
    ck_assert_uint_eq(b->regs->rdi, 0x11);
    b->regs->rip = BENCH_USER_CODE;
    b->regs->rsi = BENCH_DATA;
    ck_assert(run(b, "6e"));
    ck_assert_uint_eq(b->regs->rsi, BENCH_DATA + 1);
}
END_TEST

START_TEST(compat_strings_refused)
{
    static const uint64_t bad[] = {
        0x00c0f36000000fff & ~(1ull << 47), /* not present */
        0x00c0f16000000fff,                 /* read-only */
        0x00c0fb6000000fff,                 /* code */
        0x0040f36000000010,                 /* ends one byte early */
    };
    struct bench *b = compat_bench(bad[_i]);

    ck_assert(!run(b, "66" /* two bytes: */ "6d"));
    ck_assert(bench_at_handler(b, GP));
    ck_assert_uint_eq(b->data[0x10], 0);
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
    ck_assert(run_again(b, "0f23c0")); /* mov %rax,%db0 */
    ck_assert(run_again(b, "0f21c1"));
    ck_assert_uint_eq(b->regs->rcx, 0x2000);
}
END_TEST

START_TEST(port_breakpoint)
{
    struct bench *b = bench_start(false);

    b->v->cpu.iopl = 1;
    b->v->cpu.cr4 = 8;
    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 1, 0x3f8), 0);
    ck_assert_int_eq(guest_cpu_set_debugreg(b->v, 7, 0x00200000 | 1 << 2), 0);
    b->regs->rdx = 0x3f9;
    ck_assert(run_again(b, "ec"));
    b->regs->rdx = 0x3f7;
    bench_code(b, "66ed");
    bench_exception(b, GP, 0);
    ck_assert(bench_at_handler(b, 1));
    ck_assert_uint_eq(b->v->cpu.dr[6] & 0xf, 2);
}
END_TEST

TCase *cpu_emulate_tests(void)
{
    TCase *tests = tcase_create("emulate");

    tcase_add_test(tests, forced_cpuid);
    tcase_add_test(tests, forced_cpuid_of_user_and_others);
    tcase_add_test(tests, control_registers);
    tcase_add_test(tests, cr4_is_masked_in_silence);
    tcase_add_loop_test(tests, kernel_only, 0, 11);
    tcase_add_loop_test(tests, not_emulated_for_anybody, 0, 11);
    tcase_add_test(tests, interrupt_flag);
    tcase_add_test(tests, iopl_by_assist);
    tcase_add_test(tests, xcr0);
    tcase_add_test(tests, time_stamp);
    tcase_add_test(tests, single_step);
    tcase_add_test(tests, ports_without_rights);
    tcase_add_test(tests, ports_with_rights);
    tcase_add_test(tests, port_bitmap);
    tcase_add_test(tests, pci_configuration);
    tcase_add_test(tests, pci_of_others);
    tcase_add_test(tests, clock_by_index);
    tcase_add_test(tests, string_in_and_out);
    tcase_add_test(tests, string_faults);
    tcase_add_test(tests, compat_strings);
    tcase_add_loop_test(tests, compat_strings_refused, 0, 4);
    tcase_add_test(tests, debug_registers);
    tcase_add_test(tests, port_breakpoint);
    return tests;
}
