/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's heap under AddressSanitizer: what lies behind an object in its piece, and objects that
 * were given back, cannot be touched. The heap keeps its own list in the first bytes of a free piece, so
 * these stay open, and the pieces that were freed last open for the moment of an allocation.
 */
#include "core/frame.h"
#include "core/heap.h"
#include "fake.h"
#include "fake_internal.h"
#include "poison.h"
#include "port/atomic.h"
#include "port/cpu.h"

/* As core/heap.c writes the type word of its frames. */
#define HEAP_LARGE  0x100ull
#define CLASS_MASK  0xffull
#define CLASS_SHIFT 4u
#define OWN_BYTES   16u
#define FREED_MAX   64u

static struct {
    uint8_t *start;
    size_t size;
} freed[FREED_MAX];

static unsigned int freed_next;

void *__real_heap_zalloc(size_t size);
void __real_heap_free(void *object);
void __wrap_heap_free(void *object);

static size_t piece_size(const void *object)
{
    uint64_t word = frame_of(fake_frame_of_address(object))->type;

    return word & HEAP_LARGE ? PAGE_SIZE << (word & CLASS_MASK)
                             : (size_t)1 << (CLASS_SHIFT + (word & CLASS_MASK));
}

void fake_heap_reset(void)
{
    for (unsigned int i = 0; i < FREED_MAX; i++) {
        freed[i].start = NULL;
    }
}

static void open_freed(bool open)
{
    for (unsigned int i = 0; i < FREED_MAX; i++) {
        if (freed[i].start && open) {
            unpoison(freed[i].start, freed[i].size);
        } else if (freed[i].start) {
            poison(freed[i].start, freed[i].size);
        }
    }
}

/* The piece is in use again. */
static void forget_freed(const uint8_t *object, size_t size)
{
    for (unsigned int i = 0; i < FREED_MAX; i++) {
        if (freed[i].start && freed[i].start < object + size && freed[i].start + freed[i].size > object) {
            freed[i].start = NULL;
        }
    }
}

static void *guarded_zalloc(size_t size)
{
    uint8_t *object;
    size_t piece;

    open_freed(true);
    object = __real_heap_zalloc(size);
    if (object) {
        piece = piece_size(object);
        forget_freed(object, piece);
        unpoison(object, piece);
        poison(object + size, piece - size);
    }
    open_freed(false);
    return object;
}

static bool busy; /* one CPU at a time is in the guard, though the interleaver switches within */

static void enter(void)
{
    fake_step();
    while (busy) {
        fake_relax();
    }
    busy = true;
}

void *fake_heap_zalloc(size_t size)
{
    void *object;

    if (fake_threads) {
        return __real_heap_zalloc(size);
    }
    enter();
    object = guarded_zalloc(size);
    busy = false;
    return object;
}

/* A frame that the heap has given back is poisoned as a whole; a piece of one that it still has, but for its
 * head. */
static void guarded_free(uint8_t *start)
{
    mfn_t m = fake_frame_of_address(start);
    size_t size = piece_size(start);

    unpoison(start, size);
    __real_heap_free(start);
    if (frame_of(m)->refs & FRAME_FREE) {
        forget_freed((uint8_t *)((uintptr_t)start & PAGE_MASK), ROUND_UP(size, PAGE_SIZE));
        fake_memory_disown(m, ROUND_UP(size, PAGE_SIZE) / PAGE_SIZE);
        return;
    }
    if (size > OWN_BYTES) {
        poison(start + OWN_BYTES, size - OWN_BYTES);
        if (freed[freed_next % FREED_MAX].start) {
            unpoison(freed[freed_next % FREED_MAX].start, freed[freed_next % FREED_MAX].size);
        }
        freed[freed_next % FREED_MAX].start = start + OWN_BYTES;
        freed[freed_next % FREED_MAX].size = size - OWN_BYTES;
        freed_next++;
    }
}

void __wrap_heap_free(void *object)
{
    if (!object || fake_threads) {
        __real_heap_free(object);
        return;
    }
    enter();
    guarded_free(object);
    busy = false;
}
