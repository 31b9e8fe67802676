/* SPDX-License-Identifier: MIT */
/* Ports: #GP without the I/O privilege, all-ones where the domain has no right, and the bitmap's say for user
 * mode. */
#include "guest/test.h"

#define PORT_NOBODY 0x2e0
#define PORT_PIC    0x20

static void read_port(void *port)
{
    x86_inb((uint16_t)HARG(port));
}

static uint64_t user_read_port(uint64_t port)
{
    return x86_inb((uint16_t)port) | 0x100;
}

static long set_iopl(unsigned int level)
{
    struct physdev_set_iopl request = {.iopl = level};

    return hypercall_physdev_op(PHYSDEVOP_set_iopl, HARG(&request));
}

static long set_bitmap(uint8_t *bitmap, unsigned int ports)
{
    struct physdev_set_iobitmap request = {.nr_ports = ports};

    set_xen_guest_handle(request.bitmap, bitmap);
    return hypercall_physdev_op(PHYSDEVOP_set_iobitmap, HARG(&request));
}

GUEST_TEST(emulate_io)
{
    static uint8_t bitmap[65536 / 8];
    struct trap_frame frame;
    char string[2] = {0};
    void *to = string;

    EXPECT_EQ(set_iopl(0), 0);
    EXPECT(trap_catch(read_port, (void *)PORT_NOBODY, &frame));
    EXPECT_EQ(frame.vector, VECTOR_GP);
    EXPECT_EQ(frame.error, 0);
    EXPECT_EQ(set_iopl(1), 0);
    EXPECT_EQ(x86_inb(PORT_NOBODY), 0xff);
    EXPECT_EQ(x86_inb(PORT_PIC + 1), 0xff);
    x86_outb(PORT_NOBODY, 1);
    __asm__ volatile("cld; rep insb" : "+D"(to) : "c"(2), "d"(PORT_NOBODY) : "memory");
    EXPECT_EQ(string[1], -1);
    EXPECT_EQ(user_run(user_read_port, PORT_NOBODY, &frame), 0);
    EXPECT_EQ(frame.vector, VECTOR_GP);
    EXPECT_EQ(set_iopl(3), 0);
    EXPECT_EQ(user_run(user_read_port, PORT_NOBODY, &frame), 0x1ff);
    EXPECT_EQ(set_iopl(1), 0);
    memset(bitmap, 0xff, sizeof(bitmap));
    bitmap[PORT_NOBODY / 8] &= (uint8_t) ~(1u << PORT_NOBODY % 8);
    EXPECT_EQ(set_bitmap(bitmap, 65536), 0);
    EXPECT_EQ(user_run(user_read_port, PORT_NOBODY, &frame), 0x1ff);
    EXPECT_EQ(user_run(user_read_port, PORT_NOBODY + 1, &frame), 0);
    EXPECT_EQ(frame.vector, VECTOR_GP);
    EXPECT_EQ(set_bitmap(NULL, 0), 0);
    EXPECT_EQ(user_run(user_read_port, PORT_NOBODY, &frame), 0);
    EXPECT_EQ(set_iopl(4), -XEN_EINVAL);
    EXPECT_EQ(set_bitmap(bitmap, 65537), -XEN_EINVAL);
    EXPECT_EQ(set_iopl(0), 0);
}
