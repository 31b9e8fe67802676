/* SPDX-License-Identifier: MIT */
/* Attack: starting a vCPU with addresses, tables and descriptors that no vCPU may have; it stays not
 * initialised. */
#include "guest/test.h"

static struct vcpu_guest_context context;

static void reset(void)
{
    memset(&context, 0, sizeof(context));
    context.flags = VGCF_IN_KERNEL;
    context.user_regs.rip = HARG(entry_event);
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.ctrlreg[3] = pt_root_mfn() << PAGE_SHIFT;
}

static void refuse(unsigned int vcpu, long error)
{
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_initialise, vcpu, HARG(&context)), error);
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_is_up, vcpu, 0), 0);
    reset();
}

GUEST_TEST(vcpu_initialise)
{
    uint64_t *page = memory_page_alloc();
    unsigned int last = vcpu_count() - 1;

    if (last == 0) {
        test_skip("one vCPU only");
    }
    reset();
    context.user_regs.rip = test_bad_pointers[0];
    if (hypercall_vcpu_op(VCPUOP_initialise, last, HARG(&context)) == -XEN_EEXIST) {
        test_skip("the last vCPU was started before");
    }
    EXPECT_EQ(hypercall_vcpu_op(VCPUOP_up, last, 0), -XEN_EINVAL);
    context.user_regs.rip = test_bad_pointers[0];
    refuse(last, -XEN_EINVAL);
    context.event_callback_eip = test_bad_pointers[0];
    refuse(last, -XEN_EINVAL);
    context.failsafe_callback_eip = test_bad_pointers[1];
    refuse(last, -XEN_EINVAL);
    context.syscall_callback_eip = test_bad_pointers[1];
    refuse(last, -XEN_EINVAL);
    context.kernel_sp = test_bad_pointers[0];
    refuse(last, -XEN_EINVAL);
    context.trap_ctxt[14].address = test_bad_pointers[0];
    refuse(last, -XEN_EINVAL);
    context.fs_base = test_bad_pointers[0];
    refuse(last, -XEN_EINVAL);
    context.gs_base_kernel = test_bad_pointers[0];
    refuse(last, -XEN_EINVAL);
    context.ctrlreg[3] = memory_va_to_maddr(page); /* a writable page */
    refuse(last, -XEN_EINVAL);
    context.ctrlreg[3] = 1ul << 45;
    refuse(last, -XEN_EINVAL);
    context.ctrlreg[3] = 0;
    refuse(last, -XEN_EINVAL);
    context.flags = 0; /* user mode, and no tables for it */
    refuse(last, -XEN_EINVAL);
    context.gdt_ents = 16;
    context.gdt_frames[0] = memory_va_to_mfn(page);
    refuse(last, -XEN_EINVAL);
    context.gdt_ents = 8192;
    refuse(last, -XEN_EINVAL);
    context.ldt_base = 8;
    context.ldt_ents = 4;
    refuse(last, -XEN_EINVAL);
    context.ldt_ents = 8193;
    refuse(last, -XEN_EINVAL);
    EXPECT_EQ(pt_protect(page, false), 0);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
}
