/* SPDX-License-Identifier: MIT */
/* Operations of vCPUs: scheduling, their state, what they tell of their traps and registers. */
#include "operations.h"

#include <string.h>

#include "port/cpu.h"
#include "port/time.h"
#include "pvabi/callback.h"
#include "pvabi/nmi.h"
#include "pvabi/physdev.h"
#include "pvabi/sched.h"
#include "pvabi/vcpu.h"
#include "pvabi/version.h"

static void sched_poll(void)
{
    evtchn_port_t ports[4];
    struct sched_poll op;

    memset(&op, 0, sizeof(op));
    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        ports[i] = fuzz_below(16);
    }
    op.ports.p = (void *)(uintptr_t)fuzz_put(ports, sizeof(ports)).n;
    op.nr_ports = fuzz_one_in(16) ? (unsigned int)fuzz_number() : fuzz_below(5);
    op.timeout = fuzz_one_in(2) ? 0 : port_time_now() + fuzz_u16() * 1000ull;
    fuzz_call(__HYPERVISOR_sched_op, SCHEDOP_poll, fuzz_put(&op, sizeof(op)).n, 0, 0);
}

static void sched_simple(unsigned int command, uint32_t a, unsigned int b_below)
{
    uint32_t op[2] = {a, b_below ? fuzz_below(b_below) : 0};

    fuzz_call(__HYPERVISOR_sched_op, command, fuzz_put(op, sizeof(op)).n, 0, 0);
}

void op_sched(void)
{
    switch (fuzz_below(13)) {
    case 12:
        sched_simple(SCHEDOP_shutdown_code, fuzz_below(8), 0);
        break;
    case 0:
    case 1:
        sched_simple(SCHEDOP_yield, 0, 0);
        break;
    case 2:
    case 3:
        sched_simple(SCHEDOP_block, 0, 0);
        break;
    case 4:
        sched_simple(SCHEDOP_shutdown, fuzz_below(8), 0);
        break;
    case 5:
        sched_simple(SCHEDOP_remote_shutdown, fuzz_domid(), 8);
        break;
    case 6:
        sched_simple(SCHEDOP_watchdog, fuzz_below(4), 4);
        break;
    case 7:
        sched_simple(SCHEDOP_pin_override, (uint32_t)fuzz_below(10) - 2, 0);
        break;
    case 8:
        fuzz_call(__HYPERVISOR_sched_op_compat, fuzz_below(4), fuzz_below(6), 0, 0);
        break;
    case 9:
        fuzz_call(__HYPERVISOR_set_timer_op, fuzz_one_in(2) ? fuzz_number() : port_time_now() + fuzz_u16(), 0,
                  0, 0);
        break;
    default:
        sched_poll();
    }
}

/* A frame that may be the root of a domain: one of its pool, or the first that it has. */
static mfn_t root_of(domid_t id)
{
    const struct domain *d = domain_by_id(id);

    return id < FUZZ_DOMAINS || !d || id >= DOMID_FIRST_RESERVED ? fuzz_frame_of(id, 3)
                                                                 : mfn(d->mm.frames_head);
}

/* A context for a vCPU, mostly a good one. */
guest_va_t fuzz_context_of(domid_t id)
{
    static struct vcpu_guest_context c;

    memset(&c, 0, sizeof(c));
    c.flags = fuzz_one_in(4) ? fuzz_u8() : VGCF_online | VGCF_in_kernel;
    c.ctrlreg[3] = xen_pfn_to_cr3(fuzz_one_in(4) ? fuzz_frame().n : root_of(id).n);
    c.ctrlreg[1] = fuzz_one_in(4) ? xen_pfn_to_cr3(fuzz_frame().n) : 0;
    c.user_regs.rip = fuzz_one_in(8) ? fuzz_number() : FUZZ_CODE;
    c.user_regs.rsp = c.kernel_sp = FUZZ_STACK_END - PAGE_SIZE;
    c.user_regs.cs = fuzz_one_in(8) ? fuzz_u16() : FLAT_KERNEL_CS64;
    c.event_callback_eip = fuzz_one_in(8) ? fuzz_number() : FUZZ_CODE;
    c.gdt_ents = fuzz_one_in(4) ? fuzz_number() : 0;
    c.gdt_frames[0] = fuzz_frame().n;
    c.ldt_ents = fuzz_one_in(8) ? fuzz_number() : 0;
    c.ldt_base = fuzz_address();
    c.debugreg[7] = fuzz_one_in(8) ? fuzz_u64() : 0x400;
    c.fs_base = fuzz_one_in(8) ? fuzz_number() : 0;
    return fuzz_put(&c, sizeof(c));
}

