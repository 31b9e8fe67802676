/* SPDX-License-Identifier: MIT */
/* The tests' machine: one PCI function with MSI and MSI-X, its registers, and the messages that core was given. */
#include <string.h>

#include "fake.h"
#include "fake_internal.h"
#include "port/irq.h"
#include "pvabi/errno.h"

#define PORT_ADDRESS  0xcf8u
#define PORT_DATA     0xcfcu
#define ENABLE        0x80000000u
#define MESSAGES_MAX  256u
#define FIRST_MESSAGE PORT_IRQ_MAX

struct fake_pci fake_pci;

static uint32_t selected; /* what was written to the address port */

/* Whether the access goes to configuration space; reads give ones where there is no function. */
bool fake_pci_port(uint16_t port, unsigned int bytes, const uint32_t *write, uint32_t *read)
{
    unsigned int at;

    if (!fake_pci.present) {
        return false;
    }
    if (port == PORT_ADDRESS && write && bytes == 4) {
        selected = *write;
        return true;
    }
    if ((port & ~3u) != PORT_DATA || !(selected & ENABLE)) {
        return false;
    }
    at = (selected & 0xfc) + (port & 3);
    if ((selected >> 8 & 0xffff) != fake_pci.function) {
        if (read) {
            *read = ~0u;
        }
        return true;
    }
    if (write) {
        memcpy(&fake_pci.config[at], write, bytes);
    } else {
        *read = 0;
        memcpy(read, &fake_pci.config[at], bytes);
    }
    return true;
}

/* NULL where the machine has no function at all: nobody answers then. */
static uint32_t *device_register(uint64_t address)
{
    uint64_t offset = address - FAKE_PCI_REGISTERS;

    if (!fake_pci.present) {
        return NULL;
    }
    if (address < FAKE_PCI_REGISTERS || offset >= sizeof(fake_pci.registers) || offset % 4) {
        fake_fail("there is no device's register at %#llx", (unsigned long long)address);
    }
    return &fake_pci.registers[offset / 4];
}

uint32_t port_device_read(uint64_t address)
{
    const uint32_t *word = device_register(address);

    return word ? *word : ~0u;
}

/* A device may send a message while its parts are being written, unless it is masked. */
static void look_at_table(uint64_t offset)
{
    uint64_t entry = (offset - fake_pci.table) / 16, word = offset % 16 / 4;

    if (offset >= fake_pci.table && entry < fake_pci.table_entries && word < 3) {
        fake_pci.changed_unmasked += !(fake_pci.registers[(fake_pci.table + entry * 16) / 4 + 3] & 1);
    }
}

void port_device_write(uint64_t address, uint32_t value)
{
    uint32_t *word = device_register(address);

    if (word) {
        look_at_table(address - FAKE_PCI_REGISTERS);
        *word = value;
    }
}

bool port_pci_window(unsigned int index, struct port_pci_window *window)
{
    *window = fake_pci.window;
    return fake_pci.has_window && index == 0;
}

uint64_t port_irq_message_address(unsigned int cpu)
{
    return 0xfee00000 | (uint64_t)cpu << 12;
}

int port_irq_message(unsigned int irq, struct port_irq_message *message)
{
    if (irq < FIRST_MESSAGE || irq >= FIRST_MESSAGE + MESSAGES_MAX || fake_pci.messages[irq - FIRST_MESSAGE]) {
        fake_fail("the message %u is asked for twice, or is none", irq);
    }
    if (fake_pci.message_count == fake_pci.messages_most) {
        return -XEN_ENOSPC;
    }
    fake_pci.messages[irq - FIRST_MESSAGE] = true;
    fake_pci.message_count++;
    *message = (struct port_irq_message){.address = port_irq_message_address(0), .data = irq};
    return 0;
}

void port_irq_message_end(unsigned int irq)
{
    if (!fake_pci.messages[irq - FIRST_MESSAGE]) {
        fake_fail("the message %u ends, and is none", irq);
    }
    fake_pci.messages[irq - FIRST_MESSAGE] = false;
    fake_pci.message_count--;
}
