/* SPDX-License-Identifier: MIT */
/* guest-lib's memory: the balloon gives and takes, batches of page-table updates, a grant table that grows. */
#include "guest/balloon.h"

#include "guest/test.h"

#define PAGES  40ul
#define GRANTS 1200u

static void check_balloon(void)
{
    xen_pfn_t domain = DOMID_SELF;
    long before = hypercall_memory_op(XENMEM_current_reservation, HARG(&domain));
    long given = balloon_inflate(PAGES);

    ASSERT_EQ(given, PAGES);
    EXPECT_EQ(balloon_size(), PAGES);
    EXPECT_EQ(hypercall_memory_op(XENMEM_current_reservation, HARG(&domain)), before - given);
    EXPECT_EQ(balloon_deflate(PAGES + 5), PAGES);
    EXPECT_EQ(balloon_size(), 0);
    EXPECT_EQ(hypercall_memory_op(XENMEM_current_reservation, HARG(&domain)), before);
}

static void check_batch(void)
{
    unsigned long mfns[PAGES];
    char *pages = memory_pages_alloc(PAGES), *window = pt_reserve(PAGES);
    struct pt_batch batch = {0};

    for (unsigned long i = 0; i < PAGES; i++) {
        mfns[i] = memory_va_to_mfn(pages + i * PAGE_SIZE);
    }
    ASSERT_EQ(pt_map_range(window, mfns, PAGES, PTE_PAGE), 0);
    for (unsigned long i = 0; i < PAGES; i++) {
        window[i * PAGE_SIZE] = (char)(i + 1);
        EXPECT_EQ(pages[i * PAGE_SIZE], (char)(i + 1));
    }
    EXPECT_EQ(pt_map_range(window, NULL, PAGES, 0), 0);
    EXPECT(!trap_write_word(window, 1));
    /* A refused update is told at the end, however many come after it. */
    pt_batch_add(&batch, 0xfffffffff000ul, PTE_PAGE);
    for (unsigned long i = 0; i < 2 * PT_BATCH; i++) {
        pt_batch_add(&batch, pt_entry_maddr(window, 1), 0);
    }
    EXPECT(pt_batch_end(&batch) < 0);
    EXPECT_EQ(pt_batch_end(&batch), 0);
    memory_pages_free(pages, PAGES);
}

static void check_grants(void)
{
    static grant_ref_t refs[GRANTS];
    void *page = memory_page_alloc();
    unsigned int made = 0;

    for (; made < GRANTS; made++) {
        int ref = grant_page(event_own_domain(), page, false);

        if (ref < 0) {
            break;
        }
        refs[made] = (grant_ref_t)ref;
    }
    EXPECT_EQ(made, GRANTS);
    EXPECT(grant_count() > PAGE_SIZE / sizeof(struct grant_entry_v1));
    while (made) {
        EXPECT(grant_end(refs[--made]));
    }
    memory_page_free(page);
}

GUEST_TEST(memory_balloon)
{
    check_balloon();
    check_batch();
    check_grants();
}
