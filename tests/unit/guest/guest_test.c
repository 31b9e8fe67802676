/* SPDX-License-Identifier: MIT */
/* What guest-lib's drivers make of another domain's words: every field is held against its limits. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "guest/blk_parse.h"
#include "guest/net_checksum.h"
#include "guest/net_parse.h"
#include "guest/net_segment.h"
#include "guest/xenbus_step.h"

#define TEST_COUNT 11

static const struct blk_limits disk = {
    .sectors = 1000, .indirect_segments = 32, .flush = true, .barrier = true, .discard = true};

static struct blkif_request read_request(uint8_t segments)
{
    struct blkif_request request = {.operation = BLKIF_OP_READ, .nr_segments = segments, .id = 42};

    for (unsigned int i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
        request.seg[i] = (struct blkif_request_segment){.gref = 8 + i, .first_sect = 0, .last_sect = 7};
    }
    return request;
}

static int parse(const void *slot, const struct blk_limits *limits, struct blk_request *out)
{
    union {
        struct blkif_request direct;
        struct blkif_request_discard discard;
        struct blkif_request_indirect indirect;
    } room;

    memcpy(&room, slot, sizeof(struct blkif_request));
    return blk_parse(&room, limits, out);
}

START_TEST(a_read_is_told_whole)
{
    struct blkif_request request = read_request(3);
    static struct blk_request out;

    request.sector_number = 976;
    ck_assert_int_eq(parse(&request, &disk, &out), BLKIF_RSP_OKAY);
    ck_assert_int_eq(out.kind, BLK_READ);
    ck_assert_uint_eq(out.id, 42);
    ck_assert_uint_eq(out.count, 24);
    ck_assert_uint_eq(out.segment_count, 3);
    ck_assert_uint_eq(out.segments[2].gref, 10);
    request.sector_number = 977;
    ck_assert_int_eq(parse(&request, &disk, &out), BLKIF_RSP_ERROR);
    ck_assert_uint_eq(out.id, 42);
    request.sector_number = UINT64_MAX - 10;
    ck_assert_int_eq(parse(&request, &disk, &out), BLKIF_RSP_ERROR);
}
END_TEST

START_TEST(segments_stay_in_their_page)
{
    struct blkif_request request = read_request(2);
    static struct blk_request out;

    request.seg[1].last_sect = 8;
    ck_assert_int_eq(parse(&request, &disk, &out), BLKIF_RSP_ERROR);
    request.seg[1].last_sect = 2;
    request.seg[1].first_sect = 3;
    ck_assert_int_eq(parse(&request, &disk, &out), BLKIF_RSP_ERROR);
    request.seg[1].first_sect = 2;
    ck_assert_int_eq(parse(&request, &disk, &out), BLKIF_RSP_OKAY);
    ck_assert_uint_eq(out.count, 9);
    ck_assert_uint_eq(blk_segment_size(&out.segments[1]), 512);
    ck_assert_uint_eq(blk_segment_offset(&out.segments[1]), 1024);
}
END_TEST

START_TEST(what_is_not_offered_says_so)
{
    struct blk_limits plain = {.sectors = 1000, .readonly = true};
    struct blkif_request request = read_request(0);
    static struct blk_request out;
    static const struct {
        uint8_t operation;
        int status;
    } cases[] = {
        {BLKIF_OP_WRITE_BARRIER, BLKIF_RSP_EOPNOTSUPP},
        {BLKIF_OP_FLUSH_DISKCACHE, BLKIF_RSP_EOPNOTSUPP},
        {BLKIF_OP_DISCARD, BLKIF_RSP_EOPNOTSUPP},
        {BLKIF_OP_INDIRECT, BLKIF_RSP_EOPNOTSUPP},
        {BLKIF_OP_WRITE, BLKIF_RSP_ERROR},
        {BLKIF_OP_READ, BLKIF_RSP_ERROR},
        {BLKIF_OP_RESERVED_1, BLKIF_RSP_EOPNOTSUPP},
        {255, BLKIF_RSP_EOPNOTSUPP},
    };

    for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        request.operation = cases[i].operation;
        ck_assert_int_eq(parse(&request, &plain, &out), cases[i].status);
        ck_assert_uint_eq(out.operation, cases[i].operation);
    }
}
END_TEST

START_TEST(flushes_and_barriers)
{
    struct blkif_request request = read_request(0);
    static struct blk_request out;

    request.operation = BLKIF_OP_FLUSH_DISKCACHE;
    ck_assert_int_eq(parse(&request, &disk, &out), BLKIF_RSP_OKAY);
    ck_assert_int_eq(out.kind, BLK_FLUSH);
    request = read_request(1);
    request.operation = BLKIF_OP_WRITE_BARRIER;
    ck_assert_int_eq(parse(&request, &disk, &out), BLKIF_RSP_OKAY);
    ck_assert_int_eq(out.kind, BLK_WRITE);
    ck_assert(out.flush_after);
}
END_TEST

START_TEST(indirect_and_discard)
{
    struct blkif_request slot = {0};
    struct blkif_request_indirect indirect = {
        .operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_WRITE, .nr_segments = 32, .id = 7};
    struct blkif_request_discard discard = {
        .operation = BLKIF_OP_DISCARD, .id = 9, .sector_number = 1, .nr_sectors = 999};
    static struct blk_request out;

    indirect.indirect_grefs[0] = 77;
    memcpy(&slot, &indirect, sizeof(indirect));
    ck_assert_int_eq(parse(&slot, &disk, &out), BLKIF_RSP_OKAY);
    ck_assert(out.indirect && out.kind == BLK_WRITE && out.indirect_ref == 77 && out.id == 7);
    /* As Linux's frontend wants it. */
    ck_assert_int_eq(out.operation, BLKIF_OP_WRITE);
    indirect.nr_segments = 33;
    memcpy(&slot, &indirect, sizeof(indirect));
    ck_assert_int_eq(parse(&slot, &disk, &out), BLKIF_RSP_ERROR);
    memcpy(&slot, &discard, sizeof(discard));
    ck_assert_int_eq(parse(&slot, &disk, &out), BLKIF_RSP_OKAY);
    ck_assert_uint_eq(out.count, 999);
    discard.nr_sectors = 1000;
    memcpy(&slot, &discard, sizeof(discard));
    ck_assert_int_eq(parse(&slot, &disk, &out), BLKIF_RSP_ERROR);
    discard.nr_sectors = 1;
    discard.flag = BLKIF_DISCARD_SECURE;
    memcpy(&slot, &discard, sizeof(discard));
    ck_assert_int_eq(parse(&slot, &disk, &out), BLKIF_RSP_EOPNOTSUPP);
}
END_TEST

