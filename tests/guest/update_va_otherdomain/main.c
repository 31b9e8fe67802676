/* SPDX-License-Identifier: MIT */
/* update_va_mapping_otherdomain: oneself by the special number only, and no domain that does not exist. */
#include "guest/test.h"

#define DOMID_NOBODY 0x6789

GUEST_TEST(update_va_otherdomain)
{
    uint64_t *page = memory_page_alloc();
    void *window = pt_reserve(1);
    uint64_t pte = memory_va_to_maddr(page) | PTE_PAGE;
    bool first = guest_is_initial_domain();

    EXPECT_EQ(hypercall_update_va_mapping_otherdomain(HARG(window), pte, UVMF_INVLPG, DOMID_SELF), 0);
    EXPECT_EQ(hypercall_update_va_mapping_otherdomain(HARG(window), 0, UVMF_INVLPG, DOMID_SELF), 0);
    EXPECT_EQ(hypercall_update_va_mapping_otherdomain(HARG(window), pte, UVMF_INVLPG, DOMID_NOBODY),
              -XEN_ESRCH);
    EXPECT_EQ(hypercall_update_va_mapping_otherdomain(HARG(window), pte, UVMF_INVLPG, DOMID_XEN),
              first ? -XEN_EBUSY : -XEN_EPERM);
    EXPECT_EQ(pt_get(window), 0);
    memory_page_free(page);
}
