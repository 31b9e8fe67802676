/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's heap. Small objects come from slabs: one frame cut into equal pieces of a power of two;
 * larger ones are whole blocks of frames. What a frame is used for stands in its type word, which the heap
 * owns as long as it has the frame: bits 0 to 7 the class of a slab or, with HEAP_LARGE, the order of the
 * block; 16 to 31 pieces in use; 32 to 47 the index of the first free piece plus 1. A free piece begins with
 * the index of the next one plus 1. Slabs with free pieces are listed.
 */
#include "core/heap.h"

#include "core/frame.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/lock.h"

#define HEAP_LARGE    0x100ull
#define CLASS_COUNT   8u
#define CLASS_SHIFT   4u /* the smallest piece: 16 bytes */
#define HEAP_SIZE_MAX (PAGE_SIZE << FRAME_ORDER_MAX)

static struct {
    struct spinlock lock;
    uint32_t partial[CLASS_COUNT];
    uint64_t frames;
} heap = {.lock = SPINLOCK(LOCK_HEAP)};

struct slab {
    struct frame *frame;
    uint8_t *memory;
    unsigned int class;
    unsigned int in_use;
    unsigned int free_piece; /* index + 1; 0: none */
};

static struct slab slab_of(mfn_t m)
{
    struct frame *f = frame_of(m);

    return (struct slab){f, port_hv_address(m), (unsigned int)(f->type & 0xff),
                         (unsigned int)(f->type >> 16 & 0xffff), (unsigned int)(f->type >> 32 & 0xffff)};
}

static void slab_store(const struct slab *s)
{
    port_write_u64(&s->frame->type,
                   s->class | (uint64_t)s->in_use << 16 | (uint64_t)s->free_piece << 32);
}

static uint8_t *slab_piece(const struct slab *s, unsigned int index)
{
    return s->memory + ((size_t)index << (CLASS_SHIFT + s->class));
}

static void slab_list(const struct slab *s)
{
    uint32_t n = (uint32_t)frame_number(s->frame).n, *head = &heap.partial[s->class];

    s->frame->prev = 0;
    s->frame->next = *head;
    if (*head) {
        frame_table[*head].prev = n;
    }
    *head = n;
}

static void slab_unlist(const struct slab *s)
{
    struct frame *f = s->frame;

    if (f->next) {
        frame_table[f->next].prev = f->prev;
    }
    if (f->prev) {
        frame_table[f->prev].next = f->next;
    } else {
        heap.partial[s->class] = f->next;
    }
    f->next = f->prev = 0;
}

static bool slab_new(unsigned int class)
{
    mfn_t m = frame_alloc_hv(0);
    struct slab s;
    unsigned int count = (unsigned int)(PAGE_SIZE >> (CLASS_SHIFT + class));

    if (!mfn_valid_number(m)) {
        return false;
    }
    heap.frames++;
    s = (struct slab){frame_of(m), port_hv_address(m), class, 0, 1};
    for (unsigned int i = 0; i < count; i++) {
        uint16_t next = (uint16_t)(i + 1 < count ? i + 2 : 0);

        memcpy(slab_piece(&s, i), &next, sizeof(next));
    }
    slab_store(&s);
    slab_list(&s);
    return true;
}

static void *slab_alloc(unsigned int class)
{
    struct slab s;
    uint8_t *piece;
    uint16_t next;

    if (!heap.partial[class] && !slab_new(class)) {
        return NULL;
    }
    s = slab_of(mfn(heap.partial[class]));
    piece = slab_piece(&s, s.free_piece - 1);
    memcpy(&next, piece, sizeof(next));
    s.free_piece = next;
    s.in_use++;
    slab_store(&s);
    if (!s.free_piece) {
        slab_unlist(&s);
    }
    return piece;
}

/* True: the slab is empty now and off the list; its frame is the caller's to free. */
static bool slab_free(mfn_t m, const uint8_t *piece)
{
    struct slab s = slab_of(m);
    unsigned int index = (unsigned int)((size_t)(piece - s.memory) >> (CLASS_SHIFT + s.class));
    uint16_t next = (uint16_t)s.free_piece;

    ASSERT(s.in_use > 0 && slab_piece(&s, index) == piece);
    memcpy(slab_piece(&s, index), &next, sizeof(next));
    if (!s.free_piece) {
        slab_list(&s);
    }
    s.free_piece = index + 1;
    s.in_use--;
    slab_store(&s);
    if (s.in_use == 0) {
        slab_unlist(&s);
        heap.frames--;
    }
    return s.in_use == 0;
}

static unsigned int size_class(size_t size)
{
    unsigned int class = 0;

    while (((size_t)1 << (CLASS_SHIFT + class)) < size) {
        class ++;
    }
    return class;
}

static void *large_alloc(size_t size)
{
    unsigned int order = size_class(size) + CLASS_SHIFT - PAGE_SHIFT;
    mfn_t m = frame_alloc_hv(order);

    if (!mfn_valid_number(m)) {
        return NULL;
    }
    frame_of(m)->type = HEAP_LARGE | order;
    port_add_u64(&heap.frames, 1ull << order);
    return port_hv_address(m);
}

void *heap_zalloc(size_t size)
{
    void *object;

    if (size == 0 || size > HEAP_SIZE_MAX) {
        return NULL;
    }
    if (size_class(size) >= CLASS_COUNT) {
        object = large_alloc(size);
    } else {
        struct lock_token token = lock_acquire(&heap.lock);

        object = slab_alloc(size_class(size));
        lock_release(token);
    }
    if (object) {
        memset(object, 0, size);
    }
    return object;
}

void heap_free(void *object)
{
    struct lock_token token;
    uint64_t word;
    mfn_t m;
    bool empty;

    if (!object) {
        return;
    }
    m = port_hv_frame(object);
    /* Another CPU may change a slab's counts now, but not what the frame is. */
    word = port_read_u64(&frame_of(m)->type);
    if (word & HEAP_LARGE) {
        unsigned int order = (unsigned int)(word & 0xff);

        port_add_u64(&heap.frames, ~0ull << order);
        frame_free_hv(m, order);
        return;
    }
    token = lock_acquire(&heap.lock);
    empty = slab_free(m, object);
    lock_release(token);
    if (empty) {
        frame_free_hv(m, 0);
    }
}

uint64_t heap_frame_count(void)
{
    return port_read_u64(&heap.frames);
}
