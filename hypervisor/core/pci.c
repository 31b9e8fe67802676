/* SPDX-License-Identifier: MIT */
/* PCI functions of the machine: configuration space, capabilities, and which are known. */
#include "core/pci.h"

#include "core/io.h"
#include "port/lock.h"
#include "pvabi/errno.h"

#define ADDRESS_ENABLE     0x80000000u
#define STATUS             0x06u
#define STATUS_CAPABILITIES 0x0010u
#define HEADER_TYPE        0x0eu
#define HEADER_TYPE_MASK   0x7fu
#define HEADER_BRIDGE      1u
#define CAPABILITIES       0x34u
#define CAPABILITIES_MOST  48u /* as many as the space has room for: a list that is longer goes round */
#define CAPABILITY_FIRST   0x40u
#define BAR_FIRST          0x10u
#define BARS               6u
#define BARS_OF_BRIDGE     2u
#define BAR_IO             1u
#define BAR_TYPE_MASK      6u
#define BAR_TYPE_64        4u
#define BAR_ADDRESS_MASK   0xfffffff0u

static uint64_t known[256 * 256 / 64]; /* a bit for each function */
static struct spinlock known_lock = SPINLOCK(LOCK_MMIO_RO);

static uint32_t address(struct pci_function f, unsigned int reg)
{
    return ADDRESS_ENABLE | (uint32_t)f.bus << 16 | (uint32_t)f.devfn << 8 | (reg & 0xfc);
}

uint32_t pci_read(struct pci_function f, unsigned int reg, unsigned int bytes)
{
    uint32_t value = io_pci_read(address(f, reg), reg & 3, bytes);

    return bytes == 4 ? value : value & ((1u << 8 * bytes) - 1);
}

void pci_write(struct pci_function f, unsigned int reg, unsigned int bytes, uint32_t value)
{
    io_pci_write(address(f, reg), reg & 3, bytes, value);
}

unsigned int pci_find_capability(struct pci_function f, uint8_t id)
{
    unsigned int at, left = CAPABILITIES_MOST;

    if (pci_read(f, 0, 2) == 0xffff || !(pci_read(f, STATUS, 2) & STATUS_CAPABILITIES)) {
        return 0;
    }
    at = pci_read(f, CAPABILITIES, 1) & 0xfc;
    while (at >= CAPABILITY_FIRST && left--) {
        uint32_t head = pci_read(f, at, 2);

        if ((head & 0xff) == id) {
            return at;
        }
        at = head >> 8 & 0xfc;
    }
    return 0;
}

uint64_t pci_bar(struct pci_function f, unsigned int bar)
{
    bool bridge = (pci_read(f, HEADER_TYPE, 1) & HEADER_TYPE_MASK) == HEADER_BRIDGE;
    unsigned int count = bridge ? BARS_OF_BRIDGE : BARS, reg = BAR_FIRST + bar * 4;
    uint32_t low;

    if (bar >= count) {
        return 0;
    }
    low = pci_read(f, reg, 4);
    if (low & BAR_IO) {
        return 0;
    }
    if ((low & BAR_TYPE_MASK) == BAR_TYPE_64) {
        return bar + 1 < count ? (low & BAR_ADDRESS_MASK) | (uint64_t)pci_read(f, reg + 4, 4) << 32 : 0;
    }
    return low & BAR_ADDRESS_MASK;
}

static uint64_t *word(struct pci_function f)
{
    return &known[(unsigned int)f.bus * 4 + f.devfn / 64];
}

static uint64_t bit(struct pci_function f)
{
    return 1ull << f.devfn % 64;
}

void pci_add(struct pci_function f)
{
    struct lock_token token = lock_acquire(&known_lock);

    *word(f) |= bit(f);
    lock_release(token);
}

int pci_remove(struct pci_function f)
{
    struct lock_token token = lock_acquire(&known_lock);
    int error = *word(f) & bit(f) ? 0 : -XEN_ENODEV;

    *word(f) &= ~bit(f);
    lock_release(token);
    return error;
}

bool pci_known(struct pci_function f)
{
    struct lock_token token = lock_acquire(&known_lock);
    bool is_known = *word(f) & bit(f);

    lock_release(token);
    return is_known;
}
