/* SPDX-License-Identifier: MIT */
/* The end of the machine's run, told as well as possible. */
#include "x86/panic.h"
#include "core/console.h"
#include "core/domain.h"
#include "lib/log.h"
#include "lib/printf.h"
#include "port/atomic.h"
#include "port/machine.h"
#include "port/time.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/page_table.h"
#include "x86/symbols.h"

#define BACKTRACE_MAX 24u

extern const char image_start[], image_text_end[];

#define OTHERS_WAIT_NS 300000000ull

static uint32_t panicking;
static uint32_t others_turn; /* atomic: 1 when the next of the other CPUs may print */
static uint32_t others_told; /* atomic */

bool x86_panicking(void)
{
    return port_read_u32(&panicking);
}

const char *x86_symbol(uintptr_t address, uintptr_t *offset)
{
    size_t low = 0, high = x86_symbol_count;

    if (address < (uintptr_t)image_start || address >= (uintptr_t)image_text_end || high == 0) {
        return NULL;
    }
    address -= (uintptr_t)image_start;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        if (x86_symbols[middle].offset <= address) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *offset = address - x86_symbols[low].offset;
    return &x86_symbol_names[x86_symbols[low].name];
}

/* before: 1 for the address behind a call, which may be behind the end of the function that made it. */
static void print_place(uintptr_t address, uintptr_t before)
{
    uintptr_t offset = 0;
    const char *name = x86_symbol(address - before, &offset);

    offset += before;
    if (name) {
        log_error("    %016lx %s+%#lx", (unsigned long)address, name, (unsigned long)offset);
    } else {
        log_error("    %016lx", (unsigned long)address);
    }
}

static void backtrace(uintptr_t rip, uintptr_t rip_before, uintptr_t rbp)
{
    uintptr_t block = rbp & ~(uintptr_t)(LAYOUT_CPU_SIZE - 1);

    print_place(rip, rip_before);
    for (unsigned int i = 0; i < BACKTRACE_MAX && rbp >= LAYOUT_IMAGE && (rbp & 7) == 0; i++) {
        const uintptr_t *frame = (const uintptr_t *)rbp;

        if ((rbp & ~(uintptr_t)(LAYOUT_CPU_SIZE - 1)) != block || !x86_find_entry(rbp) || frame[1] == 0) {
            break;
        }
        print_place(frame[1], 1);
        if (frame[0] <= rbp) {
            break;
        }
        rbp = frame[0];
    }
}

static void print_registers(const struct cpu_user_regs *r)
{
#define N(field) ((unsigned long)r->field)
    log_error("  rip %04x:%016lx  rsp %04x:%016lx  rflags %08lx  error %x", r->cs, N(rip),
              (unsigned int)r->ss, N(rsp), N(rflags), r->error_code);
    log_error("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx", N(rax), N(rbx), N(rcx), N(rdx));
    log_error("  rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx", N(rsi), N(rdi), N(rbp), N(r8));
    log_error("  r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx", N(r9), N(r10), N(r11), N(r12));
    log_error("  r13 %016lx  r14 %016lx  r15 %016lx", N(r13), N(r14), N(r15));
    log_error("  cr2 %016lx  root %016lx", (unsigned long)x86_read_cr2(),
              (unsigned long)x86_this_cpu()->root);
#undef N
}

static void begin(void)
{
    uint32_t expected = 0;

    if (!port_cas_u32(&panicking, &expected, 1)) {
        for (;;) {
            __asm__ volatile("cli; hlt");
        }
    }
    console_panic();
    x86_apic_nmi_others();
}

/* The other CPUs tell where they were; one that does not come soon is not waited for. */
static void hear_others(void)
{
    uint64_t end = port_time_now() + OTHERS_WAIT_NS;

    port_write_release_u32(&others_turn, 1);
    while (port_read_u32(&others_told) + 1 < cpumask_count(port_cpus_online()) && port_time_now() < end) {
        __asm__ volatile("pause" ::: "memory");
    }
}

/* A machine that resets before it has a first domain would do so for ever, and nobody could read why. */
static void NORETURN end(void)
{
    hear_others();
    if (domain_first && console_panic_resets()) {
        log_error("The machine starts again.");
        port_reset();
    }
    log_error("The machine stops here.");
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

static void print_head(const char *format, va_list arguments)
{
    char text[256];
    const struct vcpu *v = port_current();

    vformat_buffer(text, sizeof(text), format, arguments);
    log_error("PANIC on CPU %u: %s", port_cpu_id(), text);
    if (v && !v->is_idle) {
        log_error("  while running d%uv%u", v->domain->id, v->id);
    } else if (v) {
        log_error("  while idle");
    }
}

void x86_panic_regs(const struct cpu_user_regs *regs, const char *format, ...)
{
    va_list arguments;

    begin();
    va_start(arguments, format);
    print_head(format, arguments);
    va_end(arguments);
    print_registers(regs);
    backtrace(regs->rip, 0, regs->rbp);
    end();
}

void port_panic(const char *format, ...)
{
    const uintptr_t *frame = __builtin_frame_address(0);
    va_list arguments;

    begin();
    va_start(arguments, format);
    print_head(format, arguments);
    va_end(arguments);
    backtrace(frame[1], 1, frame[0]);
    end();
}

void x86_panic_other_cpu(const struct cpu_user_regs *regs)
{
    uint32_t expected = 1;

    while (!port_cas_u32(&others_turn, &expected, 0)) {
        expected = 1;
        __asm__ volatile("pause" ::: "memory");
    }
    log_error("  CPU %u was at:", port_cpu_id());
    print_place(regs->rip, 0);
    port_add_u32(&others_told, 1);
    port_write_release_u32(&others_turn, 1);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}
