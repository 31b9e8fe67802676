/* SPDX-License-Identifier: MIT */
/* Attack: the iret hypercall with all of its frame in a page but the last word, which is in none. */
#include "guest/test.h"

static void act(void *argument)
{
    char *page = pt_map_frame(memory_va_to_mfn(memory_page_alloc()), PTE_PAGE);
    struct iret_context frame = {.rax = __HYPERVISOR_xen_version,
                                 .rip = HARG(entry_event),
                                 .cs = FLAT_KERNEL_CS64 & ~3ul,
                                 .rflags = EFLAGS_IF | EFLAGS_MBS,
                                 .rsp = HARG(page)};
    char *at = page + PAGE_SIZE - sizeof(frame) + sizeof(frame.ss);

    (void)argument;
    /* The next page is reserved, and empty. */
    pt_reserve(1);
    memcpy(at, &frame, sizeof(frame) - sizeof(frame.ss));
    trap_iret(at);
}

int guest_main(void)
{
    test_expect_crash("crash_iret_half", act, NULL);
    return 1;
}
