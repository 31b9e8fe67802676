/* SPDX-License-Identifier: MIT */
/* Attack: XENMEM_exchange with lists that reach the hypervisor from where it is to go on, with counts that
 * overflow, with the same frame twice, and with frames in use. */
#include "guest/test.h"

static long exchange_at(unsigned long in, unsigned long count, unsigned long out, unsigned long done)
{
    struct xen_memory_exchange exchange = {
        .in = {.nr_extents = count, .domid = DOMID_SELF},
        .out = {.nr_extents = count, .domid = DOMID_SELF},
        .nr_exchanged = done,
    };

    set_xen_guest_handle(exchange.in.extent_start, (void *)in);
    set_xen_guest_handle(exchange.out.extent_start, (void *)out);
    return hypercall_memory_op(XENMEM_exchange, HARG(&exchange));
}

static void check_lists(unsigned long in, unsigned long out)
{
    const unsigned long hypervisor = 0xffff830000000000ul;
    unsigned long reach = (hypervisor - out) / sizeof(xen_pfn_t);

    /* The list begins in the guest, and what is left of it lies in the hypervisor. */
    EXPECT_EQ(exchange_at(in, reach + 1, out, reach), -XEN_EFAULT);
    EXPECT_EQ(exchange_at(in, 1, hypervisor, 0), -XEN_EFAULT);
    EXPECT_EQ(exchange_at(hypervisor, 1, out, 0), -XEN_EFAULT);
    EXPECT_EQ(exchange_at(in, 1, out, 2), -XEN_EINVAL);
    EXPECT_EQ(exchange_at(in, 1, out, ~0ul), -XEN_EINVAL);
    EXPECT_EQ(exchange_at(in, 0, out, 0), 0);
    EXPECT(exchange_at(in, ~0ul, out, 0) < 0);
    EXPECT(exchange_at(in, ~0ul, out, ~0ul - 1) < 0);
}

GUEST_TEST(memory_exchange_hostile)
{
    uint64_t *page = memory_page_alloc(), *other = memory_page_alloc();
    xen_pfn_t in[2] = {memory_va_to_mfn(page), memory_va_to_mfn(page)};
    xen_pfn_t out[2] = {memory_va_to_pfn(page), memory_va_to_pfn(other)};
    struct xen_memory_exchange big = {
        .in = {.nr_extents = 1, .extent_order = 40, .domid = DOMID_SELF},
        .out = {.nr_extents = 1, .extent_order = 40, .domid = DOMID_SELF},
    };

    check_lists(HARG(in), HARG(out));
    set_xen_guest_handle(big.in.extent_start, in);
    set_xen_guest_handle(big.out.extent_start, out);
    EXPECT_EQ(hypercall_memory_op(XENMEM_exchange, HARG(&big)), -XEN_EPERM);
    /* Mapped; a table; what is shared; and then the page is what it was. */
    page[0] = 4711;
    EXPECT_EQ(exchange_at(HARG(in), 1, HARG(out), 0), -XEN_EINVAL);
    ASSERT_EQ(pt_pin(other, 1), 0);
    in[0] = memory_va_to_mfn(other);
    EXPECT_EQ(exchange_at(HARG(in), 1, HARG(out), 0), -XEN_EINVAL);
    ASSERT_EQ(pt_unpin(other), 0);
    in[0] = guest_start_info->shared_info >> PAGE_SHIFT;
    EXPECT_EQ(exchange_at(HARG(in), 1, HARG(out), 0), -XEN_EINVAL);
    EXPECT_EQ(page[0], 4711);
    EXPECT_EQ(memory_mfn_to_pfn(memory_va_to_mfn(page)), memory_va_to_pfn(page));
    memory_page_free(page);
    memory_page_free(other);
}
