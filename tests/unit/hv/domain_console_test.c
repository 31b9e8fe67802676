/* SPDX-License-Identifier: MIT */
/* Tests of the console (ring, input, guests' text) and of machine interrupts for domains. */
#include <stdio.h>
#include <string.h>

#include "core/console.h"
#include "core/pirq.h"
#include "domain_bench.h"
#include "domain_suites.h"
#include "port/cpu.h"
#include "pvabi/errno.h"

#define RING 65536u

static int64_t console_io(unsigned int command, void *text, uint64_t length)
{
    return dbench_call(__HYPERVISOR_console_io, command, length, DBENCH_POINTER(text));
}

/* Guests' memory can be written, as a constant cannot. */
static int64_t print(const char *text, size_t length)
{
    static char copy[256];

    memcpy(copy, text, length);
    return console_io(CONSOLEIO_write, copy, length);
}

START_TEST(dom0_writes_as_it_is)
{
    fake_console_clear();
    ck_assert_int_eq(print("a\nb\tc", 5), 0);
    ck_assert_str_eq(fake_console(), "a\r\nb\tc");
    ck_assert_int_eq(console_io(CONSOLEIO_write, NULL, 0x80000000u), -XEN_EFAULT);
    ck_assert_int_eq(console_io(CONSOLEIO_read, NULL, 0x80000000u), -XEN_E2BIG);
    ck_assert_int_eq(console_io(CONSOLEIO_write, NULL, 3), -XEN_EFAULT);
    ck_assert_int_eq(console_io(99, NULL, 1), -XEN_ENOSYS);
}
END_TEST

/* Lines get the guest's number, and nothing that a terminal would obey comes through. */
START_TEST(guests_write_lines)
{
    struct domain *d = dbench_domain(5, 1);

    dbench_become(d->vcpus[0]);
    fake_console_clear();
    ck_assert_int_eq(print("one\ntwo\n", 8), 0);
    ck_assert_str_eq(fake_console(), "(d5) one\r\n(d5) two\r\n");
    fake_console_clear();
    ck_assert_int_eq(print("\033[2J\r(PV) lie\0\x9b.", 16), 0);
    ck_assert_str_eq(fake_console(), "(d5) ?[2J?(PV) lie??.\r\n");
    ck_assert_int_eq(console_io(CONSOLEIO_read, NULL, 3), -XEN_EPERM);
}
END_TEST

/* A guest that prints without end loses most of it, and that is told; time gives it new room. */
START_TEST(guests_have_a_budget)
{
    struct domain *d = dbench_domain(5, 1);
    char line[101];

    memset(line, 'y', sizeof(line));
    line[100] = '\n';
    dbench_become(d->vcpus[0]);
    fake_console_clear();
    for (unsigned int i = 0; i < 1000; i++) {
        ck_assert_int_eq(print(line, sizeof(line)), 0);
    }
    ck_assert_uint_lt(strlen(fake_console()), 20000);
    ck_assert_uint_gt(strlen(fake_console()), 10000);
    fake_console_clear();
    fake_advance(TIMER_NS_PER_SECOND);
    ck_assert_int_eq(print("z", 1), 0);
    ck_assert_ptr_nonnull(strstr(fake_console(), "characters of guests were dropped"));
    ck_assert_ptr_nonnull(strstr(fake_console(), "(d5) z\r\n"));
    fake_console_clear();
    dbench_become(NULL);
    ck_assert_int_eq(print("dom0", 4), 0); /* not limited */
    ck_assert_str_eq(fake_console(), "dom0");
}
END_TEST

START_TEST(input_goes_to_dom0)
{
    evtchn_port_t told = dbench_bind_virq(VIRQ_CONSOLE);
    char read[8] = {0};

    console_receive('a');
    console_receive('b');
    ck_assert(dbench_pending(dbench_first, told));
    ck_assert_int_eq(console_io(CONSOLEIO_read, read, 1), 1);
    ck_assert_int_eq(console_io(CONSOLEIO_read, read + 1, 7), 1);
    ck_assert_str_eq(read, "ab");
    ck_assert_int_eq(console_io(CONSOLEIO_read, read, 7), 0);
    for (unsigned int i = 0; i < 1000; i++) {
        console_receive('c'); /* more than there is room for */
    }
    ck_assert_int_eq(console_io(CONSOLEIO_read, (char[1000]){0}, 1000), 256);
}
END_TEST

