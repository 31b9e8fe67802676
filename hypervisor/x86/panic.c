/* SPDX-License-Identifier: MIT */
/* The end of the machine's run, told as well as possible. */
#include "x86/panic.h"
#include "core/console.h"
#include "core/domain.h"
#include "lib/log.h"
#include "lib/printf.h"
#include "port/atomic.h"
#include "port/cpu.h"
#include "port/machine.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/page_table.h"
#include "x86/symbols.h"

#define BACKTRACE_MAX 24u

extern const char image_start[], image_text_end[];

static uint32_t panicking;

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

static void print_place(uintptr_t address)
{
    uintptr_t offset = 0;
    const char *name = x86_symbol(address, &offset);

    if (name) {
        log_error("    %016lx %s+%#lx", (unsigned long)address, name, (unsigned long)offset);
    } else {
        log_error("    %016lx", (unsigned long)address);
    }
}

void x86_backtrace(uintptr_t rip, uintptr_t rbp)
{
    uintptr_t block = rbp & ~(uintptr_t)(LAYOUT_CPU_SIZE - 1);

    print_place(rip);
    for (unsigned int i = 0; i < BACKTRACE_MAX && rbp >= LAYOUT_IMAGE && (rbp & 7) == 0; i++) {
        const uintptr_t *frame = (const uintptr_t *)rbp;

        if ((rbp & ~(uintptr_t)(LAYOUT_CPU_SIZE - 1)) != block || !x86_find_entry(rbp) || frame[1] == 0) {
            break;
        }
        print_place(frame[1]);
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

/* A machine that resets before it has a first domain would do so for ever, and nobody could read why. */
static void NORETURN end(void)
{
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
    x86_backtrace(regs->rip, regs->rbp);
    end();
}

void port_panic(const char *format, ...)
{
    va_list arguments;

    begin();
    va_start(arguments, format);
    print_head(format, arguments);
    va_end(arguments);
    x86_backtrace((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0));
    end();
}

void x86_panic_other_cpu(const struct cpu_user_regs *regs)
{
    log_error("  CPU %u was at:", port_cpu_id());
    print_place(regs->rip);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}
