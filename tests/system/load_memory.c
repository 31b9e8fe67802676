/* SPDX-License-Identifier: MIT */
/* The load's work on memory: what page tables are written for. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

#define PAGE 4096u
#define PAGES 512u

static volatile uint32_t *load_map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        LOAD_FAIL("mmap of %zu bytes", size);
    }
    return memory;
}

static volatile uint32_t *load_word(volatile uint32_t *memory, unsigned int page)
{
    return memory + (size_t)page * (PAGE / sizeof(*memory));
}

static void load_fill(volatile uint32_t *memory, unsigned int seed)
{
    for (unsigned int page = 0; page < PAGES; page++) {
        *load_word(memory, page) = seed ^ page * 2654435761u;
    }
}

static void load_compare(volatile uint32_t *memory, unsigned int seed)
{
    for (unsigned int page = 0; page < PAGES; page++) {
        uint32_t wanted = seed ^ page * 2654435761u;

        if (*load_word(memory, page) != wanted) {
            LOAD_FAIL("page %u holds %#x, not %#x", page, *load_word(memory, page), wanted);
        }
    }
}

void load_anonymous(unsigned int round)
{
    volatile uint32_t *memory = load_map((size_t)PAGES * PAGE);

    for (unsigned int page = 0; page < PAGES; page++) {
        if (*load_word(memory, page)) {
            LOAD_FAIL("new page %u is not zero", page);
        }
    }
    load_fill(memory, round);
    load_compare(memory, round);
    munmap((void *)(uintptr_t)memory, (size_t)PAGES * PAGE);
}

static sigjmp_buf load_fault_jump;

static void load_fault(int number)
{
    (void)number;
    siglongjmp(load_fault_jump, 1);
}

/* Whether a write to the page is refused. */
static int load_write_faults(volatile uint32_t *word)
{
    if (sigsetjmp(load_fault_jump, 1)) {
        return 1;
    }
    *word = 1;
    return 0;
}

void load_protect(unsigned int round)
{
    volatile uint32_t *memory = load_map((size_t)PAGES * PAGE);
    unsigned int page = round % PAGES;

    signal(SIGSEGV, load_fault);
    load_fill(memory, round);
    mprotect((void *)(uintptr_t)memory, (size_t)PAGES * PAGE, PROT_READ);
    load_compare(memory, round);
    if (!load_write_faults(load_word(memory, page))) {
        LOAD_FAIL("a write to the read-only page %u went through", page);
    }
    mprotect((void *)(uintptr_t)memory, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE);
    load_compare(memory, round);
    if (load_write_faults(load_word(memory, page))) {
        LOAD_FAIL("a write to the writable page %u is refused", page);
    }
    munmap((void *)(uintptr_t)memory, (size_t)PAGES * PAGE);
}

void load_copy_on_write(unsigned int round)
{
    volatile uint32_t *memory = load_map((size_t)PAGES * PAGE);
    pid_t child;
    int status;

    load_fill(memory, round);
    child = fork();
    if (child == 0) {
        load_compare(memory, round);
        load_fill(memory, ~round);
        load_compare(memory, ~round);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status) {
        LOAD_FAIL("the child failed");
    }
    load_compare(memory, round);
    munmap((void *)(uintptr_t)memory, (size_t)PAGES * PAGE);
}

void load_remap(unsigned int round)
{
    size_t size = (size_t)PAGES * PAGE;
    volatile uint32_t *memory = load_map(size), *moved;

    load_fill(memory, round);
    moved = mremap((void *)(uintptr_t)memory, size, 4 * size, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) {
        LOAD_FAIL("mremap");
    }
    load_compare(moved, round);
    if (madvise((void *)(uintptr_t)moved, size, MADV_DONTNEED)) {
        LOAD_FAIL("madvise");
    }
    if (*moved) {
        LOAD_FAIL("a page that was given back is not zero");
    }
    munmap((void *)(uintptr_t)moved, 4 * size);
}

static void load_write_file(const char *path, const uint32_t *data, size_t size)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    if (file < 0 || write(file, data, size) != (ssize_t)size) {
        LOAD_FAIL("cannot write %s", path);
    }
    close(file);
}

/* Written by write(), read back through a shared mapping. */
void load_files(unsigned int round)
{
    static uint32_t data[PAGES * PAGE / sizeof(uint32_t)];
    const char *path = "/tmp/load.file";
    void *mapped;
    int file;

    for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
        data[i] = round * 2246822519u + (uint32_t)i;
    }
    load_write_file(path, data, sizeof(data));
    file = open(path, O_RDWR);
    mapped = mmap(NULL, sizeof(data), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED || memcmp(mapped, data, sizeof(data))) {
        LOAD_FAIL("%s does not hold what was written", path);
    }
    munmap(mapped, sizeof(data));
    close(file);
    unlink(path);
}
