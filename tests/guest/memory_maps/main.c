/* SPDX-License-Identifier: MIT */
/* The memory maps: what a guest may read of its own and of the machine's, and what only the first domain may.
 */
#include "guest/test.h"

#define E820_MAX 128

struct e820_entry {
    uint64_t address, size;
    uint32_t type;
} __attribute__((packed));

static long get_map(unsigned int command, unsigned int *count)
{
    static struct e820_entry entries[E820_MAX];
    struct xen_memory_map map = {.nr_entries = *count};
    long error;

    set_xen_guest_handle(map.buffer, (void *)entries);
    error = hypercall_memory_op(command, HARG(&map));
    *count = map.nr_entries;
    return error;
}

GUEST_TEST(memory_maps)
{
    struct xen_machphys_mapping mapping = {0};
    struct xen_machphys_mfn_list list = {.max_extents = 1};
    xen_pfn_t frame = 0;
    bool first = guest_is_initial_domain();
    unsigned int count = E820_MAX, one = 1;

    EXPECT_EQ(hypercall_memory_op(XENMEM_machphys_mapping, HARG(&mapping)), 0);
    EXPECT_EQ(mapping.v_start, MACH2PHYS_VIRT_START);
    EXPECT_EQ(mapping.v_end, MACH2PHYS_VIRT_END);
    EXPECT(mapping.max_mfn >= memory_pfn_to_mfn(0));
    set_xen_guest_handle(list.extent_start, &frame);
    EXPECT_EQ(hypercall_memory_op(XENMEM_machphys_mfn_list, HARG(&list)), 0);
    EXPECT_EQ(list.nr_extents, 1);
    EXPECT(frame != 0);
    EXPECT(hypercall_memory_op(XENMEM_maximum_ram_page, 0) > 0);
    EXPECT_EQ(get_map(XENMEM_machine_memory_map, &count), first ? 0 : -XEN_EPERM);
    EXPECT(!first || (count > 1 && count <= E820_MAX));
    EXPECT_EQ(get_map(XENMEM_machine_memory_map, &one), first ? -XEN_EINVAL : -XEN_EPERM);
    count = E820_MAX;
    EXPECT_EQ(get_map(XENMEM_memory_map, &count), first ? -XEN_ENOSYS : 0);
    for (unsigned int i = 0; i < TEST_BAD_POINTER_COUNT; i++) {
        EXPECT_EQ(hypercall_memory_op(XENMEM_machphys_mapping, test_bad_pointers[i]), -XEN_EFAULT);
        EXPECT_EQ(hypercall_memory_op(XENMEM_machphys_mfn_list, test_bad_pointers[i]), -XEN_EFAULT);
    }
}
