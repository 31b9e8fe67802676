/* SPDX-License-Identifier: MIT */
/* The toy kernel's bare machine: segments, gates, the APIC, the second CPU, the serial port. */
#include "ops_bare.h"

#include "guest/console.h"
#include "guest/printf.h"
#include "guest/string.h"

/* The APIC through the fourth GiB, which the kernel's root maps below its end (see bare.S). */
#define APIC          (BARE_VIRT_BASE + 0x40000000ul + 0x3ee00000ul)
#define APIC_ID       0x020
#define APIC_EOI      0x0b0
#define APIC_SVR      0x0f0
#define APIC_ICR_LOW  0x300
#define APIC_ICR_HIGH 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_TIMER_COUNT 0x380
#define APIC_TIMER_NOW   0x390
#define APIC_TIMER_DIVIDE 0x3e0
#define APIC_ENABLE      0x100
#define APIC_DIVIDE_16   3
#define APIC_INIT        0x4500
#define APIC_STARTUP     0x4600

#define PIT_HZ       1193182
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_GATE     0x61
#define CALIBRATION_MS 10
#define NS_PER_MS      1000000ul

#define COM1 0x3f8
#define COM2 0x2f8
#define UART_LSR 5
#define UART_LSR_THRE 0x20
#define ACPI_PM1_CONTROL 0x604
#define ACPI_S5          0x2000

#define MASK_IF_TF_DF 0x700
#define GATE_INTERRUPT 0x8e
#define TSS_TYPE 0x89

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, zero;
};
struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));
struct tss {
    uint32_t zero;
    uint64_t rsp[3], reserved, ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));

/* What swapgs brings in: the stack for a system call, and room for the user's rsp. */
static struct cpu {
    uint64_t entry_stack, user_rsp;
    uint64_t gdt[7];
    struct tss tss;
    char stack[BARE_STACK_SIZE] __attribute__((aligned(16)));
} cpus[KERNEL_CPUS];

static struct gate idt[256];
static uint64_t ticks_per_ms;
static char pages[1024][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

extern char bare_stubs[], bare_trampoline[], bare_trampoline_end[];
void bare_syscall(void);
void bare_spurious(void);
void bare_main(void);
void bare_second(void);
void bare_enter(struct trap_frame *frame);

static volatile uint32_t *apic(unsigned int reg)
{
    return (volatile uint32_t *)(APIC + reg);
}

static void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static void serial_put(uint16_t port, char c)
{
    while (!(x86_inb(port + UART_LSR) & UART_LSR_THRE)) {
    }
    x86_outb(port, (uint8_t)c);
}

void console_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        serial_put(COM1, text[i]);
    }
}

void *ops_page_alloc(void)
{
    static unsigned int next;

    return next < ARRAY_SIZE(pages) ? pages[next++] : NULL;
}

unsigned int ops_cpu_id(void)
{
    return *apic(APIC_ID) >> 24;
}

void ops_set_timer(uint64_t nanoseconds)
{
    *apic(APIC_TIMER_COUNT) = (uint32_t)(nanoseconds * ticks_per_ms / NS_PER_MS);
}

static void send(unsigned int cpu, uint32_t command)
{
    *apic(APIC_ICR_HIGH) = cpu << 24;
    *apic(APIC_ICR_LOW) = command;
}

void ops_send_ipi(unsigned int cpu)
{
    send(cpu, 0x4000 | BARE_VECTOR_IPI);
}

/* Counts the APIC's timer against ten milliseconds of the PIT. */
static void calibrate(void)
{
    uint16_t count = PIT_HZ / 1000 * CALIBRATION_MS;

    x86_outb(PIT_GATE, (x86_inb(PIT_GATE) & ~2) | 1);
    x86_outb(PIT_COMMAND, 0xb0);
    x86_outb(PIT_CHANNEL2, (uint8_t)count);
    x86_outb(PIT_CHANNEL2, (uint8_t)(count >> 8));
    *apic(APIC_TIMER_COUNT) = ~0u;
    while (!(x86_inb(PIT_GATE) & 0x20)) {
    }
    ticks_per_ms = (~0u - *apic(APIC_TIMER_NOW)) / CALIBRATION_MS;
    *apic(APIC_TIMER_COUNT) = 0;
}

static void set_gate(unsigned int vector, uint64_t address)
{
    idt[vector] = (struct gate){.offset_low = (uint16_t)address,
                                .selector = BARE_KERNEL_CS,
                                .type = GATE_INTERRUPT,
                                .offset_middle = (uint16_t)(address >> 16),
                                .offset_high = (uint32_t)(address >> 32)};
}

