/* SPDX-License-Identifier: MIT */
/* Tests of the emulation of I/O ports: rights, PCI's registers, the clock, strings, breakpoints. */
#include <check.h>
#include <string.h>

#include "cpu_bench.h"
#include "cpu_suites.h"
#include "pvabi/errno.h"

#define GP 13u

START_TEST(ports_without_rights)
{
    struct bench *b = bench_start(false);

    fake_io_set(0x40, 0x12);
    b->regs->rdx = 0x40;
    ck_assert(!bench_run_again(b, "ec"));
    b->v->cpu.iopl = 1;
    b->regs->rax = 0x1122334455667788;
    ck_assert(bench_run_again(b, "ec"));
    ck_assert_uint_eq(b->regs->rax, 0x11223344556677ff);
    ck_assert(bench_run_again(b, "66ed"));
    ck_assert_uint_eq(b->regs->rax, 0x112233445566ffff);
    ck_assert(bench_run_again(b, "ed"));
    ck_assert_uint_eq(b->regs->rax, 0xffffffff);
    ck_assert(bench_run_again(b, "ee"));
    ck_assert(!fake_io_written(0x40, &(uint32_t){0}));
    b->regs->rdx = 0xffff;
    ck_assert(bench_run_again(b, "ed"));
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
    ck_assert(bench_run_again(b, "e460"));
    ck_assert_uint_eq(b->regs->rax, 0xab);
    b->regs->rdx = 0x64;
    b->regs->rax = 0xd1;
    ck_assert(bench_run_again(b, "ee"));
    ck_assert(fake_io_written(0x64, &value) && value == 0xd1);
    /* Half of it is allowed: that half is real, the rest is ones. */
    fake_io_set(0x64, 0x5a);
    b->regs->rax = 0;
    ck_assert(bench_run_again(b, "66ed"));
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
    ck_assert(bench_run_again(b, "ec"));
    ck_assert(bench_run_again(b, "66ed"));
    ck_assert(!b->v->cpu.kernel_mode);
    b->regs->rdx = 0x71;
    ck_assert(!bench_run_again(b, "66ed"));
    guest_cpu_toggle(b->v);
    b->regs->rdx = 0x80;
    ck_assert(!bench_run_again(b, "ec"));
    guest_cpu_toggle(b->v);
    b->v->cpu.io_bitmap = guest_va(0x900000); /* nothing there */
    b->regs->rdx = 0x70;
    ck_assert(!bench_run(b, "ec"));
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
    ck_assert(bench_run_again(b, "ef"));
    ck_assert(!fake_io_written(0xcf8, &value)); /* only the domain's latch */
    ck_assert(bench_run_again(b, "ed"));
    ck_assert_uint_eq(b->regs->rax, 0x80000808);
    fake_io_set(0xcfe, 0xbeef);
    b->regs->rdx = 0xcfe;
    ck_assert(bench_run_again(b, "66ed"));
    ck_assert_uint_eq(b->regs->rax & 0xffff, 0xbeef);
    ck_assert(fake_io_written(0xcf8, &value) && value == 0x80000808);
    b->regs->rdx = 0xcfc;
    b->regs->rax = 0x12345678;
    ck_assert(bench_run_again(b, "ef"));
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
    ck_assert(bench_run_again(b, "ef"));
    b->regs->rdx = 0xcfc;
    ck_assert(bench_run_again(b, "ef"));
    ck_assert(!fake_io_written(0xcf8, &value) && !fake_io_written(0xcfc, &value));
    ck_assert(bench_run_again(b, "ed"));
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
    ck_assert(bench_run_again(b, "e670"));
    ck_assert(!fake_io_written(0x70, &value));
    fake_io_set(0x71, 0x26);
    ck_assert(bench_run_again(b, "e471"));
    ck_assert_uint_eq(b->regs->rax & 0xff, 0x26);
    ck_assert(fake_io_written(0x70, &value) && value == 0x0a);
}
END_TEST

