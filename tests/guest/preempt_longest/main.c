/* SPDX-License-Identifier: MIT */
/*
 * The longest work that a guest can ask for with each hypercall: every port that there is, the largest grant tables and
 * extents, full page tables, a domain to destroy. The system test of the same name boots it with preempt-stats under
 * --icount, and reads what the debug key p prints.
 */
#include "guest/test.h"
#include "preempt_longest/longest.h"
#include "pvabi/sysctl.h"

#define BATCH 4096

/* One hypercall over and over, by multicalls: what is long about a single one is its own. */
static void many(unsigned long op, unsigned long command, void *arguments, unsigned long size, unsigned int count)
{
    static struct multicall_entry calls[BATCH];

    for (unsigned int i = 0; i < count; i++) {
        calls[i] = (struct multicall_entry){.op = op, .args = {command, HARG((char *)arguments + i * size)}};
    }
    EXPECT_EQ(hypercall_multicall(HARG(calls), count), 0);
    EXPECT_EQ(calls[0].result, 0);
    EXPECT_EQ(calls[count - 1].result, 0);
}

void longest_many(unsigned long op, unsigned long command, void *arguments, unsigned long size,
                  unsigned int count)
{
    while (count > 0) {
        unsigned int part = count < BATCH ? count : BATCH;

        many(op, command, arguments, size, part);
        arguments = (char *)arguments + part * size;
        count -= part;
    }
}

static void small_ones(void)
{
    static char text[65536];
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_readconsole, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};
    struct sched_poll poll = {.nr_ports = 128, .timeout = 1};
    static evtchn_port_t ports[128];

    memset(text, '\n', sizeof(text));
    set_xen_guest_handle(poll.ports, ports);
    set_xen_guest_handle(op.u.readconsole.buffer, text);
    op.u.readconsole.count = sizeof(text);
    EXPECT_EQ(hypercall_sched_op(SCHEDOP_poll, HARG(&poll)), 0);
    EXPECT_EQ(hypercall_sysctl(HARG(&op)), 0);
    memset(text, '.', 4096);
    EXPECT_EQ(hypercall_console_io(CONSOLEIO_write, 4096, HARG(text)), 0);
    EXPECT_EQ(hypercall_xen_version(XENVER_commandline, HARG(text)), 0);
}

int guest_main(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_debug_keys, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};
    char key[] = "p";
    int failed;

    time_stop_tick();
    small_ones();
    failed = test_run_all();
    set_xen_guest_handle(op.u.debug_keys.keys, key);
    op.u.debug_keys.nr_keys = 1;
    hypercall_sysctl(HARG(&op));
    return failed;
}
