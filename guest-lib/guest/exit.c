/* SPDX-License-Identifier: MIT */
/* Says the guest's status on the second serial port and shuts the domain down. */
#include "guest/exit.h"

#include "guest/hypercall.h"
#include "guest/printf.h"
#include "guest/start.h"
#include "guest/x86.h"
#include "pvabi/physdev.h"
#include "pvabi/sched.h"

#define STATUS_CRASH 255

#define COM2          0x2f8
#define UART_LSR      5
#define UART_LSR_THRE 0x20
#define UART_PATIENCE 100000

static void com2_put(char c)
{
    for (unsigned int tries = 0; tries < UART_PATIENCE; tries++) {
        if (x86_inb(COM2 + UART_LSR) & UART_LSR_THRE) {
            break;
        }
    }
    x86_outb(COM2, (uint8_t)c);
}

static void report_status(int status)
{
    struct physdev_set_iopl iopl = {.iopl = 1};
    char line[24];

    if (!guest_is_initial_domain() || hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&iopl)) != 0) {
        return;
    }
    snprintf(line, sizeof(line), "status %d\n", status);
    for (const char *at = line; *at; at++) {
        com2_put(*at);
    }
}

void guest_shutdown(unsigned int reason)
{
    struct sched_shutdown request = {.reason = reason};

    for (;;) {
        hypercall_sched_op(SCHEDOP_shutdown, HARG(&request));
    }
}

void guest_exit(int status)
{
    report_status(status);
    guest_shutdown(SHUTDOWN_poweroff);
}

void guest_crash(const char *why)
{
    printf("guest crash: %s\n", why);
    report_status(STATUS_CRASH);
    guest_shutdown(SHUTDOWN_crash);
}