START_TEST(three_ctrl_a_switch)
{
    fake_console_clear();
    console_receive(1);
    console_receive('h'); /* not in a row */
    console_receive(1);
    console_receive(1);
    console_receive(1);
    ck_assert_ptr_nonnull(strstr(fake_console(), "debug keys"));
    fake_console_clear();
    console_receive('q');
    ck_assert_ptr_nonnull(strstr(fake_console(), "d0: alive"));
    console_receive(1);
    console_receive(1);
    console_receive(1);
    fake_console_clear();
    console_receive('q');
    ck_assert_str_eq(fake_console(), "");
}
END_TEST

static int64_t read_ring(struct xen_sysctl *op, char *to, uint32_t size, bool incremental)
{
    op->u.readconsole.incremental = incremental;
    op->u.readconsole.clear = 0;
    op->u.readconsole.count = size;
    set_xen_guest_handle(op->u.readconsole.buffer, to);
    return dbench_sysctl(XEN_SYSCTL_readconsole, op);
}

START_TEST(the_ring_is_read_on)
{
    static char text[RING + 100];
    struct xen_sysctl op = {0};

    console_ring_clear();
    console_write_first("unkept", 6);
    ck_assert_int_eq(read_ring(&op, text, sizeof(text), false), 0);
    ck_assert_uint_eq(op.u.readconsole.count, 0);
    console_set_to_ring(true);
    console_write_first("first", 5);
    ck_assert_int_eq(read_ring(&op, text, sizeof(text), false), 0);
    ck_assert_uint_eq(op.u.readconsole.count, 5);
    ck_assert_int_eq(memcmp(text, "first", 5), 0);
    console_write_first("second", 6);
    ck_assert_int_eq(read_ring(&op, text, 3, true), 0);
    ck_assert_uint_eq(op.u.readconsole.count, 3);
    ck_assert_int_eq(read_ring(&op, text + 3, sizeof(text) - 3, true), 0);
    ck_assert_int_eq(memcmp(text, "second", 6), 0);
    /* An index that was never handed out starts over. */
    op.u.readconsole.index += 1000;
    ck_assert_int_eq(read_ring(&op, text, sizeof(text), true), 0);
    ck_assert_uint_eq(op.u.readconsole.count, 11);
    op.u.readconsole.index = 0;
    set_xen_guest_handle(op.u.readconsole.buffer, (char *)NULL);
    op.u.readconsole.incremental = 0;
    op.u.readconsole.count = 4;
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_readconsole, &op), -XEN_EFAULT);
    console_set_to_ring(false);
}
END_TEST

/* More than the ring holds: the oldest is gone, and a reader that fell behind goes on with what there is. */
START_TEST(the_ring_wraps)
{
    static char text[2 * RING];
    struct xen_sysctl op = {0};
    char line[16];

    console_ring_clear();
    console_set_to_ring(true);
    ck_assert_int_eq(read_ring(&op, text, sizeof(text), false), 0);
    for (unsigned int i = 0; i < 10000; i++) {
        console_write_first(line, (size_t)snprintf(line, sizeof(line), "%09u\n", i));
    }
    ck_assert_int_eq(read_ring(&op, text, sizeof(text), true), 0);
    ck_assert_uint_eq(op.u.readconsole.count, RING);
    ck_assert_int_eq(memcmp(text + RING - 10, "000009999\n", 10), 0);
    op.u.readconsole.clear = 1;
    op.u.readconsole.incremental = 0;
    op.u.readconsole.count = sizeof(text);
    set_xen_guest_handle(op.u.readconsole.buffer, text);
    ck_assert_int_eq(dbench_sysctl(XEN_SYSCTL_readconsole, &op), 0);
    ck_assert_uint_eq(op.u.readconsole.count, RING);
    ck_assert_int_eq(read_ring(&op, text, sizeof(text), false), 0);
    ck_assert_uint_eq(op.u.readconsole.count, 0);
    console_set_to_ring(false);
}
END_TEST

