/* SPDX-License-Identifier: MIT */
/* A number without a hypercall is -ENOSYS, however large it is and whatever its arguments are. */
#include "guest/test.h"

GUEST_TEST(unknown_hypercall)
{
    static const unsigned long numbers[] = {
        11, 27, 38, 43, 47, 50, 63, 64, 1000, 65536, 0x7fffffff, 0xffffffff, 0x100000000, 0x100000011, ~0ul};

    for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
        EXPECT_EQ(hypercall(numbers[i], 0, 0, 0, 0, 0), -XEN_ENOSYS);
        EXPECT_EQ(hypercall(numbers[i], ~0ul, ~0ul, ~0ul, ~0ul, ~0ul), -XEN_ENOSYS);
    }
}