START_TEST(clock_is_written_by_index)
{
    struct bench *b = bench_start(true);
    uint32_t value;

    b->v->cpu.iopl = 1;
    b->regs->rax = 0x0b;
    ck_assert(bench_run_again(b, "e670") && bench_run_again(b, "e671"));
    ck_assert(!fake_io_written(0x71, &value)); /* without the right */
    ck_assert_int_eq(rangeset_add(b->d->io_ports, 0x70, 0x71), 0);
    ck_assert(bench_run_again(b, "e670"));
    b->regs->rax = 0x42;
    ck_assert(bench_run_again(b, "e671"));
    ck_assert(fake_io_written(0x70, &value) && value == 0x0b);
    ck_assert(fake_io_written(0x71, &value) && value == 0x42);
    ck_assert(bench_run_again(b, "e470"));
    ck_assert_uint_eq(b->regs->rax & 0xff, 0x0b);
    fake_io_set(0x61, 0x20);
    ck_assert(bench_run_again(b, "e461"));
    ck_assert_uint_eq(b->regs->rax & 0xff, 0x20); /* the first domain's to read, as a clock of its own */
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
    ck_assert(bench_run(b, "6e")); /* outsb, downwards */
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

    ck_assert(bench_run(b, "6c")); /* insb */
    ck_assert_uint_eq(b->data[0x10], 0xff);
    ck_assert_uint_eq(b->regs->rdi, 0x11);
    b->regs->rip = BENCH_USER_CODE;
    b->regs->rsi = BENCH_DATA;
    ck_assert(bench_run(b, "6e"));
    ck_assert_uint_eq(b->regs->rsi, BENCH_DATA + 1);
}
END_TEST

/* OUTS takes its segment from a prefix; each of them has base and limit of its own. */
START_TEST(compat_string_prefixes)
{
    static const char *const prefixes[] = {"266e", "366e", "646e", "656e", "2e6e"};
    struct bench *b = compat_bench(0x00c0f36000000000 | 0xfff);
    uint32_t value;

    ck_assert_int_eq(rangeset_add(b->d->io_ports, 0x1f0, 0x1f7), 0);
    fake_poke(b->v->cpu.gdt_frames[0], 8, 0x00cffb600000ffff); /* code that can be read, at the same place */
    b->regs->ds = 0;
    b->regs->fs = b->regs->gs = b->regs->es;
    b->regs->ss = b->regs->es;
    b->data[0x10] = (uint8_t)(0x40 + _i);
    if (_i == 4) {
        b->regs->cs = 8 << 3 | 3;
        b->regs->rip = 0; /* of its segment: the data */
        b->data[0] = 0x2e;
        b->data[1] = 0x6e;
        bench_exception(b, GP, 0);
        ck_assert_uint_eq(b->regs->rip, 2);
    } else {
        ck_assert(bench_run(b, prefixes[_i]));
    }
    ck_assert(fake_io_written(0x1f0, &value) && value == 0x40u + (unsigned int)_i);
    ck_assert_uint_eq(b->regs->rsi, 0x11);
}
END_TEST

/* What OUTS cannot read is a fault of the guest, before the port is touched. */
START_TEST(string_source_faults)
{
    struct bench *b = bench_start(false);
    uint32_t value;

    b->v->cpu.iopl = 1;
    ck_assert_int_eq(rangeset_add(b->d->io_ports, 0x1f0, 0x1f7), 0);
    b->regs->rsi = BENCH_DATA + PAGE_SIZE;
    b->regs->rdx = 0x1f0;
    ck_assert(!bench_run(b, "6e"));
    ck_assert(bench_at_handler(b, 14));
    ck_assert_uint_eq(b->v->cpu.cr2, BENCH_DATA + PAGE_SIZE);
    ck_assert_uint_eq(b->stack_end[-(0x100 / 8) - 6], 0); /* a read, of the guest's kernel */
    ck_assert(!fake_io_written(0x1f0, &value));
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

    ck_assert(!bench_run(b, "66" /* two bytes: */ "6d"));
    ck_assert(bench_at_handler(b, GP));
    ck_assert_uint_eq(b->data[0x10], 0);
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
    ck_assert(bench_run_again(b, "ec"));
    b->regs->rdx = 0x3f7;
    bench_code(b, "66ed");
    bench_exception(b, GP, 0);
    ck_assert(bench_at_handler(b, 1));
    ck_assert_uint_eq(b->v->cpu.dr[6] & 0xf, 2);
}
END_TEST

TCase *cpu_io_tests(void)
{
    TCase *tests = tcase_create("ports");

    tcase_add_loop_test(tests, compat_string_prefixes, 0, 5);
    tcase_add_test(tests, string_source_faults);
    tcase_add_test(tests, clock_is_written_by_index);
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
    tcase_add_test(tests, port_breakpoint);
    return tests;
}
