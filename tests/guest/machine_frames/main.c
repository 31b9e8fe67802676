/* SPDX-License-Identifier: MIT */
/* Attack: mapping every frame of the machine in turn; what is not the guest's own RAM is refused, read-only
 * too. */
#include "guest/test.h"

#define STEP      7
#define FIRST_MIB 256
#define HOLE_MFN  0x80000 /* the machine's devices are from here to 4 GiB, and its RAM below ends before */
#define LAPIC     0xfee00000ul

/* What the hypervisor shares with this guest. */
static xen_pfn_t shared_frames[9];

static void find_shared(void)
{
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1};

    set_xen_guest_handle(setup.frame_list, shared_frames);
    hypercall_grant_table_op(GNTTABOP_setup_table, HARG(&setup), 1);
    shared_frames[ARRAY_SIZE(shared_frames) - 1] = guest_start_info->shared_info >> PAGE_SHIFT;
}

static bool own(unsigned long mfn)
{
    uint64_t pfn = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(shared_frames); i++) {
        if (shared_frames[i] == mfn) {
            return true;
        }
    }
    return trap_read_word(&machine_to_phys_mapping[mfn], &pfn) && pfn < memory_frame_count() &&
           memory_pfn_to_mfn(pfn) == mfn;
}

static bool refused(void *window, uint64_t pte)
{
    return hypercall_update_va_mapping(HARG(window), pte, UVMF_NONE) < 0;
}

/* Where RAM ends: behind the last frame that the hypervisor has an entry for. */
static unsigned long ram_end(void)
{
    long frames = hypercall_memory_op(XENMEM_maximum_ram_page, 0);

    ASSERT(frames > 0);
    return frames < HOLE_MFN ? (unsigned long)frames : HOLE_MFN;
}

GUEST_TEST(machine_frames)
{
    void *window = pt_reserve(1);
    unsigned long taken = 0, tried = 0;

    find_shared();
    for (unsigned long mfn = FIRST_MIB; mfn + STEP < ram_end() - 1024; mfn += STEP) {
        if (own(mfn)) {
            continue;
        }
        tried++;
        if (!refused(window, mfn << PAGE_SHIFT | PTE_PAGE_RO) ||
            !refused(window, mfn << PAGE_SHIFT | PTE_PAGE)) {
            printf("  frame %lx, which the table says is %lx\n", mfn, machine_to_phys_mapping[mfn]);
            taken++;
        }
    }
    EXPECT(tried > 0);
    EXPECT_EQ(taken, 0);
    /* Beyond what the machine can address, and the interrupt controller that is the hypervisor's. */
    EXPECT_EQ(pt_set(window, 1ul << 48 | PTE_PAGE), -XEN_EPERM);
    EXPECT_EQ(pt_set(window, 1ul << 51 | PTE_PAGE_RO), -XEN_EPERM);
    EXPECT_EQ(pt_set(window, LAPIC | PTE_PAGE), -XEN_EPERM);
    EXPECT_EQ(pt_get(window), 0);
}
