/* SPDX-License-Identifier: MIT */
/* The table of pv.h and pv_machine.h: each function in place of a privileged operation does that operation. */
#include "guest/pv.h"
#include "guest/pv_machine.h"

#include "guest/test.h"

#define DATA_DPL3 0x00cff3000000fffful

static uint64_t fs_word = 11, gs_word = 12;

static void check_segments(void)
{
    uint64_t *page = memory_page_alloc(), fs, gs;
    unsigned long mfn = memory_va_to_mfn(page);

    ASSERT_EQ(pt_protect(page, false), 0);
    EXPECT_EQ(pv_load_gdt(&mfn, 16), 0);
    EXPECT_EQ(pv_write_gdt_entry(&page[3], DATA_DPL3), 0);
    EXPECT_EQ(page[3] | 1ul << 40, DATA_DPL3 | 1ul << 40);
    __asm__ volatile("mov %0, %%es; mov %1, %%es" ::"r"(3 << 3 | 3), "r"(0));
    EXPECT_EQ(hypercall_set_gdt(0, 0), 0);
    EXPECT_EQ(pv_load_ldt(page, 16), 0);
    EXPECT_EQ(pv_load_ldt(NULL, 0), 0);
    EXPECT_EQ(pt_protect(page, true), 0);
    memory_page_free(page);
    EXPECT_EQ(pv_write_fs_base(HARG(&fs_word)), 0);
    EXPECT_EQ(pv_write_gs_base(HARG(&gs_word)), 0);
    __asm__ volatile("mov %%fs:0, %0; mov %%gs:0, %1" : "=r"(fs), "=r"(gs));
    EXPECT_EQ(fs, 11);
    EXPECT_EQ(gs, 12);
    EXPECT_EQ(pv_write_user_gs_base(0), 0);
    pv_write_fs_base(0);
    pv_write_gs_base(0);
}

static void check_tables(void)
{
    uint64_t *root = pt_clone_root(), *page = memory_page_alloc();
    void *window = pt_reserve(1);

    ASSERT(root != NULL);
    EXPECT_EQ(pv_set_pte(pt_entry(window, 1), memory_va_to_maddr(page) | PTE_PAGE), 0);
    EXPECT_EQ(pv_invlpg(window), 0);
    *(volatile uint64_t *)window = 13;
    EXPECT_EQ(page[0], 13);
    EXPECT_EQ(pv_set_pte(pt_entry(window, 1), 0), 0);
    EXPECT_EQ(pv_flush_tlb(), 0);
    EXPECT_EQ(pv_flush_tlb_all(), 0);
    EXPECT(!trap_write_word(window, 1));
    EXPECT_EQ(pv_read_cr2(), HARG(window));
    EXPECT_EQ(pv_write_cr3(pv_read_cr3()), 0);
    EXPECT_EQ(pv_write_user_cr3(memory_va_to_maddr(root)), 0);
    EXPECT_EQ(pv_write_user_cr3(user_root() ? memory_va_to_maddr(user_root()) : 0), 0);
    pt_free_root(root);
    memory_page_free(page);
}

/* The newer rows: tables made and freed, flushes of all, TLS. */
static void check_more_tables(void)
{
    uint64_t *page = memory_page_alloc(), *gdt = memory_page_alloc();
    void *window = pt_reserve(1);
    unsigned long mfn = memory_va_to_mfn(gdt);

    EXPECT_EQ(pv_make_table(page, 1), 0);
    /* A forbidden entry: what is right may be emulated. */
    EXPECT(!trap_write_word(page, ~0ul));
    EXPECT_EQ(pv_free_table(page), 0);
    EXPECT_EQ(pv_set_live_pte(window, memory_va_to_maddr(page) | PTE_PAGE), 0);
    *(volatile uint64_t *)window = 17;
    EXPECT_EQ(page[0], 17);
    EXPECT_EQ(pv_set_live_pte(window, 0), 0);
    EXPECT_EQ(pv_invlpg_all(window), 0);
    ASSERT_EQ(pt_protect(gdt, false), 0);
    EXPECT_EQ(pv_load_gdt(&mfn, 16), 0);
    EXPECT_EQ(pv_load_tls(gdt, 5, DATA_DPL3), 0);
    EXPECT_EQ(gdt[5] | 1ul << 40, DATA_DPL3 | 1ul << 40);
    EXPECT_EQ(pv_load_user_gs(0), 0);
    EXPECT_EQ(hypercall_set_gdt(0, 0), 0);
    EXPECT_EQ(pt_protect(gdt, true), 0);
    memory_page_free(gdt);
    memory_page_free(page);
}

