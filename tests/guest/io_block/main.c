/* SPDX-License-Identifier: MIT */
/*
 * Both ends of a disk in one guest: data goes through rings and grants and comes back the same, in every
 * mode; then each end lies to the other in every field, and the other holds. What a backend has not answered
 * when it goes is asked of the next, once, in pieces that it takes.
 */
#include "guest/blkback.h"
#include "guest/blkfront.h"
#include "guest/test.h"

#define DISK_PAGES   64ul
#define DISK_SECTORS (DISK_PAGES * BLK_SECTORS_PER_PAGE)

static char *disk_memory;
static unsigned int flushes;

static int disk_read(void *data, uint64_t sector, void *buffer, uint64_t count)
{
    (void)data;
    memcpy(buffer, disk_memory + sector * BLK_SECTOR_SIZE, count * BLK_SECTOR_SIZE);
    return 0;
}

static int disk_write(void *data, uint64_t sector, const void *buffer, uint64_t count)
{
    (void)data;
    memcpy(disk_memory + sector * BLK_SECTOR_SIZE, buffer, count * BLK_SECTOR_SIZE);
    return 0;
}

static int disk_flush(void *data)
{
    (void)data;
    flushes++;
    return 0;
}

static int disk_discard(void *data, uint64_t sector, uint64_t count)
{
    (void)data;
    memset(disk_memory + sector * BLK_SECTOR_SIZE, 0, count * BLK_SECTOR_SIZE);
    return 0;
}

static struct blkback_disk disk = {
    .limits = {.sectors = DISK_SECTORS, .indirect_segments = 32, .flush = true, .discard = true},
    .sector_size = BLK_SECTOR_SIZE,
    .read = disk_read,
    .write = disk_write,
    .flush = disk_flush,
    .discard = disk_discard,
};

static struct blkfront *front;
static struct blkback *back;
static unsigned int ring_order;

static void open_pair(bool persistent, unsigned int queues)
{
    domid_t self = event_own_domain();

    front = blkfront_create(self);
    back = blkback_create(self, &disk);
    front->persistent = back->persistent = persistent;
    front->flush = front->discard = true;
    front->segments = disk.limits.indirect_segments;
    front->queue_count = queues;
    front->ring_order = ring_order;
    for (unsigned int queue = 0; queue < queues; queue++) {
        ASSERT_EQ(blkfront_make_queue(front, queue), 0);
        ASSERT_EQ(blkback_attach(back, queue, front->queues[queue].refs, front->ring_order,
                                 front->queues[queue].port),
                  0);
    }
}

static void close_pair(void)
{
    blkback_detach(back);
    blkfront_detach(front);
    blkback_free(back);
    free(front);
}

static int finished, last_status;

static void note(void *argument, int status)
{
    (void)argument;
    finished++;
    last_status = status;
}

/* Runs one request to its end; both ends are driven from here. */
static int run(unsigned int queue, enum blk_kind kind, uint64_t sector, void *data, uint64_t count)
{
    int error, before = finished;

    error = blkfront_submit(front, queue, kind, sector, data, count, note, NULL);
    if (error) {
        return error;
    }
    for (unsigned int turn = 0; turn < 4 && finished == before; turn++) {
        blkback_work(back);
        blkfront_work(front);
    }
    return finished == before ? -XEN_EBUSY : last_status;
}

static void fill(char *data, size_t size, unsigned int seed)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1103515245 + 12345;
        data[i] = (char)(seed >> 16);
    }
}

static void check_data(bool persistent, unsigned int queues)
{
    char *data = memory_pages_alloc(32), *copy = memory_pages_alloc(32);
    static const unsigned int counts[] = {1, 7, 8, 9, 88, 89, 200, 256};

    open_pair(persistent, queues);
    for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
        unsigned int count = counts[i], queue = i % queues;
        size_t size = count * BLK_SECTOR_SIZE;

        fill(data, size, i + 1);
        EXPECT_EQ(run(queue, BLK_WRITE, 3 + i, data, count), 0);
        EXPECT_EQ(memcmp(disk_memory + (3 + i) * BLK_SECTOR_SIZE, data, size), 0);
        memset(copy, 0x55, size);
        EXPECT_EQ(run(queue, BLK_READ, 3 + i, copy, count), 0);
        EXPECT_EQ(memcmp(copy, data, size), 0);
    }
    flushes = 0;
    EXPECT_EQ(run(0, BLK_FLUSH, 0, NULL, 0), 0);
    EXPECT_EQ(flushes, 1);
    EXPECT_EQ(run(0, BLK_DISCARD, 4, NULL, 3), 0);
    EXPECT_EQ(disk_memory[4 * BLK_SECTOR_SIZE], 0);
    /* Past the end: an error of the request, and the ring goes on. */
    EXPECT_EQ(run(0, BLK_WRITE, DISK_SECTORS - 1, data, 2), -XEN_EIO);
    EXPECT_EQ(run(0, BLK_DISCARD, 1, NULL, ~0ul), -XEN_EIO);
    EXPECT_EQ(run(0, BLK_READ, 0, copy, 1), 0);
    close_pair();
    memory_pages_free(data, 32);
    memory_pages_free(copy, 32);
}

