/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what happens after an exception of a guest: instruction bytes, registers and exceptions are the
 * input's. Whatever comes, only the domain may be hurt: no port, MSR or register that is not the guest's
 * changes, and nothing stays mapped or locked.
 */
#include <stdlib.h>
#include <string.h>

#include "core/domain.h"
#include "fake.h"

#define CODE         0x400000ull
#define STACK_END    0x10002000ull
#define DATA         0x20000000ull
#define MSR_LSTAR    0xc0000082u
#define MSR_EFER     0xc0000080u
#define LSTAR_VALUE  0x1234567890ull
#define PORT_ALLOWED 0x60u
#define PORT_DENIED  0x3f8u
#define CR4_CHOICE   0x5000cull /* TSD, DE, FSGSBASE, OSXSAVE */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    uint8_t vector, mode, iopl, error;
    uint16_t selector, port;
    uint64_t rax, rcx, rdx, rsi, rdi;
    uint32_t flags;
    uint8_t code[16];
} __attribute__((packed));

static struct domain *d;
static struct vcpu *v;
static uint8_t code[PAGE_SIZE], stack[2 * PAGE_SIZE], guest_data[PAGE_SIZE];

static void require(bool condition, const char *what)
{
    if (!condition) {
        fake_fail("%s", what);
    }
}

static void world_start(void)
{
    struct domain_config config = {.vcpu_count = 1, .event_port_max = UINT32_MAX};
    uint64_t frames[GUEST_GDT_FRAMES];
    mfn_t gdt;

    fake_start(1024, 1);
    fake_cpuid_set(0, 0, 0xd, 0x756e6547, 0x6c65746e, 0x49656e69);
    fake_cpuid_set(1, 0, 0, 0, ~0u, ~0u);
    fake_cpuid_set(7, 0, 0, ~0u, ~0u, ~0u);
    fake_cpuid_set(0xd, 0, 7, 0x340, 0x340, 0);
    fake_cpuid_set(0x80000000, 0, 0x80000008, 0, 0, 0);
    fake_cpuid_set(0x80000001, 0, 0, 0, ~0u, ~0u);
    fake_msr_set(MSR_LSTAR, LSTAR_VALUE);
    fake_msr_set(MSR_EFER, 0xd01);
    require(sched_init("fair"), "no scheduler");
    domain_init();
    require(domain_create(DOMID_INVALID, &config, &d) == 0 && vcpu_create(d, 0) == 0, "no domain");
    v = d->vcpus[0];
    fake_run(v);
    d->mm.frame_max = 16;
    require(mm_alloc(d, 0, 0, &gdt) == 0 && mm_alloc(d, 0, 0, &v->mm.kernel_root) == 0, "no memory");
    v->mm.user_root = v->mm.kernel_root;
    mm_update_hw_root(v);
    fake_poke(gdt, 2, 0x00affb000000ffff); /* 64-bit code */
    fake_poke(gdt, 3, 0x00cffb000000ffff); /* 32-bit code */
    frames[0] = gdt.n;
    require(guest_cpu_set_gdt(v, frames, 16) == 0, "no GDT");
    require(rangeset_add(d->io_ports, PORT_ALLOWED, PORT_ALLOWED + 3) == 0, "no ports");
    fake_guest_memory(guest_va(CODE), code, sizeof(code));
    fake_guest_memory(guest_va(STACK_END - sizeof(stack)), stack, sizeof(stack));
    fake_guest_memory(guest_va(DATA), guest_data, sizeof(guest_data));
    for (unsigned int i = 0; i < GUEST_TRAPS; i++) {
        v->cpu.traps[i] = (struct trap_info){.flags = i & 7, .address = CODE + 0x800 + i};
    }
}

static void load_input(const struct input *in)
{
    struct cpu_user_regs *regs = port_vcpu_regs(v);

    if (v->cpu.kernel_mode == (in->mode & 1)) {
        guest_cpu_toggle(v);
    }
    v->cpu.iopl = in->iopl & 3;
    v->cpu.kernel_sp = STACK_END;
    v->cpu.cr4 = in->mode & 2 ? CR4_CHOICE : 0;
    v->cpu.bounce = (struct guest_bounce){0};
    v->cpu.io_bitmap = guest_va(in->mode & 4 ? DATA : 0);
    v->cpu.io_bitmap_ports = 0x400;
    d->vm_assist = in->mode & 8 ? 1ull << VMASST_TYPE_architectural_iopl : 0;
    memcpy(code, in->code, sizeof(in->code));
    *regs = (struct cpu_user_regs){
        .rip = CODE,
        .cs = in->selector,
        .rsp = STACK_END - 0x800,
        .ss = 0x2b,
        .rflags = 2 | (in->flags & 0x10d00),
        .rax = in->rax,
        .rcx = in->rcx,
        .rdx = in->mode & 16 ? in->port : in->rdx,
        .rsi = in->rsi,
        .rdi = in->rdi,
        .error_code = in->error,
    };
}

static void check_world(void)
{
    uint64_t value;
    uint32_t written;

    require(fake_msr_get(MSR_LSTAR, &value) && value == LSTAR_VALUE, "LSTAR was written");
    require(fake_msr_get(MSR_EFER, &value) && value == 0xd01, "EFER was written");
    require(!fake_io_written(PORT_DENIED, &written) && !fake_io_written(0xcf8, &written) &&
                !fake_io_written(0x70, &written),
            "a port without right was written");
    require(!(v->cpu.cr4 & ~CR4_CHOICE), "a bit of CR4 that is not the guest's");
    require(v->cpu.xcr0 & 1 && !(v->cpu.xcr0 & ~7ull), "an XCR0 beyond the policy");
    require(!(v->cpu.dr[7] & 0x2000) && !(v->cpu.dr[7] >> 32), "a debug control that is not the guest's");
    for (unsigned int i = 0; i < 4; i++) {
        require(v->cpu.dr[i] < 0x0000800000000000 || v->cpu.dr[i] >= 0xffff880000000000,
                "a breakpoint in the hypervisor");
    }
    require(guest_address_canonical(port_gs_base()) && guest_address_canonical(port_fs_base()),
            "a base that faults");
    require(!d->shutting_down, "a guest with handlers and a stack was crashed");
    fake_check_idle();
}

/* An instruction may have moved the stack to where there is none: that ends a guest, and is not what is looked for. */
static void keep_stack(struct cpu_user_regs *regs)
{
    if (regs->rsp > STACK_END || regs->rsp < STACK_END - sizeof(stack) / 2) {
        regs->rsp = STACK_END - 0x800;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {0};

    if (!d) {
        world_start();
    }
    memcpy(&in, data, MIN(size, sizeof(in)));
    load_input(&in);
    guest_cpu_exception(v, port_vcpu_regs(v), in.vector % 32 == 14 ? 13 : in.vector % 32);
    keep_stack(port_vcpu_regs(v));
    guest_cpu_deliver(v, port_vcpu_regs(v));
    check_world();
    return 0;
}
