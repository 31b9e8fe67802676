/* SPDX-License-Identifier: MIT */
/*
 * Attack: another vCPU changes one word of a request, between one that may be done and one that may not, while
 * memory_op, grant_table_op, vcpu_op, event_channel_op and mmuext_op read it. What is done is what was checked, and the
 * answer says which of the two it was; both must have been seen. (The two differ in one byte where a mixture of both
 * could be a third that may be done: copies of a word need not be atomic.)
 */
#include "guest/test.h"

#define ROUNDS        1000
#define ROUNDS_LEAST  20
#define PATIENCE      TIME_S
#define PATIENCE_MOST (60 * TIME_S) /* while only one of the two was seen */
#define BAD_REF       500 /* in the table's first frame, given to nobody */
#define BAD_PORT      0xfff0u
#define BAD_VCPU      1000u
#define NOWHERE       (1ul << 32) /* with a frame's number: no frame */
#define CANARY        0x5ca1ab1e0ddba11ul

static struct {
    volatile uint32_t *volatile word;
    volatile uint64_t *volatile wide;
    volatile uint64_t good, bad;
} flip;
static volatile bool stop;
static volatile unsigned int turns;
static domid_t self;
static void *window;
static uint64_t *page;

static void flipper(void *argument)
{
    (void)argument;
    time_stop_tick();
    while (!stop) {
        volatile uint32_t *word = flip.word;
        volatile uint64_t *wide = flip.wide;

        if (word) {
            *word = (uint32_t)flip.bad;
            *word = (uint32_t)flip.good;
        }
        if (wide) {
            *wide = flip.bad;
            *wide = flip.good;
        }
        turns++;
    }
}

static bool race_event_port(void)
{
    static struct evtchn_send send;
    static int port;
    long error;

    if (!port) {
        port = event_alloc_unbound(self);
        ASSERT(port > 0);
        flip.good = (uint64_t)port;
        flip.bad = BAD_PORT;
        flip.word = &send.port;
    }
    error = hypercall_event_channel_op(EVTCHNOP_send, HARG(&send));
    EXPECT(error == 0 || error == -XEN_EINVAL);
    return error == 0;
}

static bool race_event_vcpu(void)
{
    static struct evtchn_bind_vcpu move;
    struct evtchn_status status = {.dom = DOMID_SELF};
    long error;

    if (!move.port) {
        move.port = (evtchn_port_t)event_alloc_unbound(self);
        flip.good = 1;
        flip.bad = BAD_VCPU;
        flip.word = &move.vcpu;
    }
    error = hypercall_event_channel_op(EVTCHNOP_bind_vcpu, HARG(&move));
    EXPECT(error == 0 || error == -XEN_ENOENT);
    status.port = move.port;
    EXPECT_EQ(hypercall_event_channel_op(EVTCHNOP_status, HARG(&status)), 0);
    EXPECT(status.vcpu <= 1);
    return error == 0;
}

static bool race_timer(void)
{
    static struct vcpu_set_periodic_timer request;
    long error;

    flip.good = 50 * TIME_MS;
    flip.bad = 1;
    flip.wide = &request.period_ns;
    error = hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, HARG(&request));
    EXPECT(error == 0 || error == -XEN_EINVAL);
    return error == 0;
}

/* Which of two addresses a grant is mapped at: of which the hypervisor said it was, and of no other. */
static bool race_map_address(void)
{
    static struct gnttab_map_grant_ref map;
    char *first = window, *second = first + PAGE_SIZE, *at;

    if (!map.ref) {
        map = (struct gnttab_map_grant_ref){.flags = GNTMAP_host_map, .dom = self};
        map.ref = (grant_ref_t)grant_page(self, page, false);
        flip.good = HARG(first);
        flip.bad = HARG(second);
        map.host_addr = flip.good;
        flip.wide = &map.host_addr;
    }
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref, HARG(&map), 1), 0);
    ASSERT_EQ(map.status, GNTST_okay);
    ASSERT((pt_get(first) != 0) != (pt_get(second) != 0));
    at = pt_get(first) ? first : second;
    EXPECT_EQ(*(volatile uint64_t *)at, CANARY);
    ASSERT_EQ(grant_unmap(at, map.handle), GNTST_okay);
    return at == first;
}

static bool race_map_reference(void)
{
    static struct gnttab_map_grant_ref map;

    if (!map.host_addr) {
        map = (struct gnttab_map_grant_ref){.flags = GNTMAP_host_map, .dom = self, .host_addr = HARG(window)};
        flip.good = (uint64_t)grant_page(self, page, false);
        flip.bad = BAD_REF;
        flip.word = &map.ref;
    }
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_map_grant_ref, HARG(&map), 1), 0);
    EXPECT_EQ(map.status == GNTST_okay, pt_get(window) != 0);
    if (map.status == GNTST_okay) {
        EXPECT_EQ(*(volatile uint64_t *)window, CANARY);
        ASSERT_EQ(grant_unmap(window, map.handle), GNTST_okay);
    }
    return map.status == GNTST_okay;
}

