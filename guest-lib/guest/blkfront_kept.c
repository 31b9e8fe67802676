/* SPDX-License-Identifier: MIT */
/*
 * The requests of a disk that a resume as another domain left without answer: kept in the order of their
 * asking, and asked again of the next backend, which may take less at once than the last and so gets one in
 * pieces.
 */
#include "guest/blkfront.h"
#include "guest/memory.h"
#include "pvabi/errno.h"

struct blkfront_kept {
    struct blkfront_kept *next;
    uint64_t order;
    enum blk_kind kind;
    void *data;
    uint64_t sector, count; /* what is still to be asked */
    bool asked;             /* all of it is */
    unsigned int pieces;    /* asked and not answered */
    int status;             /* the first failure of a piece */
    blkfront_done *done;
    void *argument;
};

static void insert(struct blkfront *front, struct blkfront_kept *kept)
{
    struct blkfront_kept **link = &front->kept;

    while (*link && (*link)->order <= kept->order) {
        link = &(*link)->next;
    }
    kept->next = *link;
    *link = kept;
}

static void keep_request(struct blkfront *front, const struct blkfront_shadow *shadow)
{
    struct blkfront_kept *kept = calloc(1, sizeof(*kept));

    *kept = (struct blkfront_kept){.order = shadow->order,
                                   .kind = shadow->kind,
                                   .data = shadow->data,
                                   .sector = shadow->sector,
                                   .count = shadow->count,
                                   .done = shadow->done,
                                   .argument = shadow->argument};
    insert(front, kept);
}

static void keep_queue(struct blkfront *front, struct blkfront_queue *queue)
{
    for (unsigned int i = 0; i < BLKFRONT_SLOTS; i++) {
        struct blkfront_shadow *shadow = &queue->shadows[i];

        if (shadow->used) {
            keep_request(front, shadow);
            shadow->used = false;
        }
        /* The table that these were in is gone. */
        for (unsigned int page = 0; page < BLKFRONT_SEGMENTS; page++) {
            shadow->refs[page] = GRANT_NONE;
        }
    }
    queue->in_flight = 0;
}

void blkfront_keep(struct blkfront *front)
{
    for (unsigned int i = 0; i < BLKFRONT_QUEUES; i++) {
        if (front->queues[i].attached) {
            keep_queue(front, &front->queues[i]);
        }
    }
    blkfront_drop_rings(front);
    front->away = true;
}

void blkfront_come_back(struct blkfront *front)
{
    front->away = false;
}

static void end(struct blkfront_kept *kept)
{
    if (kept->done) {
        kept->done(kept->argument, kept->status);
    }
    free(kept);
}

/* One piece has its answer; one that came to be kept itself, by another resume, gives it later. */
static void piece_done(void *argument, int status)
{
    struct blkfront_kept *kept = argument;

    kept->pieces--;
    kept->status = kept->status ? kept->status : status;
    if (kept->asked && !kept->pieces) {
        end(kept);
    }
}

/* One piece more, and whether that was all of it. 0, or why it was not asked. */
static int ask_piece(struct blkfront *front, struct blkfront_kept *kept)
{
    uint64_t most = kept->kind <= BLK_WRITE ? blkfront_sectors_max(front) : kept->count;
    uint64_t count = kept->count < most ? kept->count : most;
    struct blkfront_shadow wanted = {.order = kept->order,
                                     .kind = kept->kind,
                                     .data = kept->data,
                                     .sector = kept->sector,
                                     .count = count,
                                     .done = piece_done,
                                     .argument = kept};
    int error = blkfront_ask(front, (unsigned int)(front->replayed % front->queue_count), &wanted);

    if (error) {
        return error;
    }
    kept->pieces++;
    if (kept->kind <= BLK_WRITE) {
        kept->data = (char *)kept->data + count * BLK_SECTOR_SIZE;
    }
    kept->sector += count;
    kept->count -= count;
    kept->asked = kept->count == 0;
    return 0;
}

bool blkfront_replay(struct blkfront *front)
{
    bool any = false;

    while (front->kept && !front->away) {
        struct blkfront_kept *kept = front->kept;
        int error = ask_piece(front, kept);

        if (error == -XEN_EAGAIN) {
            break;
        }
        any = true;
        if (error) {
            kept->status = error;
            kept->asked = true;
        }
        if (kept->asked) {
            front->kept = kept->next;
            front->replayed++;
        }
        if (kept->asked && !kept->pieces) {
            end(kept);
        }
    }
    return any;
}

void blkfront_fail_kept(struct blkfront *front)
{
    while (front->kept) {
        struct blkfront_kept *kept = front->kept;

        front->kept = kept->next;
        kept->status = -XEN_EIO;
        kept->asked = true;
        if (!kept->pieces) {
            end(kept);
        }
    }
}
