/* SPDX-License-Identifier: MIT */
/* The serial port. Facts: the 16550's data sheet. */
#include "x86/serial.h"
#include "core/console.h"
#include "port/machine.h"
#include "x86/cpu.h"

enum {
    UART_DATA,
    UART_IER,
    UART_FCR,
    UART_LCR,
    UART_MCR,
    UART_LSR,
};

#define LCR_8N1          0x03
#define LCR_DIVISOR      0x80
#define FCR_ENABLE_CLEAR 0x07
#define MCR_DTR_RTS_OUT2 0x0b
#define LSR_DATA         0x01
#define LSR_EMPTY        0x20
#define IER_RECEIVE      0x01
#define CLOCK            115200u
#define SPIN_MAX         200000u

static uint16_t port = 0x3f8;
static unsigned int irq = 4;

static void set_speed(uint32_t baud)
{
    uint16_t divisor = (uint16_t)(CLOCK / baud);

    x86_out8(port + UART_IER, 0);
    x86_out8(port + UART_LCR, LCR_8N1 | LCR_DIVISOR);
    x86_out8(port + UART_DATA, (uint8_t)divisor);
    x86_out8(port + UART_IER, (uint8_t)(divisor >> 8));
    x86_out8(port + UART_LCR, LCR_8N1);
    x86_out8(port + UART_FCR, FCR_ENABLE_CLEAR);
    x86_out8(port + UART_MCR, MCR_DTR_RTS_OUT2);
}

void x86_serial_init(void)
{
    set_speed(CLOCK);
}

void x86_serial_select(unsigned int com)
{
    port = com == 1 ? 0x3f8 : com == 2 ? 0x2f8 : 0;
    irq = com == 2 ? 3 : 4;
    if (port) {
        set_speed(CLOCK);
    }
}

const char *x86_serial_configure(unsigned int com, const char *value)
{
    uint32_t baud = 0;

    while (*value >= '0' && *value <= '9' && baud < 1000000) {
        baud = baud * 10 + (uint32_t)(*value++ - '0');
    }
    if (baud == 0 || baud > CLOCK || CLOCK % baud != 0) {
        return "the speed must divide 115200, as in com1=115200,8n1";
    }
    if (*value == ',' && (value[1] != '8' || value[2] != 'n' || value[3] != '1' || value[4] != '\0')) {
        return "only 8n1 is offered, as in com1=115200,8n1";
    }
    if ((com == 1 && port == 0x3f8) || (com == 2 && port == 0x2f8)) {
        set_speed(baud);
    }
    return NULL;
}

uint16_t x86_serial_port(void)
{
    return port;
}

unsigned int x86_serial_irq(void)
{
    return irq;
}

void port_console_write(const char *text, size_t length)
{
    for (size_t i = 0; port != 0 && i < length; i++) {
        for (uint32_t spin = 0; !(x86_in8(port + UART_LSR) & LSR_EMPTY) && spin < SPIN_MAX; spin++) {
            __asm__ volatile("pause");
        }
        x86_out8(port + UART_DATA, (uint8_t)text[i]);
    }
}

void x86_serial_enable_input(void)
{
    if (port) {
        x86_out8(port + UART_IER, IER_RECEIVE);
    }
}

void x86_serial_interrupt(void)
{
    while (port && x86_in8(port + UART_LSR) & LSR_DATA) {
        console_receive((char)x86_in8(port + UART_DATA));
    }
}