/* Puts raw bytes into the ring and gets the backend's status, or 99 if there is no answer. */
static int lie(const void *slot, size_t size)
{
    struct blkif_front_ring *ring = &front->queues[0].ring;
    struct blkif_response response;

    memcpy(RING_GET_REQUEST(ring, ring->req_prod_pvt), slot, size);
    ring->req_prod_pvt++;
    RING_PUSH_REQUESTS(ring);
    blkback_work(back);
    if (ring->sring->rsp_prod == ring->rsp_cons) {
        return 99;
    }
    RING_COPY_RESPONSE(ring, ring->rsp_cons, &response);
    ring->rsp_cons++;
    return response.id == 0x1234567890abcdeful ? response.status : 98;
}

static struct blkif_request good_request(grant_ref_t ref)
{
    struct blkif_request request = {
        .operation = BLKIF_OP_READ, .nr_segments = 1, .id = 0x1234567890abcdeful, .sector_number = 1};

    request.seg[0] = (struct blkif_request_segment){.gref = ref, .first_sect = 0, .last_sect = 7};
    return request;
}

#define LIE(change, status)                                \
    do {                                                   \
        struct blkif_request request = good_request(ref);  \
        change;                                            \
        EXPECT_EQ(lie(&request, sizeof(request)), status); \
    } while (0)

static void lie_directly(grant_ref_t ref, grant_ref_t readonly)
{
    LIE((void)0, BLKIF_RSP_OKAY);
    LIE(request.operation = 77, BLKIF_RSP_EOPNOTSUPP);
    LIE(request.operation = BLKIF_OP_RESERVED_1, BLKIF_RSP_EOPNOTSUPP);
    LIE(request.operation = BLKIF_OP_WRITE_BARRIER, BLKIF_RSP_EOPNOTSUPP);
    LIE(request.nr_segments = 0, BLKIF_RSP_ERROR);
    LIE(request.nr_segments = 12, BLKIF_RSP_ERROR);
    LIE(request.nr_segments = 255, BLKIF_RSP_ERROR);
    LIE(request.sector_number = DISK_SECTORS, BLKIF_RSP_ERROR);
    LIE(request.sector_number = DISK_SECTORS - 7, BLKIF_RSP_ERROR);
    LIE(request.sector_number = ~0ul, BLKIF_RSP_ERROR);
    LIE(request.sector_number = ~0ul - 6, BLKIF_RSP_ERROR);
    LIE(request.seg[0].last_sect = 8, BLKIF_RSP_ERROR);
    LIE(request.seg[0].last_sect = 255, BLKIF_RSP_ERROR);
    LIE((request.seg[0].first_sect = 5, request.seg[0].last_sect = 4), BLKIF_RSP_ERROR);
    LIE(request.seg[0].first_sect = 255, BLKIF_RSP_ERROR);
    LIE(request.seg[0].gref = 0x7fffffff, BLKIF_RSP_ERROR);
    LIE(request.seg[0].gref = ~0u, BLKIF_RSP_ERROR);
    LIE(request.seg[0].gref = readonly, BLKIF_RSP_ERROR);
    LIE((request.nr_segments = 2, request.seg[1] = request.seg[0], request.seg[1].gref = ~0u),
        BLKIF_RSP_ERROR);
    LIE((void)0, BLKIF_RSP_OKAY);
}

static void lie_indirectly(grant_ref_t ref, struct blkif_request_segment *segments, grant_ref_t page)
{
    struct blkif_request_indirect request = {.operation = BLKIF_OP_INDIRECT,
                                             .indirect_op = BLKIF_OP_READ,
                                             .nr_segments = 2,
                                             .id = 0x1234567890abcdeful,
                                             .indirect_grefs = {page}},
                                  good = request;

    segments[0] = segments[1] = (struct blkif_request_segment){.gref = ref, .last_sect = 7};
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_OKAY);
    request.indirect_op = BLKIF_OP_INDIRECT;
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_EOPNOTSUPP);
    request = good;
    request.nr_segments = 33;
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_ERROR);
    request.nr_segments = 0xffff;
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_ERROR);
    request.nr_segments = 0;
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_ERROR);
    request = good;
    request.indirect_grefs[0] = ~0u;
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_ERROR);
    request = good;
    segments[1].last_sect = 200;
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_ERROR);
    segments[1].last_sect = 7;
    segments[1].gref = ~0u;
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_ERROR);
    segments[1].gref = ref;
    EXPECT_EQ(lie(&request, sizeof(request)), BLKIF_RSP_OKAY);
}