static void copy_slot(const void *ring, unsigned int index, struct netif_tx_request *slot)
{
    *slot = ((const struct netif_tx_request *)ring)[index];
}

START_TEST(packets_of_several_slots)
{
    struct netif_tx_request slots[] = {
        {.gref = 1, .id = 5, .size = 9000, .flags = NETTXF_more_data},
        {.gref = 2, .id = 6, .size = 4096, .flags = NETTXF_more_data},
        {.gref = 3, .id = 7, .size = 904, .offset = 3192},
    };
    struct net_packet packet;

    ck_assert_int_eq(net_parse(copy_slot, slots, 0, &packet), NET_PARTIAL);
    ck_assert_int_eq(net_parse(copy_slot, slots, 2, &packet), NET_PARTIAL);
    ck_assert_int_eq(net_parse(copy_slot, slots, 3, &packet), NET_PACKET);
    ck_assert_uint_eq(packet.piece_count, 3);
    ck_assert_uint_eq(packet.pieces[0].size, 4000);
    ck_assert_uint_eq(packet.size, 9000);
    slots[2].offset = 3193;
    ck_assert_int_eq(net_parse(copy_slot, slots, 3, &packet), NET_REFUSED);
    ck_assert_uint_eq(packet.slots, 3);
    slots[0].size = 5000;
    ck_assert_int_eq(net_parse(copy_slot, slots, 3, &packet), NET_REFUSED);
}
END_TEST

START_TEST(packets_without_end)
{
    struct netif_tx_request slots[40];
    struct net_packet packet;

    for (unsigned int i = 0; i < 40; i++) {
        slots[i] = (struct netif_tx_request){.size = 60000, .flags = NETTXF_more_data};
    }
    ck_assert_int_eq(net_parse(copy_slot, slots, NET_PIECES_MAX - 1, &packet), NET_PARTIAL);
    ck_assert_int_eq(net_parse(copy_slot, slots, NET_PIECES_MAX, &packet), NET_BROKEN);
    ck_assert_int_eq(net_parse(copy_slot, slots, 40, &packet), NET_BROKEN);
    slots[0].flags = NETTXF_extra_info;
    for (unsigned int i = 1; i < 40; i++) {
        struct netif_extra_info extra = {.type = XEN_NETIF_EXTRA_TYPE_HASH,
                                         .flags = XEN_NETIF_EXTRA_FLAG_MORE};

        memcpy(&slots[i], &extra, sizeof(extra));
    }
    ck_assert_int_eq(net_parse(copy_slot, slots, 40, &packet), NET_BROKEN);
}
END_TEST

