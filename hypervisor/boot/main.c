/* SPDX-License-Identifier: MIT */
/* Start of day on the first CPU: the order of initialisation, and nothing else. */
#include "boot/command_line.h"
#include "boot/dom0.h"
#include "core/console.h"
#include "core/domain.h"
#include "core/frame.h"
#include "core/page_table.h"
#include "core/stretch.h"
#include "core/version.h"
#include "lib/log.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/machine.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/boot_alloc.h"
#include "x86/cpu.h"
#include "x86/device.h"
#include "x86/descriptors.h"
#include "x86/efi.h"
#include "x86/exit.h"
#include "x86/interrupts.h"
#include "x86/ioapic.h"
#include "x86/l1tf.h"
#include "x86/loader.h"
#include "x86/page_table.h"
#include "x86/serial.h"
#include "x86/smp.h"
#include "x86/time.h"
#include "x86/xpti.h"

/* Entries and frames of 2 MiB of the machine-to-physical table. */
#define M2P_CHUNK_SHIFT  18
#define M2P_CHUNK_FRAMES 512u

/* 128 MiB: the hypervisor's own memory and a small first domain. */
#define RAM_FRAMES_LEAST (128u << 8)

void boot_start(uint32_t magic, uint32_t information) NORETURN;

static void NORETURN refuse(const char *why)
{
    log_error("Parvis cannot start: %s.", why);
    log_error("The machine stops here.");
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

static void set_console(void)
{
    const char *wrong = NULL;

    x86_serial_select(boot_options.console);
    for (unsigned int com = 1; com <= 2 && !wrong; com++) {
        const char *value = boot_options.com[com - 1];

        wrong = value ? x86_serial_configure(com, value) : NULL;
    }
    if (wrong) {
        refuse(wrong);
    }
    console_set_levels(boot_options.log_level, boot_options.guest_log_level);
    console_set_noreboot(boot_options.noreboot);
    console_set_to_ring(boot_options.console_to_ring);
    stretch_counted = boot_options.preempt_stats;
}

/* How many CPUs will run; their blocks are made, the first CPU's first. */
static unsigned int make_cpus(void)
{
    unsigned int count = MAX(MIN(acpi_info.cpu_count, CPU_MAX), 1u), made = 0;
    uint32_t first = x86_apic_id();

    if (boot_options.cpus != 0) {
        count = MIN(count, boot_options.cpus);
    }
    x86_cpu_block_make(made++, first);
    for (unsigned int i = 0; i < acpi_info.cpu_count && made < count; i++) {
        if (acpi_info.cpus[i].apic_id != first) {
            x86_cpu_block_make(made++, acpi_info.cpus[i].apic_id);
        }
    }
    return made;
}

static unsigned int cpu_count;

static void make_idle_vcpus(void)
{
    for (unsigned int cpu = 0; cpu < cpu_count; cpu++) {
        if (timer_cpu_init(cpu) || vcpu_create(domain_idle, cpu)) {
            port_panic("no memory for CPU %u", cpu);
        }
        x86_cpu_data(cpu)->idle = domain_idle->vcpus[cpu];
        domain_idle->vcpus[cpu]->sched.cpu = cpu;
    }
}

static void print_memory(void)
{
    log_info("memory: %llu MiB, the hypervisor took %llu KiB", (unsigned long long)frame_free_count() >> 8,
             (unsigned long long)x86_boot_taken() * 4);
}

/* The tools map the machine-to-physical table as DOMID_XEN's memory. */
static void publish_m2p(void)
{
    for (uint64_t chunk = 0; chunk << M2P_CHUNK_SHIFT < port_frame_limit(); chunk++) {
        mfn_t first = port_m2p_chunk(chunk);

        if (mfn_valid_number(first)) {
            mm_share_xen(first, M2P_CHUNK_FRAMES, false);
        }
    }
}

/* On the first CPU's own stack. */
static void start_on_stack(void)
{
    struct x86_cpu *cpu = x86_this_cpu();
    const char *wrong;

    cpu->root = (uint64_t)x86_idle_l4 - LAYOUT_DIRECT;
    x86_cpu_setup();
    x86_idt_init();
    x86_descriptors_cpu_init();
    x86_speculation_init(&boot_options.speculation);
    x86_alternatives_apply();
    x86_apic_cpu_init();
    x86_ioapic_init();
    x86_device_init(acpi_info.apic_physical);
    x86_time_init(boot_options.tsc_unstable);
    x86_cpus_online = cpumask_of(0);
    cpu->online = true;
    frame_table_init((struct frame *)LAYOUT_FRAMES, port_frame_limit());
    x86_boot_memory_release();
    print_memory();
    x86_l1tf_init(boot_options.l1tf.dom0, boot_options.l1tf.domu);
    page_table_linear_allowed = !boot_options.linear_tables_off;
    domain_init();
    publish_m2p();
    if (!sched_init(boot_options.scheduler)) {
        refuse("sched= takes fair or null");
    }
    make_idle_vcpus();
    cpu->current = cpu->idle;
    sched_cpu_up(0, cpu->idle);
    x86_smp_start(cpu_count);
    log_info("CPUs: %u", cpumask_count(port_cpus_online()));
    x86_interrupts_take_serial();
    wrong = boot_dom0_build();
    if (wrong) {
        refuse(wrong);
    }
    x86_exit_idle();
}

static uint64_t ram_frames(void)
{
    uint64_t frames = 0;

    for (unsigned int i = 0; i < x86_ram_count; i++) {
        frames += x86_ram[i].end - x86_ram[i].first;
    }
    return frames;
}

void boot_start(uint32_t magic, uint32_t information)
{
    const char *wrong;

    x86_serial_init();
    wrong = x86_loader_read(magic, information);
    if (wrong) {
        refuse(wrong);
    }
    if (!boot_options_parse(boot_info.line)) {
        refuse("its command line makes no sense (see above)");
    }
    set_console();
    log_info("Parvis: a paravirtualizing hypervisor for x86-64 (Xen 4.17's PV ABI)");
    log_info("command line: %s", boot_info.line);
    strlcpy(version_command_line, boot_info.line, sizeof(version_command_line));
    x86_boot_memory_init();
    if (ram_frames() < RAM_FRAMES_LEAST) {
        refuse("there is too little memory; give the machine at least 256 MiB");
    }
    x86_features_init();
    x86_xpti_init(boot_options.xpti.dom0, boot_options.xpti.domu);
    x86_paging_init();
    x86_efi_init();
    x86_acpi_init();
    x86_apic_init(acpi_info.apic_physical);
    cpu_count = make_cpus();
    x86_smp_prepare();
    x86_switch_stack(x86_cpu_block(0) + LAYOUT_CPU_STACK_END - 256, start_on_stack);
}
