/* SPDX-License-Identifier: MIT */
/* XENMEM_exchange: one page for another, with the machine-to-physical entry it asks for; all or nothing. */
#include "guest/test.h"

static struct xen_memory_exchange make(xen_pfn_t *in, xen_pfn_t *out)
{
    struct xen_memory_exchange exchange = {.in = {.nr_extents = 1, .domid = DOMID_SELF},
                                           .out = {.nr_extents = 1, .domid = DOMID_SELF}};

    set_xen_guest_handle(exchange.in.extent_start, in);
    set_xen_guest_handle(exchange.out.extent_start, out);
    return exchange;
}

static long do_exchange(struct xen_memory_exchange exchange)
{
    return hypercall_memory_op(XENMEM_exchange, HARG(&exchange));
}

GUEST_TEST(memory_exchange)
{
    void *page = memory_page_alloc();
    xen_pfn_t in = memory_va_to_mfn(page), out = memory_va_to_pfn(page), nowhere = 1ul << 33;
    struct xen_memory_exchange exchange = make(&in, &out);

    exchange.nr_exchanged = 2;
    EXPECT_EQ(do_exchange(exchange), -XEN_EINVAL);
    exchange = make(&in, &out);
    exchange.out.extent_order = 1;
    EXPECT_EQ(do_exchange(exchange), -XEN_EINVAL);
    exchange = make(&in, &out);
    exchange.out.domid = 0x6789;
    EXPECT_EQ(do_exchange(exchange), -XEN_EINVAL);
    EXPECT_EQ(do_exchange(make(&nowhere, &out)), -XEN_EINVAL);
    EXPECT_EQ(do_exchange(make((void *)test_bad_pointers[0], &out)), -XEN_EFAULT);
    EXPECT_EQ(do_exchange(make(&in, (void *)test_bad_pointers[2])), -XEN_EFAULT);
    ASSERT_EQ(pt_unmap(page), 0);
    exchange = make(&in, &out);
    ASSERT_EQ(hypercall_memory_op(XENMEM_exchange, HARG(&exchange)), 0);
    EXPECT_EQ(exchange.nr_exchanged, 1);
    EXPECT_EQ(memory_mfn_to_pfn(out), memory_va_to_pfn(page));
    memory_set_mfn(memory_va_to_pfn(page), out);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