static void load_segments(struct cpu *cpu)
{
    uint64_t tss = (uint64_t)&cpu->tss;
    struct table_pointer gdt = {sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt};

    cpu->gdt[BARE_KERNEL_CS / 8] = 0x00af9b000000fffful;
    cpu->gdt[BARE_KERNEL_SS / 8] = 0x00cf93000000fffful;
    cpu->gdt[BARE_USER_SS / 8] = 0x00cff3000000fffful;
    cpu->gdt[BARE_USER_CS / 8] = 0x00affb000000fffful;
    cpu->gdt[BARE_TSS / 8] = (sizeof(cpu->tss) - 1) | (tss & 0xffffff) << 16 | (uint64_t)TSS_TYPE << 40 |
                             (tss >> 24 & 0xff) << 56;
    cpu->gdt[BARE_TSS / 8 + 1] = tss >> 32;
    cpu->entry_stack = (uint64_t)(cpu->stack + sizeof(cpu->stack));
    cpu->tss.rsp[0] = cpu->entry_stack;
    cpu->tss.io_map = sizeof(cpu->tss);
    __asm__ volatile("lgdt %0; ltr %w1" ::"m"(gdt), "r"(BARE_TSS) : "memory");
}

static void init_cpu(void)
{
    struct table_pointer idtr = {sizeof(idt) - 1, (uint64_t)idt};

    load_segments(&cpus[ops_cpu_id()]);
    __asm__ volatile("lidt %0" ::"m"(idtr));
    wrmsr(BARE_MSR_KERNEL_GS, (uint64_t)&cpus[ops_cpu_id()]);
    wrmsr(BARE_MSR_STAR, (uint64_t)BARE_KERNEL_CS << 32);
    wrmsr(BARE_MSR_LSTAR, (uint64_t)bare_syscall);
    wrmsr(BARE_MSR_SFMASK, MASK_IF_TF_DF);
    *apic(APIC_SVR) = APIC_ENABLE | BARE_VECTOR_SPURIOUS;
    *apic(APIC_TIMER_DIVIDE) = APIC_DIVIDE_16;
    *apic(APIC_LVT_TIMER) = BARE_VECTOR_TIMER;
}

/* C's end of every entry. */
void bare_enter(struct trap_frame *frame)
{
    if (frame->vector == ENTRY_SYSCALL) {
        kernel_enter(KERNEL_SYSCALL, frame);
    } else if (frame->vector == BARE_VECTOR_TIMER || frame->vector == BARE_VECTOR_IPI) {
        *apic(APIC_EOI) = 0;
        kernel_enter(KERNEL_INTERRUPT, frame);
    } else if ((frame->cs & 3) == 3) {
        kernel_enter(KERNEL_FAULT, frame);
    } else {
        printf("unexpected vector %lu at %lx, cr2 %lx\n", frame->vector, frame->rip, ops_read_cr2());
        ops_power_off(255);
    }
}

void ops_start_cpu(unsigned int id)
{
    memcpy((void *)(BARE_VIRT_BASE + BARE_TRAMPOLINE), bare_trampoline,
           (size_t)(bare_trampoline_end - bare_trampoline));
    send(id, APIC_INIT);
    for (volatile unsigned int wait = 0; wait < 1000000; wait++) {
    }
    send(id, APIC_STARTUP | BARE_TRAMPOLINE >> 12);
}

/* Says the status as guest-lib does, on the second serial port, and switches off. */
void ops_power_off(int status)
{
    char line[24];

    snprintf(line, sizeof(line), "status %d\n", status);
    for (const char *at = line; *at; at++) {
        serial_put(COM2, *at);
    }
    __asm__ volatile("outw %w0, %w1" ::"a"(ACPI_S5), "Nd"(ACPI_PM1_CONTROL));
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

void bare_second(void)
{
    init_cpu();
    kernel_second_cpu();
}

void bare_main(void)
{
    for (unsigned int vector = 0; vector < BARE_VECTORS; vector++) {
        set_gate(vector, (uint64_t)(bare_stubs + 16 * vector));
    }
    set_gate(BARE_VECTOR_SPURIOUS, (uint64_t)bare_spurious);
    /* The two PICs, which nobody needs, would deliver at vectors of exceptions. */
    x86_outb(0x21, 0xff);
    x86_outb(0xa1, 0xff);
    init_cpu();
    calibrate();
    kernel_main();
}
