/* SPDX-License-Identifier: MIT */
/* register_vcpu_info moves vCPU 0's record to a page of the guest: once, aligned, with its content and an
 * event pending. */
#include "guest/test.h"

static long register_info(unsigned long mfn, unsigned int offset)
{
    struct vcpu_register_vcpu_info request = {.mfn = mfn, .offset = offset};

    return hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, HARG(&request));
}

static unsigned int hits;

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    hits++;
}

GUEST_TEST(vcpu_info)
{
    char *page = memory_page_alloc();
    unsigned long mfn = memory_va_to_mfn(page);
    struct vcpu_info *info = (struct vcpu_info *)(page + 64);
    int port = event_bind_ipi(0);

    EXPECT_EQ(register_info(mfn, 4033), -XEN_ENXIO);
    EXPECT_EQ(register_info(mfn, 4), -XEN_ENXIO);
    EXPECT_EQ(register_info(1ul << 33, 0), -XEN_EINVAL);
    EXPECT_EQ(register_info(memory_va_to_mfn((void *)guest_start_info->pt_base), 0), -XEN_EINVAL);
    event_disable();
    ASSERT_EQ(register_info(mfn, 64), 0);
    EXPECT_EQ(info->evtchn_upcall_pending, 1);
    EXPECT_EQ(info->evtchn_pending_sel, ~0ul);
    EXPECT_EQ(info->evtchn_upcall_mask, 1);
    EXPECT(info->time.tsc_to_system_mul != 0);
    EXPECT_EQ(register_info(mfn, 128), -XEN_EINVAL);
    vcpu_current()->info = info;
    event_enable();
    event_set_handler((evtchn_port_t)port, count, NULL);
    EXPECT_EQ(event_send((evtchn_port_t)port), 0);
    EXPECT_EQ(hits, 1);
    /* The hypervisor writes there: the page can be no table while the guest lives. */
    EXPECT_EQ(pt_protect(page, false), 0);
    EXPECT_EQ(pt_mmuext(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL);
    EXPECT_EQ(pt_protect(page, true), 0);
}
