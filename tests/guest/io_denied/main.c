/* SPDX-License-Identifier: MIT */
/* Attack: ports that are the hypervisor's even when the first domain may do I/O: its UART, timer, interrupt
 * controllers. */
#include "guest/test.h"

#define UART     0x3f8
#define PIC_MASK 0x21
#define PIT      0x40

static bool inaccessible(uint16_t port)
{
    x86_outb(port, 0x5a);
    return x86_inb(port) == 0xff;
}

GUEST_TEST(io_denied)
{
    struct physdev_set_iopl iopl = {.iopl = 1};
    uint32_t config;

    ASSERT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&iopl)), 0);
    for (uint16_t port = UART; port < UART + 8; port++) {
        EXPECT(inaccessible(port));
    }
    EXPECT(inaccessible(PIC_MASK));
    EXPECT(inaccessible(PIC_MASK + 0x80));
    /* The channels behind these two are emulated, for the speaker's sake. */
    EXPECT(inaccessible(PIT));
    EXPECT(inaccessible(PIT + 1));
    /* PCI's configuration is the first domain's to read: the host bridge answers it, and nobody else. */
    __asm__ volatile("outl %0, %1" ::"a"(0x80000000u), "Nd"((uint16_t)0xcf8));
    __asm__ volatile("inl %1, %0" : "=a"(config) : "Nd"((uint16_t)0xcfc));
    EXPECT_EQ(config != ~0u, guest_is_initial_domain());
    iopl.iopl = 0;
    EXPECT_EQ(hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&iopl)), 0);
}