/* Two ends that only follow the function come to Connected from any order of their turns, and to Closed. */
START_TEST(the_handshake_ends)
{
    static const enum xenbus_state after[] = {[XENBUS_ANNOUNCE] = XenbusStateInitWait,
                                              [XENBUS_PUBLISH] = XenbusStateInitialised,
                                              [XENBUS_CONNECT] = XenbusStateConnected,
                                              [XENBUS_CLOSE] = XenbusStateClosed};

    for (unsigned int order = 0; order < 1u << 12; order++) {
        enum xenbus_state states[2] = {XenbusStateInitialising, XenbusStateInitialising};
        unsigned int bits = order;

        for (unsigned int turn = 0; turn < 24; turn++, bits = bits >> 1 | (bits & 1) << 11) {
            /* After twelve turns of any order they take turns. */
            enum xenbus_role role = turn < 12 ? (enum xenbus_role)(bits & 1) : (enum xenbus_role)(turn & 1);
            enum xenbus_action action = xenbus_step(role, states[role], states[!role], true);

            states[role] = action == XENBUS_NOTHING ? states[role] : after[action];
        }
        ck_assert_int_eq(states[0], XenbusStateConnected);
        ck_assert_int_eq(states[1], XenbusStateConnected);
        states[order & 1] = XenbusStateClosing;
        ck_assert_int_eq(xenbus_step(!(order & 1), states[!(order & 1)], XenbusStateClosing, true),
                         XENBUS_CLOSE);
    }
    for (unsigned long theirs = 0; theirs < 20; theirs++) {
        ck_assert_int_eq(xenbus_step(XENBUS_BACK, XenbusStateConnected, theirs, false), XENBUS_CLOSE);
        ck_assert_int_eq(xenbus_step(XENBUS_BACK, XenbusStateClosed, theirs, false), XENBUS_NOTHING);
    }
    ck_assert_int_eq(xenbus_step(XENBUS_FRONT, XenbusStateInitialising, 12345, true), XENBUS_NOTHING);
    ck_assert_int_eq(xenbus_step(XENBUS_BACK, XenbusStateClosed, XenbusStateInitialising, true),
                     XENBUS_ANNOUNCE);
}
END_TEST

START_TEST(checksums)
{
    /* A UDP datagram of four bytes from 10.0.0.1:1 to 10.0.0.2:2; the sum was made by hand. */
    uint8_t frame[14 + 20 + 12] = {0, 0,  0, 0, 0, 0, 0,  0,  0, 0, 0,  0, 8, 0, 0x45, 0,
                                   0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10,   0,
                                   0, 2,  0, 1, 0, 2, 0,  12, 0, 0, 1,  2, 3, 4};

    ck_assert(net_checksum_fill(frame, sizeof(frame)));
    /* 0a00+0001+0a00+0002+0011+000c + 0001+0002+000c+0102+0304 = 1835 -> e7ca */
    ck_assert_uint_eq(frame[40], 0xe7);
    ck_assert_uint_eq(frame[41], 0xca);
    ck_assert(!net_checksum_fill(frame, 20));
    frame[17] = 200;
    ck_assert(!net_checksum_fill(frame, sizeof(frame)));
}
END_TEST

#define LARGE_SIZE 3014u

/* An Ethernet frame of TCP without options: FIN, PSH, ACK and CWR are set; the payload counts. */
static unsigned int make_large(uint8_t *frame, bool v6)
{
    unsigned int ip_size = v6 ? 40 : 20, header = 14 + ip_size + 20, total = header - 14 + LARGE_SIZE;
    uint8_t *ip = frame + 14, *tcp = ip + ip_size;

    memset(frame, 0, header);
    memcpy(frame + 12, v6 ? "\x86\xdd" : "\x08\x00", 2);
    if (v6) {
        memcpy(ip, (uint8_t[]){0x60, 0, 0, 0, (uint8_t)((total - 40) >> 8), (uint8_t)(total - 40), 6, 64}, 8);
    } else {
        memcpy(ip, (uint8_t[]){0x45, 0, (uint8_t)(total >> 8), (uint8_t)total, 0xff, 0xff, 0x40, 0, 64, 6}, 10);
    }
    memset(ip + (v6 ? 8 : 12), 7, v6 ? 32 : 8);
    memcpy(tcp, (uint8_t[]){0, 1, 0, 2, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0x50, 0x99}, 14);
    for (unsigned int i = 0; i < LARGE_SIZE; i++) {
        frame[header + i] = (uint8_t)(i * 7 + i / 256);
    }
    return header + LARGE_SIZE;
}