static void vcpu_areas(uint64_t vcpu)
{
    static const uint8_t commands[] = {VCPUOP_register_runstate_memory_area,
                                       VCPUOP_register_vcpu_time_memory_area, VCPUOP_get_runstate_info};
    uint64_t words[8] = {fuzz_one_in(4) ? fuzz_number() : fuzz_address()};

    if (fuzz_one_in(2)) {
        words[0] = fuzz_put(words, sizeof(words)).n;
    }
    fuzz_call(__HYPERVISOR_vcpu_op, FUZZ_PICK(commands), vcpu, fuzz_put(words, sizeof(words)).n, 0);
}

static void vcpu_info(uint64_t vcpu)
{
    struct vcpu_register_vcpu_info op = {.mfn = fuzz_one_in(4) ? fuzz_frame().n
                                                               : fuzz_frame_of(fuzz_self(), 4).n,
                                         .offset = fuzz_one_in(4) ? fuzz_u16() : fuzz_below(64) * 64u};

    fuzz_call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, vcpu, fuzz_put(&op, sizeof(op)).n, 0);
}

static void vcpu_timer(uint64_t vcpu)
{
    struct vcpu_set_singleshot_timer op = {
        fuzz_one_in(4) ? fuzz_number() : port_time_now() + fuzz_u16() * 64ull, fuzz_below(3)};
    uint64_t period = fuzz_one_in(4) ? fuzz_number() : fuzz_u16() * 1000ull;

    if (fuzz_one_in(2)) {
        fuzz_call(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, vcpu, fuzz_put(&period, sizeof(period)).n,
                  0);
    } else {
        fuzz_call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, vcpu, fuzz_put(&op, sizeof(op)).n, 0);
    }
}

void op_vcpu(void)
{
    static const uint8_t simple[] = {VCPUOP_up,
                                     VCPUOP_up,
                                     VCPUOP_down,
                                     VCPUOP_is_up,
                                     VCPUOP_stop_periodic_timer,
                                     VCPUOP_stop_singleshot_timer,
                                     VCPUOP_send_nmi,
                                     VCPUOP_get_physid,
                                     20};
    uint64_t vcpu = fuzz_one_in(16) ? fuzz_number() : fuzz_below(FUZZ_VCPUS + 1), room = 0;

    switch (fuzz_below(8)) {
    case 0:
        vcpu_areas(vcpu);
        break;
    case 1:
        vcpu_info(vcpu);
        break;
    case 2:
        vcpu_timer(vcpu);
        break;
    case 3:
        fuzz_call(__HYPERVISOR_vcpu_op, VCPUOP_initialise, vcpu, fuzz_context_of(fuzz_self()).n, 0);
        break;
    default:
        fuzz_call(__HYPERVISOR_vcpu_op, FUZZ_PICK(simple), vcpu, fuzz_put(&room, sizeof(room)).n, 0);
    }
}

static uint64_t any_code(void)
{
    return fuzz_one_in(4) ? fuzz_number() : FUZZ_CODE + fuzz_u8();
}

static void trap_table(void)
{
    struct trap_info traps[5];

    memset(traps, 0, sizeof(traps));
    for (unsigned int i = 0; i < 4; i++) {
        traps[i].vector = fuzz_u8();
        traps[i].flags = fuzz_u8();
        traps[i].cs = fuzz_one_in(2) ? fuzz_u16() : FLAT_KERNEL_CS64;
        traps[i].address = any_code();
    }
    fuzz_call(__HYPERVISOR_set_trap_table, fuzz_put(traps, sizeof(traps)).n, 0, 0, 0);
}