/* A copy that would go past its page if the length that was checked were not the one that is used. */
static bool race_copy_length(void)
{
    static struct gnttab_copy copy;
    static uint64_t *target;
    int before;

    if (!target) {
        target = memory_pages_alloc(2);
        target[PAGE_SIZE / sizeof(*target)] = ~CANARY;
        copy = (struct gnttab_copy){.source = {.u.gmfn = memory_va_to_mfn(page), .domid = DOMID_SELF},
                                    .dest = {.domid = self, .offset = PAGE_SIZE - 8},
                                    .len = 8,
                                    .flags = GNTCOPY_dest_gref};
        copy.dest.u.ref = (grant_ref_t)grant_page(self, target, false);
        flip.good = 8 | GNTCOPY_dest_gref << 16;
        flip.bad = 16 | GNTCOPY_dest_gref << 16;
        flip.word = (volatile uint32_t *)&copy.len; /* the flags stand behind it */
    }
    target[PAGE_SIZE / sizeof(*target) - 1] = 0;
    EXPECT_EQ(hypercall_grant_table_op(GNTTABOP_copy, HARG(&copy), 1), 0);
    before = copy.status;
    EXPECT(before == GNTST_okay || before == GNTST_bad_copy_arg);
    EXPECT_EQ(target[PAGE_SIZE / sizeof(*target) - 1], before == GNTST_okay ? CANARY : 0);
    ASSERT_EQ(target[PAGE_SIZE / sizeof(*target)], ~CANARY);
    return before == GNTST_okay;
}

/* A list whose frame is the guest's to give back, or nobody's. */
static bool race_extent(void)
{
    static struct xen_memory_reservation request = {.nr_extents = 1, .domid = DOMID_SELF};
    static volatile xen_pfn_t frame;
    static xen_pfn_t spare;
    static void *gone;
    domid_t own = DOMID_SELF;
    long done, before;

    if (!gone) {
        gone = memory_page_alloc();
        spare = memory_va_to_mfn(gone);
        ASSERT_EQ(pt_unmap(gone), 0);
        set_xen_guest_handle(request.extent_start, (xen_pfn_t *)&frame);
        flip.good = spare;
        flip.bad = spare | NOWHERE;
        frame = spare;
        flip.wide = &frame;
    }
    before = hypercall_memory_op(XENMEM_current_reservation, HARG(&own));
    done = hypercall_memory_op(XENMEM_decrease_reservation, HARG(&request));
    EXPECT(done == 0 || done == 1);
    EXPECT_EQ(hypercall_memory_op(XENMEM_current_reservation, HARG(&own)), before - done);
    if (done == 1) {
        struct xen_memory_reservation back = {.nr_extents = 1, .domid = DOMID_SELF};

        set_xen_guest_handle(back.extent_start, &spare);
        ASSERT_EQ(hypercall_memory_op(XENMEM_increase_reservation, HARG(&back)), 1);
        flip.good = spare;
        flip.bad = spare | NOWHERE;
    }
    return done == 1;
}

/* A frame that may become a table, or none. */
static bool race_pin_frame(void)
{
    static struct mmuext_op op = {.cmd = MMUEXT_PIN_L1_TABLE};
    static uint64_t *table;
    long error;

    if (!table) {
        table = memory_page_alloc();
        ASSERT_EQ(pt_protect(table, false), 0);
        flip.good = memory_va_to_mfn(table);
        flip.bad = flip.good | NOWHERE;
        flip.wide = &op.arg1.mfn;
    }
    error = hypercall_mmuext_op(HARG(&op), 1, 0, DOMID_SELF);
    EXPECT(error == 0 || error == -XEN_EBUSY || error == -XEN_EINVAL);
    if (error == 0) {
        ASSERT_EQ(pt_mmuext(MMUEXT_UNPIN_TABLE, memory_va_to_mfn(table)), 0);
    }
    return error == 0;
}

static void run(bool (*race)(void))
{
    uint64_t end = time_now() + PATIENCE;
    unsigned int outcomes[2] = {0}, i = 0;

    while (i < ROUNDS_LEAST || (i < ROUNDS && time_now() < end) ||
           (!(outcomes[0] && outcomes[1]) && time_now() < end + PATIENCE_MOST)) {
        outcomes[race()]++;
        i++;
        if (!(outcomes[0] && outcomes[1])) {
            hypercall_sched_op(SCHEDOP_yield, 0);
        }
    }
    EXPECT(outcomes[0] && outcomes[1]);
    flip.word = NULL;
    flip.wide = NULL;
    /* After a whole turn the other vCPU has let go of the word. */
    for (unsigned int seen = turns; turns - seen < 2;) {
        hypercall_sched_op(SCHEDOP_yield, 0);
    }
}

GUEST_TEST(race_arguments)
{
    if (vcpu_count() < 2) {
        test_skip("one vCPU only");
    }
    self = event_own_domain();
    ASSERT_EQ(grant_init(), 0);
    window = (char *)pt_reserve(3) + PAGE_SIZE;
    window = (void *)(HARG(window) & ~(2 * PAGE_SIZE - 1));
    page = memory_page_alloc();
    page[0] = CANARY;
    stop = false;
    ASSERT_EQ(vcpu_start(1, flipper, NULL), 0);
    run(race_event_port);
    run(race_event_vcpu);
    run(race_timer);
    run(race_map_address);
    run(race_map_reference);
    run(race_copy_length);
    run(race_extent);
    run(race_pin_frame);
    stop = true;
    vcpu_wait_down(1);
    time_stop_tick();
}