/* The sum over what a checksum covers, itself included, is 0. */
static unsigned int left_sum(const uint8_t *frame, unsigned int size, bool v6)
{
    unsigned int ip_size = v6 ? 40 : 20, length = size - 14 - ip_size;
    uint32_t sum = net_checksum_add(6 + length, frame + (v6 ? 22 : 26), v6 ? 32 : 8);

    return net_checksum_end(net_checksum_add(sum, frame + 14 + ip_size, length));
}

static void check_cut(bool v6)
{
    static uint8_t large[4000], piece[4000], whole[4000];
    unsigned int size = make_large(large, v6), header = size - LARGE_SIZE, done = 0, got, count = 0;
    struct net_segments segments;

    ck_assert(net_segments_begin(&segments, large, size, v6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4,
                                 1000));
    ck_assert_uint_eq(segments.count, 4);
    ck_assert_uint_eq(net_segments_largest(&segments), header + 1000);
    while ((got = net_segments_next(&segments, piece)) != 0) {
        bool last = ++count == 4;

        ck_assert_uint_eq(got, header + (last ? 14 : 1000));
        ck_assert_uint_eq(left_sum(piece, got, v6), 0);
        /* The sequence began at 0xffffff00 and went round. */
        ck_assert_uint_eq(piece[header - 14] << 8 | piece[header - 13], (done - 256) & 0xffff);
        ck_assert_uint_eq(piece[header - 7], 0x10 | (last ? 9 : 0) | (count == 1 ? 0x80 : 0));
        if (!v6) {
            ck_assert_uint_eq(net_checksum_end(net_checksum_add(0, piece + 14, 20)), 0);
            ck_assert_uint_eq(piece[16] << 8 | piece[17], got - 14);
            ck_assert_uint_eq(piece[18] << 8 | piece[19], (0xffff + count - 1) & 0xffff);
        }
        memcpy(whole + done, piece + header, got - header);
        done += got - header;
    }
    ck_assert_uint_eq(done, LARGE_SIZE);
    ck_assert_int_eq(memcmp(whole, large + header, LARGE_SIZE), 0);
}

START_TEST(large_frames_are_cut)
{
    check_cut(false);
    check_cut(true);
}
END_TEST

START_TEST(what_cannot_be_cut)
{
    static const struct {
        unsigned int at;
        uint8_t value;
    } wrong[] = {{12, 9}, {14, 0x44}, {14, 0x65}, {16, 0xff}, {20, 0x20}, {23, 17}, {46, 0x40}};
    static uint8_t large[4000];
    struct net_segments segments;

    for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        unsigned int size = make_large(large, false);

        large[wrong[i].at] = wrong[i].value;
        ck_assert(!net_segments_begin(&segments, large, size, 1, 1000));
        make_large(large, false);
        ck_assert(net_segments_begin(&segments, large, size, 1, 1000));
        ck_assert(!net_segments_begin(&segments, large, size, 1, 0));
        ck_assert(!net_segments_begin(&segments, large, size, 2, 1000));
        ck_assert(!net_segments_begin(&segments, large, 53, 1, 1000));
        ck_assert(!net_segments_begin(&segments, large, 13, 1, 1000));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest");
    TCase *all = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, all);
    tcase_add_test(all, a_read_is_told_whole);
    tcase_add_test(all, segments_stay_in_their_page);
    tcase_add_test(all, what_is_not_offered_says_so);
    tcase_add_test(all, flushes_and_barriers);
    tcase_add_test(all, indirect_and_discard);
    tcase_add_test(all, packets_of_several_slots);
    tcase_add_test(all, packets_without_end);
    tcase_add_test(all, the_handshake_ends);
    tcase_add_test(all, checksums);
    tcase_add_test(all, large_frames_are_cut);
    tcase_add_test(all, what_cannot_be_cut);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner) + (srunner_ntests_run(runner) != TEST_COUNT);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