/* ---- machine interrupts ---- */

static void give_irqs(struct domain *d)
{
    ck_assert_int_eq(rangeset_add(d->irqs, 0, 23), 0);
}

START_TEST(a_pirq_has_one_owner)
{
    struct domain *d = dbench_domain(5, 1);

    ck_assert_int_eq(pirq_bind(dbench_first, 20, true), -XEN_EPERM);
    give_irqs(dbench_first);
    give_irqs(d);
    ck_assert_int_eq(pirq_bind(dbench_first, 24, true), -XEN_EINVAL);
    ck_assert_int_eq(pirq_bind(dbench_first, 20, true), 0);
    ck_assert(fake_lines[20].routed && !fake_lines[20].masked);
    ck_assert(fake_lines[20].level && fake_lines[20].low); /* the machine's default of a PCI line */
    ck_assert_int_eq(pirq_bind(d, 20, true), -XEN_EBUSY);
    ck_assert_int_eq(pirq_setup(20, false, false), -XEN_EEXIST);
    pirq_target(dbench_first, 20, 1);
    ck_assert_uint_eq(fake_lines[20].cpu, 1);
    pirq_target(d, 20, 0); /* not its own */
    ck_assert_uint_eq(fake_lines[20].cpu, 1);
    pirq_unbind(d, 20); /* not its own */
    ck_assert(!fake_lines[20].masked);
    pirq_unbind(dbench_first, 20);
    ck_assert(fake_lines[20].masked);
    ck_assert_int_eq(pirq_setup(20, false, false), 0);
    ck_assert_int_eq(pirq_bind(d, 20, false), 0);
    ck_assert(!fake_lines[20].level);
}
END_TEST

START_TEST(a_level_stays_masked_until_eoi)
{
    struct domain *d = dbench_domain(5, 1);
    evtchn_port_t port;

    give_irqs(dbench_first);
    ck_assert_int_eq(evtchn_bind_pirq(dbench_first, 20, true, &port), 0);
    pirq_interrupt(20);
    ck_assert(fake_lines[20].masked);
    ck_assert(dbench_pending(dbench_first, port));
    pirq_unmask(d, 20); /* another's */
    ck_assert(fake_lines[20].masked);
    pirq_unmask(dbench_first, 20);
    ck_assert(!fake_lines[20].masked);
    pirq_interrupt(20);
    ck_assert_int_eq(evtchn_close(dbench_first, port), 0);
    pirq_unmask(dbench_first, 20); /* late */
    ck_assert(fake_lines[20].masked);
}
END_TEST

START_TEST(an_edge_is_not_masked)
{
    evtchn_port_t port;

    give_irqs(dbench_first);
    ck_assert_int_eq(evtchn_bind_pirq(dbench_first, 4, false, &port), 0);
    pirq_interrupt(4);
    ck_assert(!fake_lines[4].masked);
    ck_assert(dbench_pending(dbench_first, port));
}
END_TEST

TCase *domain_console_tests(void)
{
    TCase *tests = tcase_create("console");

    tcase_add_checked_fixture(tests, dbench_start, dbench_end);
    tcase_add_test(tests, dom0_writes_as_it_is);
    tcase_add_test(tests, guests_write_lines);
    tcase_add_test(tests, guests_have_a_budget);
    tcase_add_test(tests, input_goes_to_dom0);
    tcase_add_test(tests, three_ctrl_a_switch);
    tcase_add_test(tests, the_ring_is_read_on);
    tcase_add_test(tests, the_ring_wraps);
    tcase_add_test(tests, a_pirq_has_one_owner);
    tcase_add_test(tests, a_level_stays_masked_until_eoi);
    tcase_add_test(tests, an_edge_is_not_masked);
    return tests;
}