static void check_lying_front(bool persistent)
{
    domid_t self = event_own_domain();
    char *page = memory_page_alloc(), *segments = memory_page_alloc();
    int ref = grant_page(self, page, false), readonly = grant_page(self, page, true);
    int indirect = grant_page(self, segments, false);

    ASSERT(ref > 0 && readonly > 0 && indirect > 0);
    open_pair(persistent, 1);
    lie_directly((grant_ref_t)ref, (grant_ref_t)readonly);
    lie_indirectly((grant_ref_t)ref, (void *)segments, (grant_ref_t)indirect);
    /* More requests than the ring has slots: the ring is dead, the guest is not. */
    front->queues[0].ring.sring->req_prod += RING_SIZE(&front->queues[0].ring) + 1;
    EXPECT(!blkback_work(back));
    EXPECT(back->queues[0].broken);
    close_pair();
    EXPECT(grant_end((grant_ref_t)ref));
    EXPECT(grant_end((grant_ref_t)readonly));
    EXPECT(grant_end((grant_ref_t)indirect));
    memory_page_free(page);
    memory_page_free(segments);
}

enum front_lie { WRONG_ID, FREE_ID, WRONG_OPERATION, TWICE, TOO_MANY, BACKWARDS, STATUS, FRONT_LIES };

/* The backend answers a request by a lie; the frontend must fail it, and not believe the backend again. */
static void check_lying_back(enum front_lie kind)
{
    struct blkif_front_ring *ring;
    struct blkif_response *response;
    char *page = memory_page_alloc();
    int before = finished;

    open_pair(false, 1);
    ring = &front->queues[0].ring;
    ASSERT_EQ(blkfront_submit(front, 0, BLK_READ, 1, page, 8, note, NULL), 0);
    response = RING_GET_RESPONSE(ring, 0);
    *response = (struct blkif_response){.id = kind == WRONG_ID  ? ~0ul
                                              : kind == FREE_ID ? 5
                                                                : 0,
                                        .operation = kind == WRONG_OPERATION ? BLKIF_OP_WRITE : BLKIF_OP_READ,
                                        .status = kind == STATUS ? 1234 : BLKIF_RSP_OKAY};
    *RING_GET_RESPONSE(ring, 1) = *response;
    ring->sring->rsp_prod = kind == TWICE ? 2 : kind == TOO_MANY ? 1000 : kind == BACKWARDS ? ~0u : 1;
    blkfront_work(front);
    EXPECT_EQ(finished, before + 1);
    EXPECT_EQ(last_status, -XEN_EIO);
    EXPECT_EQ(front->queues[0].broken, kind != STATUS);
    if (kind != STATUS) {
        EXPECT_EQ(blkfront_submit(front, 0, BLK_READ, 1, page, 8, note, NULL), -XEN_EIO);
    }
    close_pair();
    memory_page_free(page);
}

/* The backend is gone with all that it shared; the next takes `segments` a request. */
static void next_backend(unsigned int segments)
{
    blkback_detach(back);
    blkback_free(back);
    blkfront_keep(front);
    EXPECT_EQ(blkfront_submit(front, 0, BLK_FLUSH, 0, NULL, 0, note, NULL), -XEN_EAGAIN);
    back = blkback_create(event_own_domain(), &disk);
    front->segments = segments;
    ASSERT_EQ(blkfront_make_queue(front, 0), 0);
    ASSERT_EQ(blkback_attach(back, 0, front->queues[0].refs, ring_order, front->queues[0].port), 0);
    EXPECT(!blkfront_work(front));
    blkfront_come_back(front);
}

static void work_both(void)
{
    for (unsigned int turn = 0; turn < 100 && blkfront_busy(front); turn++) {
        blkfront_work(front);
        blkback_work(back);
    }
    EXPECT(!blkfront_busy(front));
}

