/* SPDX-License-Identifier: MIT */
/*
 * A toy kernel: processes with address spaces of their own, pages on demand, system calls, and a timer that
 * preempts them on two CPUs.
 *
 * It is built twice from this one source; PORTING_OPS names the header with the privileged operations. One
 * lock holds the whole kernel, interrupts are masked in it, and each CPU enters it on one stack: a process
 * that does not run is no more than its saved frame.
 */
#include PORTING_OPS

#include "guest/printf.h"
#include "guest/string.h"
#include "guest/x86.h"
#include "kernel.h"

#define PROCESSES 5
/* The last one does what it must not. */
#define BAD_PROCESS PROCESSES
#define SLICE       (5 * 1000000ul)
/* Times that a process wants to have been preempted before it ends. */
#define PREEMPTIONS 3

/* User addresses: code, a stack, and a heap whose pages come when they are first touched. */
#define USER_CODE  0x8000000000ul
#define USER_STACK 0x8000200000ul
#define USER_HEAP  0x8000400000ul
#define HEAP_PAGES 4

#define SYSCALL_ID          1
#define SYSCALL_WRITE       2
#define SYSCALL_PREEMPTIONS 3
#define SYSCALL_EXIT        4

#define USER_TABLE_BITS (PTE_P | PTE_RW | PTE_U | PTE_A)
#define USER_PAGE_BITS  (PTE_P | PTE_RW | PTE_U | PTE_A | PTE_D)
#define USER_CODE_BITS  (PTE_P | PTE_U | PTE_A)

enum process_state { READY, RUNNING, ENDED };

struct process {
    unsigned int id;
    enum process_state state;
    uint64_t *root;
    struct trap_frame frame;
    unsigned int preemptions, pages, cpus; /* cpus: a bit for each that it ran on */
    uint64_t result;
};

static struct process processes[PROCESSES];
static struct {
    struct process *current;
    struct trap_frame idle;
    unsigned long interrupts;
} cpus[KERNEL_CPUS];

static volatile int kernel_lock;
static volatile unsigned int ended, cpus_up;

static void lock(void)
{
    while (__atomic_exchange_n(&kernel_lock, 1, __ATOMIC_ACQUIRE)) {
        x86_pause();
    }
}

static void unlock(void)
{
    __atomic_store_n(&kernel_lock, 0, __ATOMIC_RELEASE);
}

/* Paging. */

static unsigned int table_index(uint64_t address, unsigned int level)
{
    return address >> (PAGE_SHIFT + 9 * (level - 1)) & (PT_ENTRIES - 1);
}

/* The entry of level 1 for a user address; missing tables are made if `make` is set, else NULL. */
static uint64_t *find_entry(uint64_t *root, uint64_t address, bool make)
{
    uint64_t *table = root;

    for (unsigned int level = PT_LEVELS; level > 1; level--) {
        uint64_t *entry = &table[table_index(address, level)];

        if (!(*entry & PTE_P)) {
            uint64_t *lower = make ? ops_page_alloc() : NULL;

            if (!lower) {
                return NULL;
            }
            ops_make_table(lower, level - 1);
            ops_set_pte(entry, ops_maddr(lower) | USER_TABLE_BITS);
        }
        table = ops_from_maddr(*entry & PTE_FRAME);
    }
    return &table[table_index(address, 1)];
}

static void *map_page(struct process *process, uint64_t address, uint64_t bits)
{
    void *page = ops_page_alloc();

    ops_set_pte(find_entry(process->root, address, true), ops_maddr(page) | bits);
    process->pages++;
    return page;
}

