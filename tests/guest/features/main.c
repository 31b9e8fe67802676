/* SPDX-License-Identifier: MIT */
/* The feature bits that a PV guest must and must not see; one wrong bit sends Linux down another road. */
#include "guest/test.h"

#define BIT(feature) (1u << XENFEAT_##feature)

GUEST_TEST(features)
{
    struct xen_feature_info info = {.submap_idx = 0};
    uint32_t must = BIT(mmu_pt_update_preserve_ad) | BIT(highmem_assist) | BIT(gnttab_map_avail_bits) |
                    BIT(memory_op_vnode_supported);
    uint32_t must_not = BIT(writable_page_tables) | BIT(writable_descriptor_tables) |
                        BIT(auto_translated_physmap) | BIT(supervisor_mode_kernel) | BIT(hvm_callback_vector);

    ASSERT_EQ(hypercall_xen_version(XENVER_get_features, HARG(&info)), 0);
    EXPECT_EQ(info.submap & must, must);
    EXPECT_EQ(info.submap & must_not, 0);
    EXPECT_EQ(!!(info.submap & BIT(dom0)), guest_is_initial_domain());
}