static void check_next_backend(unsigned int segments)
{
    char *data = memory_pages_alloc(64), *copy = memory_page_alloc();
    int before = finished;

    open_pair(false, 1);
    memset(disk_memory, 0x11, DISK_PAGES * PAGE_SIZE);
    memset(copy, 0x22, PAGE_SIZE);
    fill(data, 64 * PAGE_SIZE, segments);
    flushes = 0;
    EXPECT_EQ(blkfront_submit(front, 0, BLK_WRITE, 0, data, 256, note, NULL), 0);
    EXPECT_EQ(blkfront_submit(front, 0, BLK_WRITE, 256, data + 32 * PAGE_SIZE, 256, note, NULL), 0);
    EXPECT_EQ(blkfront_submit(front, 0, BLK_FLUSH, 0, NULL, 0, note, NULL), 0);
    EXPECT_EQ(blkfront_submit(front, 0, BLK_READ, 8, copy, 8, note, NULL), 0);
    next_backend(segments);
    EXPECT_EQ(finished, before);
    /* With one segment a request, the ring is full of the first one's pieces now: they go to yet another
     * backend. */
    blkfront_work(front);
    next_backend(segments);
    EXPECT_EQ(finished, before);
    work_both();
    EXPECT_EQ(finished, before + 4);
    EXPECT_EQ(last_status, 0);
    EXPECT_EQ(flushes, 1);
    EXPECT_EQ(memcmp(disk_memory, data, 64 * PAGE_SIZE), 0);
    EXPECT_EQ(memcmp(copy, data + PAGE_SIZE, PAGE_SIZE), 0);
    EXPECT_EQ(run(0, BLK_WRITE, 3, data, 8), 0);
    /* One that never gets a backend again fails, once. */
    before = finished;
    EXPECT_EQ(blkfront_submit(front, 0, BLK_WRITE, 0, data, 8, note, NULL), 0);
    next_backend(segments);
    close_pair();
    EXPECT_EQ(finished, before + 1);
    EXPECT_EQ(last_status, -XEN_EIO);
    memory_pages_free(data, 64);
    memory_page_free(copy);
}

/* A ring of four pages holds as many requests as they have room for, and each page of it is used. */
static void check_large_ring(void)
{
    char *data = memory_page_alloc();
    unsigned int size;
    int before = finished;

    open_pair(false, 1);
    size = RING_SIZE(&front->queues[0].ring);
    EXPECT_EQ(size, 128);
    for (unsigned int i = 0; i < size; i++) {
        EXPECT_EQ(blkfront_submit(front, 0, BLK_WRITE, i, data, 1, note, NULL), 0);
    }
    EXPECT_EQ(blkfront_submit(front, 0, BLK_WRITE, 0, data, 1, note, NULL), -XEN_EAGAIN);
    work_both();
    EXPECT_EQ(finished - before, size);
    EXPECT_EQ(last_status, 0);
    close_pair();
    memory_page_free(data);
}

/* What a frontend may say of its ring's pages: too many, some that it did not grant, other than before. */
static void check_lying_ring(void)
{
    grant_ref_t refs[BLKBACK_RING_PAGES];
    evtchn_port_t port;

    open_pair(false, 1);
    memcpy(refs, front->queues[0].refs, sizeof(refs));
    port = front->queues[0].port;
    EXPECT_EQ(blkback_attach(back, 1, refs, BLKBACK_RING_ORDER + 1, port), -XEN_EINVAL);
    EXPECT_EQ(blkback_attach(back, 1, refs, ~0u, port), -XEN_EINVAL);
    refs[BLKBACK_RING_PAGES - 1] = ~0u;
    EXPECT_EQ(blkback_attach(back, 1, refs, BLKBACK_RING_ORDER, port), -XEN_EINVAL);
    refs[0] = ~0u;
    EXPECT_EQ(blkback_attach(back, 1, refs, BLKBACK_RING_ORDER, port), -XEN_EINVAL);
    /* The same page four times is the frontend's own loss. */
    refs[0] = refs[2] = refs[3] = refs[1];
    blkback_detach(back);
    back->again = true;
    EXPECT_EQ(blkback_attach(back, 0, refs, 0, port), -XEN_EINVAL);
    EXPECT_EQ(blkback_attach(back, 0, refs, BLKBACK_RING_ORDER, port), 0);
    blkback_work(back);
    blkback_detach(back);
    for (unsigned int i = 0; i < BLKBACK_RING_PAGES; i++) {
        EXPECT(grant_end(front->queues[0].refs[i]));
    }
    close_pair();
}

GUEST_TEST(io_block)
{
    disk_memory = memory_pages_alloc(DISK_PAGES);
    check_data(false, 1);
    check_data(true, 1);
    check_data(true, 4);
    check_lying_front(false);
    check_lying_front(true);
    for (enum front_lie kind = WRONG_ID; kind < FRONT_LIES; kind++) {
        check_lying_back(kind);
    }
    check_next_backend(32);
    check_next_backend(11);
    check_next_backend(1);
    ring_order = BLKFRONT_RING_ORDER;
    check_data(true, 4);
    check_large_ring();
    check_next_backend(1);
    check_lying_front(true);
    check_lying_ring();
    for (enum front_lie kind = WRONG_ID; kind < FRONT_LIES; kind++) {
        check_lying_back(kind);
    }
    ring_order = 0;
    memory_pages_free(disk_memory, DISK_PAGES);
}
