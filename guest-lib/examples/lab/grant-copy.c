/* SPDX-License-Identifier: MIT */
/* Grant copy against size: a series that --plot draws. ./lab --plot copy.svg
 * guest-lib/examples/lab/grant-copy.c */
#include "guest/guest.h"
#include "guest/measure.h"

static struct gnttab_copy copy;

static void act(void *argument)
{
    (void)argument;
    hypercall_grant_table_op(GNTTABOP_copy, HARG(&copy), 1);
}

int guest_main(void)
{
    char *from = memory_page_alloc(), *to = memory_page_alloc();
    domid_t self = event_own_domain();

    measure_init();
    copy.source.u.ref = (grant_ref_t)grant_page(self, from, true);
    copy.source.domid = self;
    copy.dest.u.gmfn = memory_va_to_mfn(to);
    copy.dest.domid = DOMID_SELF;
    copy.flags = GNTCOPY_source_gref;
    for (uint16_t size = 64; size <= PAGE_SIZE; size *= 2) {
        copy.len = size;
        printf("copy[%u]=%lu\n", size, measure_cost(act, NULL, 1000));
        if (copy.status != GNTST_okay) {
            printf("the copy failed with %d\n", copy.status);
            return 1;
        }
    }
    return 0;
}
