/* SPDX-License-Identifier: MIT */
/* The bench of the tests of what a guest sees of its CPU. */
#include "cpu_bench.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pvabi/sched.h"

#define VECTOR_GP 13u

static struct bench the_bench;

static uint8_t *guest_page(uint64_t address)
{
    uint8_t *page = calloc(1, PAGE_SIZE);

    fake_guest_memory(guest_va(address), page, PAGE_SIZE);
    return page;
}

/* A machine with AVX whose maker is Intel, and all that PV guests must not see. */
static void set_cpuid(void)
{
    fake_cpuid_set(0, 0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69);
    fake_cpuid_set(1, 0, 0x306c3, 0x05100800, ~0u, ~0u);
    fake_cpuid_set(4, 0, 0x7c004121, 0x01c0003f, 0x3f, 0);
    fake_cpuid_set(7, 0, 1, ~0u, ~0u, ~0u);
    fake_cpuid_set(7, 1, ~0u, 1, 2, 3);
    fake_cpuid_set(0xb, 0, 1, 2, 3, 4);
    fake_cpuid_set(0xd, 0, 0x207, 0x340, 0x988, 0);
    fake_cpuid_set(0xd, 1, 0xf, 0x340, 0x100, 0);
    fake_cpuid_set(0xd, 2, 0x100, 0x240, 0, 0);
    fake_cpuid_set(0xd, 9, 8, 0x980, 0, 0);
    fake_cpuid_set(0x80000000, 0, 0x80000008, 0, 0, 0);
    fake_cpuid_set(0x80000001, 0, 0, 0, ~0u, ~0u);
    fake_cpuid_set(0x80000007, 0, 1, 2, 3, ~0u);
    fake_cpuid_set(0x80000008, 0, 0x3027, ~0u, 5, 6);
}

static void set_handlers(struct vcpu *v)
{
    for (unsigned int i = 0; i < GUEST_TRAPS; i++) {
        v->cpu.traps[i] =
            (struct trap_info){.vector = (uint8_t)i, .cs = FLAT_KERNEL_CS64, .address = BENCH_HANDLER + i};
    }
    v->cpu.event = (struct guest_callback){BENCH_HANDLER + 0x1000, true};
    v->cpu.failsafe = (struct guest_callback){BENCH_HANDLER + 0x1001, false};
    v->cpu.syscall = (struct guest_callback){BENCH_HANDLER + 0x1002, true};
    v->cpu.syscall32 = (struct guest_callback){BENCH_HANDLER + 0x1003, true};
    v->cpu.sysenter = (struct guest_callback){BENCH_HANDLER + 0x1004, true};
    v->cpu.kernel_sp = BENCH_STACK;
}

/* As Linux has it: 0x10 and 0x18 its kernel's, 0x23 32-bit code, 0x2b data and 0x33 64-bit code of its users. */
static void set_gdt(struct bench *b)
{
    uint64_t frames[GUEST_GDT_FRAMES];
    mfn_t frame;

    b->d->mm.frame_max = 100;
    ck_assert_int_eq(mm_alloc(b->d, 0, 0, &frame), 0);
    fake_poke(frame, 2, 0x00af9b000000ffff);
    fake_poke(frame, 3, 0x00cf93000000ffff);
    fake_poke(frame, 4, 0x00cffb000000ffff);
    fake_poke(frame, 5, 0x00cff3000000ffff);
    fake_poke(frame, 6, 0x00affb000000ffff);
    frames[0] = frame.n;
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, frames, 16), 0);
}

struct bench *bench_start(bool privileged)
{
    struct domain_config config = {.vcpu_count = 1, .event_port_max = UINT32_MAX, .privileged = privileged};
    struct bench *b = &the_bench;

    fake_start(4096, 1);
    set_cpuid();
    ck_assert(sched_init("fair"));
    ck_assert_int_eq(timer_cpu_init(0), 0);
    domain_init();
    ck_assert_int_eq(domain_create(DOMID_INVALID, &config, &b->d), 0);
    ck_assert_int_eq(vcpu_create(b->d, 0), 0);
    b->v = b->d->vcpus[0];
    fake_run(b->v);
    b->regs = port_vcpu_regs(b->v);
    b->code = guest_page(BENCH_CODE);
    b->user_code = guest_page(BENCH_USER_CODE);
    b->data = guest_page(BENCH_DATA);
    b->stack_end = (uint64_t *)(void *)(guest_page(BENCH_STACK - PAGE_SIZE) + PAGE_SIZE);
    b->user_stack_end = (uint64_t *)(void *)(guest_page(BENCH_USER_STACK - PAGE_SIZE) + PAGE_SIZE);
    set_handlers(b->v);
    set_gdt(b);
    b->v->evtchn.info->evtchn_upcall_mask = 0;
    *b->regs = (struct cpu_user_regs){
        .rip = BENCH_CODE,
        .cs = 0x13,
        .rsp = BENCH_STACK - 0x100,
        .ss = 0x1b,
        .rflags = 0x202,
        .rcx = 0xc0c0,
        .r11 = 0x1111,
    };
    /* Both roots are an empty page: what is no buffer is not mapped. */
    ck_assert_int_eq(mm_alloc(b->d, 0, 0, &b->v->mm.kernel_root), 0);
    b->v->mm.user_root = b->v->mm.kernel_root;
    mm_update_hw_root(b->v);
    return b;
}

void bench_to_user(struct bench *b)
{
    guest_cpu_toggle(b->v);
    b->regs->rip = BENCH_USER_CODE;
    b->regs->cs = 0x33;
    b->regs->ss = 0x2b;
    b->regs->rsp = BENCH_USER_STACK - 0x108;
}

void bench_code(struct bench *b, const char *hex)
{
    uint8_t *to = (b->v->cpu.kernel_mode ? b->code : b->user_code) + (b->regs->rip & 0xfff);

    for (; *hex != '\0'; hex += 2) {
        char digits[3] = {hex[0], hex[1], '\0'};

        *to++ = (uint8_t)strtoul(digits, NULL, 16);
    }
}

void bench_exception(struct bench *b, unsigned int vector, uint32_t error_code)
{
    b->regs->error_code = error_code;
    guest_cpu_exception(b->v, b->regs, vector);
    guest_cpu_deliver(b->v, b->regs);
}

bool bench_run(struct bench *b, const char *hex)
{
    uint64_t rip = b->regs->rip;

    bench_code(b, hex);
    bench_exception(b, VECTOR_GP, 0);
    return b->regs->rip == rip + strlen(hex) / 2;
}

bool bench_run_again(struct bench *b, const char *hex)
{
    uint64_t rip = b->regs->rip, rsp = b->regs->rsp;
    bool done = bench_run(b, hex);

    b->regs->rip = rip;
    b->regs->rsp = rsp;
    return done;
}

bool bench_at_handler(const struct bench *b, unsigned int vector)
{
    return b->regs->rip == BENCH_HANDLER + vector;
}

bool bench_crashed(const struct bench *b)
{
    return b->d->shutting_down && b->d->shutdown_code == SHUTDOWN_crash;
}
