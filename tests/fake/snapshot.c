/* SPDX-License-Identifier: MIT */
/*
 * Snapshots: the variables of the hypervisor and of the tests' machine stand in the sections hv_data and
 * hv_bss (tests/fake/CMakeLists.txt), the rest is the arena's memory. All of it is copied without the
 * compiler's knowledge: between variables there is memory that AddressSanitizer lets nobody touch.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "fake.h"
#include "fake_internal.h"

#ifdef PARVIS_COVERAGE
void __gcov_dump(void);
void __gcov_reset(void);
#endif

#define PIECES_MAX 8u

extern uint8_t __start_hv_data[] __attribute__((weak)), __stop_hv_data[] __attribute__((weak));
extern uint8_t __start_hv_bss[] __attribute__((weak)), __stop_hv_bss[] __attribute__((weak));

static struct {
    uint8_t *start, *copy;
    size_t size;
} pieces[PIECES_MAX];

static unsigned int piece_count;

static void copy(void *to, const void *from, size_t size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
}

static void add_piece(void *start, size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (piece_count == PIECES_MAX || memory == MAP_FAILED) {
        fake_fail("no room for a snapshot");
    }
    pieces[piece_count].start = start;
    pieces[piece_count].copy = memory;
    pieces[piece_count].size = size;
    piece_count++;
}

void fake_snapshot_take(void)
{
    if (!__start_hv_bss || piece_count) {
        fake_fail("no snapshot can be taken: not linked for it, or there is one");
    }
    fake_check_idle();
    fake_memory_save();
    fake_memory_pieces(add_piece);
    add_piece(__start_hv_data, (size_t)(__stop_hv_data - __start_hv_data));
    add_piece(__start_hv_bss, (size_t)(__stop_hv_bss - __start_hv_bss));
    for (unsigned int i = 0; i < piece_count; i++) {
        copy(pieces[i].copy, pieces[i].start, pieces[i].size);
    }
}

/* The counters of gcov are variables, too: they are put away first. */
static void keep_coverage(void)
{
#ifdef PARVIS_COVERAGE
    __gcov_dump();
    __gcov_reset();
#endif
}

void fake_snapshot_restore(void)
{
    keep_coverage();
    fake_memory_restore();
    for (unsigned int i = 0; i < piece_count; i++) {
        copy(pieces[i].start, pieces[i].copy, pieces[i].size);
    }
    fake_memory_repoison();
    fake_heap_reset();
    fake_thread_reset();
}
