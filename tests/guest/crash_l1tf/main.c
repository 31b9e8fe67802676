/* SPDX-License-Identifier: MIT */
/* Attack, for a hypervisor that was told pv-l1tf=yes: an entry that is not present and points at memory. What
 * Linux writes, inverted frame numbers, is fine. */
#include "guest/test.h"

static void act(void *argument)
{
    void *window = pt_reserve(1);

    (void)argument;
    if (pt_set(window, PTE_FRAME) != 0 || pt_set(window, PTE_PS | PTE_RW) != 0 || pt_set(window, 0) != 0) {
        printf("an entry that is safe was refused\n");
        return;
    }
    pt_set(window, memory_pfn_to_mfn(5) << PAGE_SHIFT | PTE_RW);
}

int guest_main(void)
{
    test_expect_crash("crash_l1tf", act, NULL);
    return 1;
}
