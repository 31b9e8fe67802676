/* SPDX-License-Identifier: MIT */
/* A grant is mapped and copied from while its owner takes it back and gives it again. */
#include "pair/taker.h"

static bool copy_out(uint64_t *to)
{
    struct gnttab_copy copy = {.source = {.u.ref = taker_pair->ref, .domid = taker_giver},
                               .dest = {.u.gmfn = memory_va_to_mfn(to), .domid = DOMID_SELF},
                               .len = sizeof(*to),
                               .flags = GNTCOPY_source_gref};

    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_copy, HARG(&copy), 1), 0);
    EXPECT(copy.status == GNTST_okay || copy.status == GNTST_general_error);
    return copy.status == GNTST_okay;
}

GUEST_TEST(pair_grants)
{
    uint64_t *page = memory_page_alloc(), start = time_now();
    unsigned int won = 0, lost = 0;

    taker_command(PAIR_REVOKE);
    for (unsigned int round = 0; taker_goes_on(round, start, won, lost); round++) {
        grant_handle_t handle;
        int status = grant_map((void *)taker_window, taker_giver, taker_pair->ref, 0, &handle);

        EXPECT(status == GNTST_okay || status == GNTST_general_error);
        won += status == GNTST_okay;
        lost += status != GNTST_okay;
        if (status == GNTST_okay) {
            EXPECT_EQ(taker_window[0], PAIR_GIVEN);
            x86_pause();
            EXPECT_EQ(taker_window[0], PAIR_GIVEN);
            EXPECT_EQ(grant_unmap((void *)taker_window, handle), GNTST_okay);
        }
        if (copy_out(page)) {
            EXPECT_EQ(page[0], PAIR_GIVEN);
        }
        ASSERT_EQ(pt_get((void *)taker_window), 0);
    }
    EXPECT(won >= TAKER_ENOUGH && lost >= TAKER_ENOUGH);
    taker_command(PAIR_IDLE);
    memory_page_free(page);
}