static void callback(void)
{
    struct callback_register op = {
        .type = (uint16_t)fuzz_below(9), .flags = (uint16_t)fuzz_below(3), .address = any_code()};

    fuzz_call(__HYPERVISOR_callback_op, fuzz_below(3), fuzz_put(&op, sizeof(op)).n, 0, 0);
}

/* What a kernel says of its entries and registers. */
void op_registers(void)
{
    uint64_t value = fuzz_number();

    switch (fuzz_below(12)) {
    case 0:
        trap_table();
        break;
    case 1:
        callback();
        break;
    case 2:
        fuzz_call(__HYPERVISOR_set_callbacks, any_code(), any_code(), any_code(), 0);
        break;
    case 3:
        fuzz_call(__HYPERVISOR_nmi_op, fuzz_below(3), fuzz_put(&value, sizeof(value)).n, 0, 0);
        break;
    case 4:
        fuzz_call(__HYPERVISOR_set_debugreg, fuzz_below(9), fuzz_one_in(2) ? value : fuzz_u64(), 0, 0);
        break;
    case 5:
        fuzz_call(__HYPERVISOR_get_debugreg, fuzz_below(9), 0, 0, 0);
        break;
    case 6:
        fuzz_call(__HYPERVISOR_set_segment_base, fuzz_below(5), value, 0, 0);
        break;
    case 7:
        fuzz_call(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS64, fuzz_one_in(4) ? value : FUZZ_STACK_END - 64,
                  0, 0);
        break;
    case 8:
        fuzz_call(__HYPERVISOR_fpu_taskswitch, fuzz_below(3), 0, 0, 0);
        break;
    case 9:
        fuzz_call(__HYPERVISOR_vm_assist, fuzz_below(3), fuzz_below(40), 0, 0);
        break;
    case 10:
        op_tables();
        break;
    default:
        fuzz_call(__HYPERVISOR_xen_version, fuzz_below(14), fuzz_put(&value, sizeof(value)).n, 0, 0);
    }
}

/* physdev_op: all of its structures are small, and begin with a number. */
void op_physdev(void)
{
    static const uint8_t commands[] = {
        PHYSDEVOP_set_iopl,         PHYSDEVOP_set_iobitmap,     PHYSDEVOP_eoi,
        PHYSDEVOP_irq_status_query, PHYSDEVOP_map_pirq,         PHYSDEVOP_unmap_pirq,
        PHYSDEVOP_apic_read,        PHYSDEVOP_alloc_irq_vector, PHYSDEVOP_setup_gsi};
    uint32_t words[10] = {0};
    unsigned int command = fuzz_one_in(4) ? fuzz_below(40) : FUZZ_PICK(commands);

    for (unsigned int i = 0; i < 4; i++) {
        words[i] = fuzz_below(26);
    }
    if (command == PHYSDEVOP_map_pirq || command == PHYSDEVOP_unmap_pirq) {
        words[0] = fuzz_domid();
        words[2] = fuzz_one_in(4) ? ~0u : words[2];
    }
    if (fuzz_one_in(8)) {
        fuzz_call(__HYPERVISOR_physdev_op_compat, fuzz_put(words, sizeof(words)).n, 0, 0, 0);
    } else {
        fuzz_call(__HYPERVISOR_physdev_op, command, fuzz_put(words, sizeof(words)).n, 0, 0);
    }
}

void op_console(void)
{
    char text[48];
    unsigned int length = fuzz_below(sizeof(text));

    for (unsigned int i = 0; i < length; i++) {
        text[i] = (char)(fuzz_u8() % 128);
    }
    fuzz_call(__HYPERVISOR_console_io, fuzz_one_in(16) ? 2 : fuzz_below(2),
              fuzz_one_in(16) ? (uint64_t)fuzz_number() : length, fuzz_put(text, sizeof(text)).n, 0);
}
