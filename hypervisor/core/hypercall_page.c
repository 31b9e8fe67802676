/* SPDX-License-Identifier: MIT */
/* The hypercall page. Each slot saves what SYSCALL destroys; that of iret never comes back and takes rax's
 * old value along. */
#include "core/hypercall_page.h"
#include "lib/string.h"
#include "lib/types.h"
#include "pvabi/xen.h"

#define SLOT_SIZE   32u
#define SLOT_COUNT  (PAGE_SIZE / SLOT_SIZE)
#define OPCODE_INT3 0xcc

void hypercall_page_fill(void *page)
{
    /* push %rcx; push %r11; mov $number, %eax; syscall; pop %r11; pop %rcx; ret */
    static const uint8_t normal[] = {0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
    /* push %rcx; push %r11; push %rax; mov $number, %eax; syscall */
    static const uint8_t iret[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 0, 0, 0, 0, 0x0f, 0x05};
    uint8_t *to = page;

    memset(page, OPCODE_INT3, PAGE_SIZE);
    for (uint32_t number = 0; number < SLOT_COUNT; number++, to += SLOT_SIZE) {
        if (number == __HYPERVISOR_iret) {
            memcpy(to, iret, sizeof(iret));
            to[5] = (uint8_t)number;
        } else {
            memcpy(to, normal, sizeof(normal));
            to[4] = (uint8_t)number;
        }
    }
}
