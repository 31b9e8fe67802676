/* SPDX-License-Identifier: MIT */
/* Measures by the TSC, and counts the guest's own instructions by the trap flag. */
#include "guest/measure.h"

#include "guest/guest.h"

#define ROUNDS      5
#define LOOP_LENGTH 2
#define LOOP_TURNS  1000000ul
/* Ticks a thousand turns take may differ this much between two runs and still be a count. */
#define TOLERANCE 5

static uint64_t ticks_for_1000;
static bool counts;
static volatile uint64_t steps;

static uint64_t measure_loop(void)
{
    uint64_t start = x86_rdtsc();

    __asm__ volatile("mov %0, %%rcx\n1: dec %%rcx\n jnz 1b" ::"r"(LOOP_TURNS) : "rcx", "cc");
    return (x86_rdtsc() - start) / (LOOP_TURNS / 1000);
}

void measure_init(void)
{
    uint64_t one, two;

    time_stop_tick();
    one = measure_loop();
    two = measure_loop();
    counts = (one > two ? one - two : two - one) <= TOLERANCE;
    ticks_for_1000 = one / LOOP_LENGTH;
    printf("unit=%s\n", counts ? "instructions" : "tsc-ticks");
}

bool measure_counts(void)
{
    return counts;
}

uint64_t measure_convert(uint64_t ticks)
{
    return counts ? ticks * 1000 / ticks_for_1000 : ticks;
}

static void nothing(void *argument)
{
    (void)argument;
    __asm__ volatile("");
}

static uint64_t least(measure_act *act, void *argument, unsigned int calls)
{
    uint64_t best = ~0ul;

    for (unsigned int round = 0; round < ROUNDS; round++) {
        uint64_t start = x86_rdtsc(), took;

        for (unsigned int call = 0; call < calls; call++) {
            act(argument);
        }
        took = x86_rdtsc() - start;
        best = took < best ? took : best;
    }
    return best;
}

uint64_t measure_cost(measure_act *act, void *argument, unsigned int calls)
{
    /* Through a pointer that the compiler cannot see through, as the measured one is. */
    measure_act *volatile empty = nothing;
    uint64_t overhead = least(empty, argument, calls), took = least(act, argument, calls);

    return measure_convert(took > overhead ? took - overhead : 0) / calls;
}

void measure_print(const char *name, measure_act *act, void *argument)
{
    printf("%s=%lu\n", name, measure_cost(act, argument, 1000));
}

void measure_marked(const char *name, measure_act *act, void *argument, unsigned int calls)
{
    /* Once before, so that nothing is new. */
    act(argument);
    __asm__ volatile("nopl 0x50560001(%%rax)" ::: "memory");
    for (unsigned int call = 0; call < calls; call++) {
        act(argument);
    }
    __asm__ volatile("nopl 0x50560002(%%rax)" ::: "memory");
    printf("mark %s %u\n", name, calls);
}

static bool count_step(struct trap_frame *frame)
{
    if (trap_from_user(frame)) {
        return false;
    }
    steps++;
    return true;
}

static uint64_t count_steps(measure_act *act, void *argument)
{
    steps = 0;
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq" ::: "memory", "cc");
    act(argument);
    __asm__ volatile("pushfq; andl $~0x100, (%%rsp); popfq" ::: "memory", "cc");
    return steps;
}

uint64_t measure_own(measure_act *act, void *argument)
{
    trap_hook *before = trap_set_hook(VECTOR_DB, count_step);
    measure_act *volatile empty = nothing;
    uint64_t overhead = count_steps(empty, argument), count = count_steps(act, argument);

    trap_set_hook(VECTOR_DB, before);
    return count > overhead ? count - overhead : 0;
}
