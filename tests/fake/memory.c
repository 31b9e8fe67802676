/* SPDX-License-Identifier: MIT */
/*
 * The tests' machine: frames. AddressSanitizer makes a frame untouchable while nobody maps it, but for frames
 * that the hypervisor has for itself.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/frame.h"
#include "core/page_type.h"
#include "fake.h"
#include "fake_internal.h"
#include "poison.h"
#include "port/atomic.h"
#include "port/guest_copy.h"
#include "port/map.h"
#include "pvabi/errno.h"


static struct {
    uint8_t *memory; /* of frame 0, though only RAM is there */
    uint64_t limit;
    uint32_t *mapped;
    bool *own; /* the hypervisor has asked for its address for good */
    bool *touched; /* since the snapshot: it was mapped, or the hypervisor had it for good */
    uint8_t *saved;
    uint64_t *m2p;
    uint64_t open;
} arena;

static void fetched_start(uint64_t limit);
static void forget_reads(void);

void fake_memory_start(uint64_t frames)
{
    uint64_t limit = FAKE_RAM_FIRST + frames;

    arena.limit = limit;
    arena.memory = mmap(NULL, limit * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    arena.mapped = calloc(limit, sizeof(*arena.mapped));
    arena.own = calloc(limit, sizeof(*arena.own));
    arena.touched = calloc(limit, sizeof(*arena.touched));
    arena.m2p = malloc(limit * sizeof(*arena.m2p));
    if (arena.memory == MAP_FAILED || !arena.mapped || !arena.own || !arena.touched || !arena.m2p) {
        fake_fail("no memory");
    }
    memset(arena.m2p, 0xff, limit * sizeof(*arena.m2p));
    /* What was in memory before is nobody's to rely on. */
    memset(arena.memory + FAKE_RAM_FIRST * PAGE_SIZE, 0xa5, frames * PAGE_SIZE);
    poison(arena.memory, limit * PAGE_SIZE);
    frame_table_init(calloc(limit, sizeof(struct frame)), limit);
    frame_add_free(mfn(FAKE_RAM_FIRST), frames);
    fetched_start(limit);
}

void fake_memory_pieces(void (*piece)(void *start, size_t size))
{
    piece(arena.mapped, arena.limit * sizeof(*arena.mapped));
    piece(arena.own, arena.limit * sizeof(*arena.own));
    piece(arena.m2p, arena.limit * sizeof(*arena.m2p));
    piece(frame_table, arena.limit * sizeof(*frame_table));
}

/* Without the compiler's knowledge: most frames are poisoned. */
static void frame_copy(void *to, const void *from)
{
    size_t size = PAGE_SIZE;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
}

void fake_memory_save(void)
{
    arena.saved = mmap(NULL, arena.limit * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena.saved == MAP_FAILED) {
        fake_fail("no memory");
    }
    for (uint64_t n = FAKE_RAM_FIRST; n < arena.limit; n++) {
        frame_copy(arena.saved + n * PAGE_SIZE, arena.memory + n * PAGE_SIZE);
        arena.touched[n] = false;
    }
}

/* Only frames that somebody could write to since then; this comes before the tables are put back. */
void fake_memory_restore(void)
{
    forget_reads();
    for (uint64_t n = FAKE_RAM_FIRST; n < arena.limit; n++) {
        if (arena.touched[n] || arena.own[n] || arena.mapped[n]) {
            frame_copy(arena.memory + n * PAGE_SIZE, arena.saved + n * PAGE_SIZE);
            arena.touched[n] = false;
        }
    }
}

void fake_memory_repoison(void)
{
    poison(arena.memory, arena.limit * PAGE_SIZE);
    for (uint64_t n = FAKE_RAM_FIRST; n < arena.limit; n++) {
        if (arena.own[n] || arena.mapped[n]) {
            unpoison(arena.memory + n * PAGE_SIZE, PAGE_SIZE);
        }
    }
}

void fake_memory_disown(mfn_t first, uint64_t count)
{
    for (uint64_t n = first.n; n < first.n + count; n++) {
        arena.own[n] = false;
        arena.touched[n] = true;
        if (arena.mapped[n] == 0) {
            poison(arena.memory + n * PAGE_SIZE, PAGE_SIZE);
        }
    }
}

static uint8_t *address_of(mfn_t m)
{
    if (!fake_is_ram(m)) {
        fake_fail("frame %#llx is no RAM", (unsigned long long)m.n);
    }
    return arena.memory + m.n * PAGE_SIZE;
}

bool fake_is_ram(mfn_t m)
{
    return m.n >= FAKE_RAM_FIRST && m.n < arena.limit;
}

uint64_t fake_frame_limit(void)
{
    return arena.limit;
}

uint64_t port_ram_frames(void)
{
    return arena.limit - FAKE_RAM_FIRST;
}

void *fake_map(mfn_t m)
{
    uint8_t *address = address_of(m);

    __atomic_add_fetch(&arena.open, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&arena.touched[m.n], true, __ATOMIC_RELAXED);
    if (__atomic_fetch_add(&arena.mapped[m.n], 1, __ATOMIC_RELAXED) == 0) {
        unpoison(address, PAGE_SIZE);
    }
    return address;
}

mfn_t fake_frame_of_address(const void *address)
{
    uint64_t offset = (uint64_t)((const uint8_t *)address - arena.memory);

    if (offset >= arena.limit * PAGE_SIZE) {
        fake_fail("%p is no address of a frame", address);
    }
    return mfn(offset / PAGE_SIZE);
}

void fake_unmap(const void *address)
{
    mfn_t m = fake_frame_of_address(address);
    uint32_t before = __atomic_fetch_sub(&arena.mapped[m.n], 1, __ATOMIC_RELAXED);

    if (before == 0) {
        fake_fail("frame %#llx is unmapped, but was not mapped", (unsigned long long)m.n);
    }
    __atomic_sub_fetch(&arena.open, 1, __ATOMIC_RELAXED);
    if (before == 1 && !arena.own[m.n] && !fake_threads) {
        poison(address_of(m), PAGE_SIZE);
    }
}

void *fake_hv_address(mfn_t m)
{
    uint8_t *address = address_of(m);

    if (fake_threads && !FAKE_POISONING) {
        return address; /* other frames' words are other CPUs' now */
    }
    /* A block of the hypervisor's is reached through its first frame; its frames may have been in use singly before. */
    for (uint64_t n = m.n; n < arena.limit && frame_table[n].refs & FRAME_HV; n++) {
        if (!arena.own[n]) {
            arena.own[n] = arena.touched[n] = true;
            unpoison(arena.memory + n * PAGE_SIZE, PAGE_SIZE);
        }
    }
    return address;
}

void fake_check_unmapped(void)
{
    if (arena.open != 0) {
        fake_fail("%llu mappings of frames were not ended", (unsigned long long)arena.open);
    }
}

void fake_m2p_set(mfn_t m, uint64_t entry)
{
    address_of(m);
    __atomic_store_n(&arena.m2p[m.n], entry, __ATOMIC_RELAXED);
}

uint64_t fake_m2p_get(mfn_t m)
{
    return m.n < arena.limit ? __atomic_load_n(&arena.m2p[m.n], __ATOMIC_RELAXED) : ~0ull;
}

void fake_clear_frame(mfn_t m)
{
    void *to = fake_map(m);

    memset(to, 0, PAGE_SIZE);
    fake_unmap(to);
}

void fake_copy_frame(mfn_t to_frame, mfn_t from_frame)
{
    void *to = fake_map(to_frame), *from = fake_map(from_frame);

    memmove(to, from, PAGE_SIZE);
    fake_unmap(from);
    fake_unmap(to);
}

uint64_t fake_peek(mfn_t m, unsigned int index)
{
    uint64_t *p = fake_map(m), value = __atomic_load_n(&p[index], __ATOMIC_RELAXED);

    fake_unmap(p);
    return value;
}

void fake_poke(mfn_t m, unsigned int index, uint64_t value)
{
    uint64_t *p = fake_map(m);

    __atomic_store_n(&p[index], value, __ATOMIC_RELAXED);
    fake_unmap(p);
}

/* ---- guest memory ---- */

#define BUFFERS_MAX    128
#define FETCH_SIZE_MAX (1u << 20)

/* Frames that one hypercall reads by a guest's addresses; what it reads of more is not looked at. */
#define FRAMES_NOTED_MAX 256u

static struct {
    guest_va_t address;
    uint8_t *memory;
    size_t size;
    uint64_t *read; /* a bit for each byte that was read since fake_single_fetch; NULL: too large a buffer */
    bool noted;     /* some bit is set */
} buffers[BUFFERS_MAX];

static unsigned int buffer_count;
static _Thread_local unsigned int buffer_last; /* the one that was used before: likely the next one's too */
static bool double_fetch, single_fetch;

/* The same of frames that guests map: their bits, and which frames have some. */
static struct {
    struct frame_reads {
        uint64_t bytes[PAGE_SIZE / 64];
        bool noted;
    } *read;
    uint32_t noted[FRAMES_NOTED_MAX];
    unsigned int count;
    bool may_alias; /* a second reading is no mistake */
} fetched;

void fake_guest_memory(guest_va_t address, void *buffer, size_t size)
{
    if (buffer_count == BUFFERS_MAX) {
        fake_fail("too many guest buffers");
    }
    buffers[buffer_count].address = address;
    buffers[buffer_count].memory = buffer;
    buffers[buffer_count].size = size;
    buffers[buffer_count].read = size <= FETCH_SIZE_MAX ? calloc(size / 64 + 1, sizeof(uint64_t)) : NULL;
    buffer_count++;
}

void fake_double_fetch(bool on)
{
    double_fetch = on;
}

static void fetched_start(uint64_t limit)
{
    fetched.read = calloc(limit, sizeof(*fetched.read));
    if (!fetched.read) {
        fake_fail("no memory");
    }
}

static void forget_reads(void)
{
    for (unsigned int i = 0; i < buffer_count; i++) {
        if (buffers[i].noted) {
            memset(buffers[i].read, 0, (buffers[i].size / 64 + 1) * sizeof(uint64_t));
            buffers[i].noted = false;
        }
    }
    while (fetched.count) {
        fetched.count--;
        fetched.read[fetched.noted[fetched.count]] = (struct frame_reads){.noted = false};
    }
}

void fake_single_fetch(bool on)
{
    single_fetch = on;
    if (on) {
        forget_reads();
    }
}

void fake_fetches_may_alias(bool may)
{
    fetched.may_alias = may;
}

/* True: the byte was read before. */
static bool frame_note_read(uint64_t n, unsigned int offset)
{
    uint64_t *word = &fetched.read[n].bytes[offset / 64], bit = 1ull << offset % 64;

    if (*word & bit) {
        return true;
    }
    if (!fetched.read[n].noted) {
        if (fetched.count == FRAMES_NOTED_MAX) {
            return false;
        }
        fetched.read[n].noted = true;
        fetched.noted[fetched.count++] = (uint32_t)n;
    }
    *word |= bit;
    return false;
}

/* What a guest may write changes as soon as it was read: another of its CPUs is as fast as that. */
static void frame_byte_was_read(mfn_t m, uint8_t *p, unsigned int offset)
{
    uint64_t word = frame_table[m.n].type;
    bool writable = page_type_of(word) == FRAME_WRITABLE || !(word & PAGE_TYPE_COUNT_MASK);

    if (!single_fetch || fake_threads) {
        return;
    }
    if (frame_note_read(m.n, offset) && !fetched.may_alias) {
        fake_fail("byte %#x of frame %#llx is read a second time", offset, (unsigned long long)m.n);
    }
    if (writable) {
        p[offset] ^= 0x5a;
    }
}

static void buffer_note_read(unsigned int buffer, uint64_t offset)
{
    uint64_t *word = buffers[buffer].read ? &buffers[buffer].read[offset / 64] : NULL;

    if (!single_fetch || !word) {
        return;
    }
    if (*word >> offset % 64 & 1) {
        fake_fail("guest memory at %#llx is read a second time",
                  (unsigned long long)(buffers[buffer].address.n + offset));
    }
    *word |= 1ull << offset % 64;
    buffers[buffer].noted = true;
}

/* The buffer that has an address; buffer_count: none. */
static unsigned int buffer_of(guest_va_t address)
{
    if (address.n - buffers[buffer_last].address.n < buffers[buffer_last].size) {
        return buffer_last;
    }
    for (unsigned int i = 0; i < buffer_count; i++) {
        if (address.n - buffers[i].address.n < buffers[i].size) {
            return buffer_last = i;
        }
    }
    return buffer_count;
}

static void buffer_byte(unsigned int buffer, uint64_t offset, uint8_t *byte, bool write)
{
    uint8_t *p = &buffers[buffer].memory[offset];

    if (write) {
        *p = *byte;
        return;
    }
    *byte = *p;
    buffer_note_read(buffer, offset);
    if (double_fetch) {
        *p ^= 0x5a;
    }
}

/* Copies one byte between the hypervisor and a guest. */
static bool guest_byte(guest_va_t address, uint8_t *byte, bool write)
{
    unsigned int buffer = buffer_of(address);
    mfn_t m;
    uint8_t *p;

    if (buffer < buffer_count) {
        buffer_byte(buffer, address.n - buffers[buffer].address.n, byte, write);
        return true;
    }
    if (!fake_touch(address, write, &m)) {
        return false;
    }
    if (!fake_is_ram(m)) { /* a device's memory, of which this machine has none */
        *byte = write ? *byte : 0xff;
        return true;
    }
    p = fake_map(m);
    if (write) {
        p[address.n % PAGE_SIZE] = *byte;
    } else {
        *byte = p[address.n % PAGE_SIZE];
        frame_byte_was_read(m, p, (unsigned int)(address.n % PAGE_SIZE));
    }
    fake_unmap(p);
    return true;
}

static int guest_bytes(guest_va_t address, uint8_t *bytes, size_t length, bool write)
{
    fake_step();
    if (!guest_range_ok(address, length) || fake_copy_fails()) {
        return -XEN_EFAULT;
    }
    for (size_t i = 0; i < length; i++) {
        if (!guest_byte(guest_va(address.n + i), &bytes[i], write)) {
            return -XEN_EFAULT;
        }
    }
    return 0;
}

int port_copy_from_guest(void *to, guest_va_t from, size_t length)
{
    return guest_bytes(from, to, length, false);
}

int port_copy_to_guest(guest_va_t to, const void *from, size_t length)
{
    return guest_bytes(to, (uint8_t *)(uintptr_t)from, length, true);
}

int port_clear_guest(guest_va_t to, size_t length)
{
    uint8_t zero = 0;

    if (!guest_range_ok(to, length) || fake_copy_fails()) {
        return -XEN_EFAULT;
    }
    for (size_t i = 0; i < length; i++) {
        if (!guest_byte(guest_va(to.n + i), &zero, true)) {
            return -XEN_EFAULT;
        }
    }
    return 0;
}

size_t port_fetch_guest(void *to, guest_va_t from, size_t length)
{
    uint8_t *bytes = to;
    size_t i;

    for (i = 0; i < length; i++) {
        if (!guest_range_ok(guest_va(from.n + i), 1) || !guest_byte(guest_va(from.n + i), &bytes[i], false)) {
            break;
        }
    }
    return i;
}
