/* SPDX-License-Identifier: MIT */
/* Each CPU's GDT page, TSS and SYSCALL stubs, and the IDT. */
#include "x86/descriptors.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/map.h"
#include "x86/cpu.h"

#define GATE_PRESENT_INTERRUPT 0x8e00ull
#define GATE_DPL3              0x6000ull
#define FIRST                  (LAYOUT_GDT_PAGE * 512) /* index of the first descriptor of the page */

#define FLAGS_CLEARED_BY_SYSCALL 0x47700u /* AC, NT, IOPL, DF, IF, TF, and VM for good measure */

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

enum {
    IST_NMI = 1,
    IST_MCE,
    IST_DF,
    IST_DB,
};

extern const uint64_t x86_entry_table[256];
extern const char x86_syscall_entry[], x86_syscall32_entry[], x86_sysenter_entry[];

struct x86_gate x86_idt[256] ALIGNED(4096);

static void set_gate(unsigned int vector, unsigned int ist, bool user)
{
    uint64_t handler = x86_entry_table[vector];

    x86_idt[vector].low = (handler & 0xffff) | (uint64_t)LAYOUT_CS << 16 | (uint64_t)ist << 32 |
                      (GATE_PRESENT_INTERRUPT | (user ? GATE_DPL3 : 0)) << 32 |
                      (handler >> 16 & 0xffff) << 48;
    x86_idt[vector].high = handler >> 32;
}

void x86_idt_init(void)
{
    for (unsigned int vector = 0; vector < 256; vector++) {
        set_gate(vector, 0, vector == 3 || vector == 4 || vector == 0x80);
    }
    set_gate(1, IST_DB, false);
    set_gate(2, IST_NMI, false);
    set_gate(8, IST_DF, false);
    set_gate(18, IST_MCE, false);
}

static void fill_gdt(struct x86_cpu *cpu)
{
    uint64_t *gdt = cpu->gdt, tss = (uint64_t)&cpu->tss, limit = sizeof(struct x86_tss) - 1;

    gdt[LAYOUT_CS / 8 - FIRST] = 0x00af9b000000ffff;
    gdt[LAYOUT_DS / 8 - FIRST] = 0x00cf93000000ffff;
    gdt[LAYOUT_GUEST_CS32 / 8 - FIRST] = 0x00cffb000000ffff;
    gdt[LAYOUT_GUEST_SS / 8 - FIRST] = 0x00cff3000000ffff;
    gdt[LAYOUT_GUEST_CS64 / 8 - FIRST] = 0x00affb000000ffff;
    gdt[LAYOUT_TSS / 8 - FIRST] = limit | (tss & 0xffffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56;
    gdt[LAYOUT_TSS / 8 - FIRST + 1] = tss >> 32;
}

static void fill_tss(struct x86_cpu *cpu)
{
    uintptr_t block = x86_cpu_block(cpu->id);

    /* Below the data selectors that struct cpu_user_regs ends with. */
    cpu->tss.rsp[0] = block + LAYOUT_CPU_STACK_END - 32;
    cpu->tss.ist[IST_NMI - 1] = block + LAYOUT_CPU_NMI_END;
    cpu->tss.ist[IST_MCE - 1] = block + LAYOUT_CPU_MCE_END;
    cpu->tss.ist[IST_DF - 1] = block + LAYOUT_CPU_DF_END;
    cpu->tss.ist[IST_DB - 1] = block + LAYOUT_CPU_DB_END;
    cpu->tss.io_bitmap = sizeof(struct x86_tss);
}

static uint8_t *put_offset(uint8_t *at, uintptr_t at_address, uintptr_t target)
{
    int32_t offset = (int32_t)(target - (at_address + 4));

    memcpy(at, &offset, sizeof(offset));
    return at + 4;
}

/*
 * A stub saves the guest's rsp in the CPU's data and switches to its stack:
 *   mov %rsp, scratch_rsp(%rip); lea stack(%rip), %rsp; jmp entry
 * writable is where the page can be written, address where it will run.
 */
static void write_stub(uint8_t *writable, uintptr_t address, struct x86_cpu *cpu, uintptr_t entry)
{
    static const uint8_t mov[] = {0x48, 0x89, 0x25}, lea[] = {0x48, 0x8d, 0x25}, jmp[] = {0xe9};
    uint8_t *at = writable;

    memcpy(at, mov, sizeof(mov));
    at = put_offset(at + sizeof(mov), address + sizeof(mov), (uintptr_t)&cpu->scratch_rsp);
    memcpy(at, lea, sizeof(lea));
    at += sizeof(lea);
    at = put_offset(at, address + (uintptr_t)(at - writable),
                    x86_cpu_block(cpu->id) + LAYOUT_CPU_STACK_END - 32);
    memcpy(at, jmp, sizeof(jmp));
    at += sizeof(jmp);
    put_offset(at, address + (uintptr_t)(at - writable), entry);
}

static void set_system_calls(struct x86_cpu *cpu, uint8_t *stubs)
{
    uintptr_t at = x86_cpu_block(cpu->id) + LAYOUT_CPU_STUBS;

    write_stub(stubs, at, cpu, (uintptr_t)x86_syscall_entry);
    write_stub(stubs + 64, at + 64, cpu, (uintptr_t)x86_syscall32_entry);
    /* User selectors for SYSRET: 32-bit code is the base, SS +8, 64-bit code +16. */
    x86_wrmsr(MSR_STAR, (uint64_t)LAYOUT_GUEST_CS32 << 48 | (uint64_t)LAYOUT_CS << 32);
    x86_wrmsr(MSR_LSTAR, at);
    x86_wrmsr(MSR_CSTAR, at + 64);
    x86_wrmsr(MSR_SYSCALL_MASK, FLAGS_CLEARED_BY_SYSCALL);
    x86_wrmsr(MSR_SYSENTER_CS, LAYOUT_CS);
    x86_wrmsr(MSR_SYSENTER_ESP, cpu->tss.rsp[0]);
    x86_wrmsr(MSR_SYSENTER_EIP, (uintptr_t)x86_sysenter_entry);
}

static void load_segments(void)
{
    __asm__ volatile("pushq %0; lea 1f(%%rip), %%rax; pushq %%rax; lretq; 1:\n\t"
                     "mov %1, %%ss\n\t"
                     "xor %%eax, %%eax; mov %%eax, %%ds; mov %%eax, %%es; mov %%eax, %%fs; mov %%eax, %%gs"
                     :
                     : "i"(LAYOUT_CS), "r"(0)
                     : "rax", "memory");
}

void x86_windows_unload(void)
{
    struct x86_cpu *cpu = x86_this_cpu();
    struct table_pointer gdt = {(LAYOUT_GDT_PAGE + 1) * PAGE_SIZE - 1,
                                (uint64_t)cpu->gdt - LAYOUT_GDT_PAGE * PAGE_SIZE};

    __asm__ volatile("lgdt %0" : : "m"(gdt));
    __asm__ volatile("lldt %w0" : : "r"(0));
}

void x86_descriptors_cpu_init(void)
{
    struct x86_cpu *cpu = x86_this_cpu();
    struct table_pointer idt_pointer = {sizeof(x86_idt) - 1, (uint64_t)x86_idt};
    uint8_t *stubs;

    fill_gdt(cpu);
    fill_tss(cpu);
    x86_windows_unload();
    load_segments();
    __asm__ volatile("ltr %w0" : : "r"(LAYOUT_TSS));
    __asm__ volatile("lidt %0" : : "m"(idt_pointer));
    stubs = x86_cpu_stubs_writable(cpu->id);
    set_system_calls(cpu, stubs);
}