/* Copies from a process through its tables, page by page; false if something is not mapped for it. */
static bool copy_from_user(const struct process *process, char *to, uint64_t from, size_t size)
{
    while (size) {
        size_t piece = PAGE_SIZE - (from & ~PAGE_MASK);
        uint64_t *entry = from >> 47 ? NULL : find_entry(process->root, from, false);

        piece = piece < size ? piece : size;
        if (!entry || (*entry & (PTE_P | PTE_U)) != (PTE_P | PTE_U)) {
            return false;
        }
        memcpy(to, (char *)ops_from_maddr(*entry & PTE_FRAME) + (from & ~PAGE_MASK), piece);
        to += piece;
        from += piece;
        size -= piece;
    }
    return true;
}

/* What runs in user mode: one page of code that knows no address but its own and the three above. */

static inline uint64_t user_call(uint64_t number, uint64_t first, uint64_t second)
{
    uint64_t result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second)
                     : "rcx", "r11", "memory");
    return result;
}

__attribute__((section(".text.user"), aligned(PAGE_SIZE), noreturn)) static void user_program(void)
{
    volatile char *text = (char *)USER_HEAP;
    uint64_t id = user_call(SYSCALL_ID, 0, 0), sum = 0;

    /* Each page of the heap is there at its first touch, and is this process's own. */
    for (uint64_t page = 0; page < HEAP_PAGES; page++) {
        volatile uint64_t *word = (uint64_t *)(USER_HEAP + page * PAGE_SIZE + 64);

        *word = *word + id * (page + 1);
    }
    while (user_call(SYSCALL_PREEMPTIONS, 0, 0) < PREEMPTIONS) {
        for (volatile unsigned int turn = 0; turn < 100000; turn++) {
        }
    }
    for (uint64_t page = 0; page < HEAP_PAGES; page++) {
        sum += *(volatile uint64_t *)(USER_HEAP + page * PAGE_SIZE + 64);
    }
    text[0] = (char)('0' + id);
    text[1] = ' ';
    text[2] = 'h';
    text[3] = 'i';
    text[4] = '\n';
    user_call(SYSCALL_WRITE, USER_HEAP, 5);
    if (id == BAD_PROCESS) {
        /* The kernel's own code: present, and not for user mode. */
        *(volatile uint64_t *)0xffffffff80100000ul = 0;
    }
    user_call(SYSCALL_EXIT, sum, 0);
    for (;;) {
    }
}

/* Processes. */

static void create_process(unsigned int id)
{
    struct process *process = &processes[id - 1];

    process->id = id;
    process->root = ops_page_alloc();
    for (unsigned int slot = PT_ENTRIES - OPS_KERNEL_PTES; slot < PT_ENTRIES; slot++) {
        process->root[slot] = ops_kernel_root(slot);
    }
    ops_make_table(process->root, PT_LEVELS);
    memcpy(map_page(process, USER_CODE, USER_CODE_BITS), (void *)user_program, PAGE_SIZE);
    map_page(process, USER_STACK, USER_PAGE_BITS);
    process->frame = (struct trap_frame){.rip = USER_CODE,
                                         .cs = OPS_USER_CS,
                                         .ss = OPS_USER_SS,
                                         .rflags = EFLAGS_IF | EFLAGS_MBS,
                                         .rsp = USER_STACK + PAGE_SIZE - 8};
}

static struct process *next_process(void)
{
    static unsigned int last;

    for (unsigned int tried = 0; tried < PROCESSES; tried++) {
        last = (last + 1) % PROCESSES;
        if (processes[last].state == READY) {
            return &processes[last];
        }
    }
    return NULL;
}

/* Leaves in *frame what this CPU shall do next: the next process, or its idle loop. */
static void schedule(unsigned int cpu, struct trap_frame *frame)
{
    struct process *next = next_process();

    cpus[cpu].current = next;
    if (!next) {
        *frame = cpus[cpu].idle;
        return;
    }
    next->state = RUNNING;
    next->cpus |= 1u << cpu;
    *frame = next->frame;
    ops_load_root(next->root);
    ops_set_timer(SLICE);
}