/* Registers whose loads and reads are emulated, a gate, several entries at once. */
static void check_registers(void)
{
    struct trap_info gate = trap_table()[0];
    uint64_t *page = memory_page_alloc(), cr4 = pv_read_cr4();
    struct pt_batch batch = {0};
    char *window = pt_reserve(2);

    EXPECT_EQ(pv_write_idt_entry(&gate), 0);
    EXPECT(pv_read_cr0() & 1);
    pv_set_ts(true);
    EXPECT(pv_read_cr0() & CR0_TS);
    pv_set_ts(false);
    EXPECT(!(pv_read_cr0() & CR0_TS));
    pv_write_cr4(cr4);
    EXPECT_EQ(pv_read_cr4(), cr4);
    pv_add_pte(&batch, pt_entry(window, 1), memory_va_to_maddr(page) | PTE_PAGE);
    pv_add_pte(&batch, pt_entry(window + PAGE_SIZE, 1), memory_va_to_maddr(page) | PTE_PAGE);
    EXPECT_EQ(pv_end_ptes(&batch), 0);
    *(volatile uint64_t *)window = 19;
    EXPECT_EQ(*(volatile uint64_t *)(window + PAGE_SIZE), 19);
    EXPECT_EQ(pv_set_live_pte(window, 0), 0);
    EXPECT_EQ(pv_set_live_pte(window + PAGE_SIZE, 0), 0);
    /* No device's frame, and no domain's. */
    EXPECT(pv_map_device(window, 1ul << 45) < 0);
    memory_page_free(page);
}

/* A lock's waiter finds the kick that came before it slept. */
static void check_lock(void)
{
    int port = pv_bind_ipi(0);
    uint64_t stolen = pv_steal_clock();

    ASSERT(port >= 0);
    EXPECT_EQ(pv_lock_kick((evtchn_port_t)port), 0);
    EXPECT_EQ(pv_lock_wait((evtchn_port_t)port), 0);
    EXPECT(event_pending((evtchn_port_t)port));
    event_close((evtchn_port_t)port);
    EXPECT(pv_steal_clock() >= stolen);
}

static volatile unsigned int interrupts;

static void count(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    interrupts++;
}

/* pv_machine.h: interrupts, clocks, timers, registers. */
static void check_machine(void)
{
    int timer = pv_bind_virq(VIRQ_TIMER, 0), ipi = pv_bind_ipi(0);
    uint64_t before = pv_clock(), value = 0;

    ASSERT(timer >= 0 && ipi >= 0);
    EXPECT(pv_load_nmi(entry_nmi) == 0);
    EXPECT_EQ(pv_set_tick(0), 0);
    event_set_handler((evtchn_port_t)ipi, count, NULL);
    EXPECT_EQ(pv_send_ipi((evtchn_port_t)ipi), 0);
    EXPECT_EQ(interrupts, 1);
    event_set_handler((evtchn_port_t)timer, count, NULL);
    pv_irq_disable();
    EXPECT_EQ(pv_set_timer(pv_clock() + TIME_MS), 0);
    while (interrupts == 1) {
        pv_halt();
        pv_irq_disable();
    }
    pv_irq_enable();
    EXPECT(pv_clock() >= before + TIME_MS);
    EXPECT(pv_wall_clock() >= pv_clock());
    pv_relax();
    EXPECT(pv_rdmsr(MSR_EFER, &value) && value & 1);
    EXPECT_EQ(pv_cpu_id(), 0);
    event_mask((evtchn_port_t)ipi);
    pv_send_ipi((evtchn_port_t)ipi);
    EXPECT(event_pending((evtchn_port_t)ipi));
    pv_end_interrupt((evtchn_port_t)ipi);
    EXPECT(!event_pending((evtchn_port_t)ipi));
    event_close((evtchn_port_t)ipi);
    event_close((evtchn_port_t)timer);
}

GUEST_TEST(pv_operations)
{
    uint32_t out[4];

    EXPECT_EQ(pv_load_idt(trap_table()), 0);
    EXPECT_EQ(pv_load_sp0(HARG(vcpu_current()->entry_stack + VCPU_STACK_SIZE)), 0);
    EXPECT_EQ(pv_load_syscall(entry_syscall), 0);
    check_segments();
    check_tables();
    check_more_tables();
    check_registers();
    check_lock();
    check_machine();
    EXPECT_EQ(pv_write_dr(1, 0x7000), 0);
    EXPECT_EQ(pv_read_dr(1), 0x7000);
    EXPECT_EQ(pv_write_dr(1, 0), 0);
    pv_irq_disable();
    EXPECT(pv_irq_disabled());
    pv_irq_enable();
    EXPECT(!pv_irq_disabled());
    pv_cpuid(0x40000000, 0, out);
    EXPECT_EQ(out[1], 0x566e6558);
    hypercall_set_callbacks(HARG(entry_event), HARG(entry_failsafe), HARG(entry_syscall));
}