static void end_process(unsigned int cpu, uint64_t result, struct trap_frame *frame)
{
    struct process *process = cpus[cpu].current;

    process->state = ENDED;
    process->result = result;
    ended++;
    schedule(cpu, frame);
    if (ended == PROCESSES && cpu != 0) {
        ops_send_ipi(0);
    }
}

static void system_call(unsigned int cpu, struct trap_frame *frame)
{
    struct process *process = cpus[cpu].current;
    char text[16];

    switch (frame->rax) {
    case SYSCALL_ID:
        frame->rax = process->id;
        break;
    case SYSCALL_PREEMPTIONS:
        frame->rax = process->preemptions;
        break;
    case SYSCALL_WRITE:
        if (frame->rsi >= sizeof(text) || !copy_from_user(process, text, frame->rdi, frame->rsi)) {
            frame->rax = ~0ul;
            break;
        }
        text[frame->rsi] = 0;
        printf("process %s", text);
        frame->rax = frame->rsi;
        break;
    case SYSCALL_EXIT:
        end_process(cpu, frame->rdi, frame);
        break;
    default:
        frame->rax = ~0ul;
    }
}

static void fault(unsigned int cpu, struct trap_frame *frame)
{
    struct process *process = cpus[cpu].current;
    uint64_t address = ops_read_cr2();

    if (frame->vector == VECTOR_PF && address - USER_HEAP < HEAP_PAGES * PAGE_SIZE &&
        !(frame->error & PF_PRESENT)) {
        map_page(process, address & PAGE_MASK, USER_PAGE_BITS);
        return;
    }
    printf("process %u killed: vector %lu at %lx\n", process->id, frame->vector, address);
    end_process(cpu, 0, frame);
}

static void interrupt(unsigned int cpu, struct trap_frame *frame)
{
    struct process *process = cpus[cpu].current;

    cpus[cpu].interrupts++;
    if (process) {
        process->frame = *frame;
        process->state = READY;
        process->preemptions++;
    } else {
        cpus[cpu].idle = *frame;
    }
    schedule(cpu, frame);
}

void kernel_enter(enum kernel_entry entry, struct trap_frame *frame)
{
    unsigned int cpu = ops_cpu_id();

    lock();
    switch (entry) {
    case KERNEL_SYSCALL:
        system_call(cpu, frame);
        break;
    case KERNEL_FAULT:
        fault(cpu, frame);
        break;
    case KERNEL_INTERRUPT:
        interrupt(cpu, frame);
        break;
    }
    unlock();
}

static int report(void)
{
    unsigned int good = 0, used = 0;

    for (struct process *process = processes; process < processes + PROCESSES; process++) {
        uint64_t wanted = process->id == BAD_PROCESS ? 0 : process->id * HEAP_PAGES * (HEAP_PAGES + 1) / 2;

        printf("process %u: result %lu, %u pages\n", process->id, process->result, process->pages);
        good += process->result == wanted && process->preemptions >= PREEMPTIONS;
        used |= process->cpus;
    }
    printf("%u of %u processes as they should be, CPUs used: %x\n", good, PROCESSES, used);
    return good == PROCESSES && used == (1u << KERNEL_CPUS) - 1 ? 0 : 1;
}

/* Waits for interrupts, each of which may start a process; none is lost between the look and the halt. */
static void idle(void)
{
    for (;;) {
        ops_irq_disable();
        if (ended == PROCESSES) {
            return;
        }
        ops_halt();
    }
}

void kernel_main(void)
{
    printf("toy kernel on %s\n", OPS_NAME);
    for (unsigned int id = 1; id <= PROCESSES; id++) {
        create_process(id);
    }
    ops_start_cpu(1);
    while (cpus_up == 0) {
        x86_pause();
    }
    ops_send_ipi(1);
    ops_send_ipi(0);
    idle();
    ops_power_off(report());
}

void kernel_second_cpu(void)
{
    cpus_up = 1;
    for (;;) {
        ops_halt();
    }
}
