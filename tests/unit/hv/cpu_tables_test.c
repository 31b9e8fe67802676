/* SPDX-License-Identifier: MIT */
/* Tests of descriptors and descriptor tables, of whole contexts, and of the hypercalls that set them. */
#include <check.h>
#include <string.h>

#include "core/descriptor.h"
#include "core/page_type.h"
#include "core/pte.h"
#include "cpu_bench.h"
#include "cpu_suites.h"
#include "hypercall/hypercall.h"
#include "port/guest_copy.h"
#include "pvabi/callback.h"
#include "pvabi/errno.h"

#define LDT_ADDRESS 0x10000000ull

/* clang-format off */
static const struct {
    uint64_t before, after; /* after 0: refused */
} descriptors[] = {
    {0x00af9b000000ffff, 0x00affb000000ffff}, /* code of ring 0 */
    {0x00cf93000000ffff, 0x00cff3000000ffff}, /* data of ring 0 */
    {0x00affb000000ffff, 0x00affb000000ffff}, /* ring 3 already */
    {0x00cfb3000000ffff, 0x00cff3000000ffff}, /* ring 1 */
    {0x00001b000000ffff, 0x00001b000000ffff}, /* not present: whatever it is */
    {0x0000890000000067, 0},                  /* TSS */
    {0x0000820000000000, 0},                  /* LDT */
    {0x00008e0000000000, 0},                  /* interrupt gate */
    {0x0000850000000000, 0},                  /* task gate */
    {0x0000800000000000, 0x0000e00000000000}, /* type 0 */
    {0x0000ec0000100000, 0x00008c0000130000}, /* a call gate of DPL 3 to selector 0x10 */
    {0x0000ec00e0080000, 0},                  /* ... to the hypervisor's code */
    {0x0000ec00e0330000, 0x00008c00e0330000}, /* ... to flat code */
    {0x0000ec0100100000, 0},                  /* ... with a reserved bit */
};
/* clang-format on */

START_TEST(descriptor_table)
{
    uint64_t entry = descriptors[_i].before;
    bool good = descriptor_fix(&entry);

    ck_assert_msg(good == (descriptors[_i].after != 0), "%lx", descriptors[_i].before);
    ck_assert_msg(!good || entry == descriptors[_i].after, "%lx became %lx", descriptors[_i].before, entry);
}
END_TEST

static mfn_t guest_frame(struct bench *b)
{
    mfn_t frame;

    b->d->mm.frame_max = 1000;
    ck_assert_int_eq(mm_alloc(b->d, 0, 0, &frame), 0);
    return frame;
}

START_TEST(gdt_set_and_dropped)
{
    struct bench *b = bench_start(false);
    mfn_t frame = guest_frame(b);
    uint64_t frames[GUEST_GDT_FRAMES] = {frame.n};

    fake_poke(frame, 2, 0x00af9b000000ffff);
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, frames, 16), 0);
    ck_assert_uint_eq(fake_peek(frame, 2), 0x00affb000000ffff);
    ck_assert_int_eq(frame_type_now(frame), FRAME_SEGDESC);
    ck_assert_uint_eq(b->v->machine.gdt_count, 1);
    ck_assert_uint_eq(b->v->machine.gdt[0].n, frame.n);
    ck_assert_int_eq(frame_get_with_type(frame, b->d, FRAME_WRITABLE), -XEN_EINVAL);
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, frames, 7169), -XEN_EINVAL);
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, NULL, 0), 0);
    ck_assert_uint_eq(b->v->machine.gdt_count, 0);
    ck_assert(!frame_type_in_use(frame));
}
END_TEST

/* A frame that is refused leaves the old table in place, and holds nothing of the new one. */
START_TEST(gdt_refused)
{
    struct bench *b = bench_start(false);
    mfn_t good = guest_frame(b), bad = guest_frame(b);
    uint64_t old[GUEST_GDT_FRAMES] = {good.n}, frames[GUEST_GDT_FRAMES] = {good.n, bad.n};

    ck_assert_int_eq(guest_cpu_set_gdt(b->v, old, 512), 0);
    fake_poke(bad, 511, 0x0000890000000067);
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, frames, 513), -XEN_EINVAL);
    frames[1] = FAKE_RAM_FIRST + 1; /* nobody's, or another's */
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, frames, 513), -XEN_EINVAL);
    frames[1] = ~0ull;
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, frames, 513), -XEN_EINVAL);
    ck_assert_uint_eq(b->v->cpu.gdt_entries, 512);
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, NULL, 0), 0);
    ck_assert(!frame_type_in_use(good) && !frame_type_in_use(bad));
}
END_TEST

START_TEST(descriptor_updates)
{
    struct bench *b = bench_start(false);
    mfn_t frame = guest_frame(b);
    uint64_t frames[GUEST_GDT_FRAMES] = {frame.n}, at = frame.n << PAGE_SHIFT;

    ck_assert_int_eq(descriptor_update(at + 8, 0x00cf93000000ffff), 0);
    ck_assert_uint_eq(fake_peek(frame, 1), 0x00cff3000000ffff);
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, frames, 16), 0);
    ck_assert_int_eq(descriptor_update(at + 16, 0x00af9b000000ffff), 0);
    ck_assert_uint_eq(fake_peek(frame, 2), 0x00affb000000ffff);
    ck_assert_int_eq(descriptor_update(at + 4, 0), -XEN_EINVAL);
    ck_assert_int_eq(descriptor_update(at + 24, 0x0000890000000067), -XEN_EINVAL);
    ck_assert_uint_eq(fake_peek(frame, 3), 0);
    ck_assert_int_eq(descriptor_update((FAKE_RAM_FIRST + 1) << PAGE_SHIFT, 0), -XEN_EINVAL);
    ck_assert_int_eq(descriptor_update(~7ull, 0), -XEN_EINVAL);
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, NULL, 0), 0);
    ck_assert(!frame_type_in_use(frame));
}
END_TEST

START_TEST(selectors_read)
{
    struct bench *b = bench_start(false);
    mfn_t frame = guest_frame(b);
    uint64_t frames[GUEST_GDT_FRAMES] = {frame.n};
    struct descriptor_view view;

    fake_poke(frame, 4, 0x12cf9b345678ffff);
    fake_poke(frame, 5, 0x00001b000000ffff);
    ck_assert_int_eq(guest_cpu_set_gdt(b->v, frames, 6), 0);
    ck_assert(descriptor_read(b->v, 0x23, &view));
    ck_assert(view.base == 0x12345678 && view.code && view.wide && !view.long_mode);
    ck_assert(!descriptor_read(b->v, 0x2b, &view)); /* not present */
    ck_assert(!descriptor_read(b->v, 0x33, &view)); /* beyond the end */
    ck_assert(descriptor_read(b->v, FLAT_RING3_CS64, &view) && view.long_mode);
    ck_assert(!descriptor_read(b->v, 0xe008, &view)); /* the hypervisor's */
    ck_assert(!descriptor_read(b->v, 0x0f, &view));   /* no LDT */
    b->v->cpu.ldt_base = guest_va(BENCH_DATA);
    b->v->cpu.ldt_entries = 2;
    ((uint64_t *)(void *)b->data)[1] = 0x00cff3000000ffff;
    ck_assert(descriptor_read(b->v, 0x0f, &view) && !view.code);
}
END_TEST

/* A path of tables to LDT_ADDRESS; mm_walk only reads it. */
static mfn_t ldt_page(struct bench *b)
{
    mfn_t ldt = guest_frame(b), table = ldt;

    for (unsigned int level = 1; level <= 4; level++) {
        mfn_t above = guest_frame(b);

        fake_poke(above, LDT_ADDRESS >> (12 + 9 * (level - 1)) & 511,
                  pte_make(table, PTE_PRESENT | PTE_USER | (level > 1 ? PTE_WRITE : 0)));
        table = above;
    }
    b->v->mm.kernel_root = table;
    b->v->cpu.ldt_base = guest_va(LDT_ADDRESS);
    b->v->cpu.ldt_entries = 100;
    for (unsigned int i = 0; i < GUEST_LDT_PAGES; i++) {
        b->v->machine.ldt[i] = MFN_INVALID;
    }
    return ldt;
}

START_TEST(ldt_on_demand)
{
    struct bench *b = bench_start(false);
    mfn_t ldt = ldt_page(b);

    fake_poke(ldt, 1, 0x00cf93000000ffff);
    ck_assert(!guest_cpu_ldt_fault(b->v, 800)); /* behind the last entry */
    ck_assert(!guest_cpu_ldt_fault(b->v, 0x12345678));
    ck_assert(guest_cpu_ldt_fault(b->v, 8));
    ck_assert_uint_eq(b->v->machine.ldt[0].n, ldt.n);
    ck_assert_uint_eq(fake_peek(ldt, 1), 0x00cff3000000ffff);
    ck_assert(guest_cpu_ldt_fault(b->v, 16)); /* another CPU was there first: nothing more is held */
    ck_assert(guest_cpu_ldt_drop(b->v));
    ck_assert(!guest_cpu_ldt_drop(b->v));
    ck_assert(!mfn_valid_number(b->v->machine.ldt[0]));
    ck_assert(!frame_type_in_use(ldt));
    fake_poke(ldt, 2, 0x0000890000000067);
    ck_assert(frame_get_with_type(ldt, b->d, FRAME_WRITABLE) == 0);
    frame_put_with_type(ldt); /* it is looked at anew after it was writable */
    ck_assert(!guest_cpu_ldt_fault(b->v, 8));
}
END_TEST

START_TEST(trap_table_hypercall)
{
    struct bench *b = bench_start(false);
    struct trap_info *traps = (struct trap_info *)(void *)b->data;
    struct hypercall_args args = {{BENCH_DATA}};

    traps[0] = (struct trap_info){14, 4, 0x10, BENCH_HANDLER};
    traps[1] = (struct trap_info){255, 3, 0x13, BENCH_HANDLER};
    ck_assert_int_eq(hypercall_set_trap_table(&args), 0);
    ck_assert_uint_eq(b->v->cpu.traps[14].cs, 0x13);
    ck_assert_uint_eq(b->v->cpu.traps[255].flags, 3);
    ck_assert_uint_eq(b->v->cpu.traps[13].address, BENCH_HANDLER + 13);
    traps[0].address = 0x0000900000000000;
    args.arg[0] = BENCH_DATA;
    ck_assert_int_eq(hypercall_set_trap_table(&args), -XEN_EINVAL);
    args.arg[0] = 0x900000;
    ck_assert_int_eq(hypercall_set_trap_table(&args), -XEN_EFAULT);
    args.arg[0] = 0;
    ck_assert_int_eq(hypercall_set_trap_table(&args), 0);
    ck_assert_uint_eq(b->v->cpu.traps[13].address, 0);
}
END_TEST

START_TEST(trap_table_is_preempted)
{
    struct bench *b = bench_start(false);
    struct trap_info *traps = (struct trap_info *)(void *)b->data;
    struct hypercall_args args = {{BENCH_DATA}};
    unsigned int restarts = 0;
    int64_t result;

    for (unsigned int i = 0; i < 100; i++) {
        traps[i] = (struct trap_info){(uint8_t)i, 0, 0x10, BENCH_HANDLER + 0x2000 + i};
    }
    fake_preempt_every(3);
    while ((result = hypercall_set_trap_table(&args)) == HYPERCALL_RESTART) {
        restarts++;
    }
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(restarts, 33);
    for (unsigned int i = 0; i < 100; i++) {
        ck_assert_uint_eq(b->v->cpu.traps[i].address, BENCH_HANDLER + 0x2000 + i);
    }
}
END_TEST

static int64_t callback(struct bench *b, int command, uint16_t type, uint16_t flags, uint64_t address)
{
    struct callback_register request = {.type = type, .flags = flags, .address = address};
    struct hypercall_args args = {{(uint64_t)command, BENCH_DATA}};

    memcpy(b->data, &request, sizeof(request));
    return hypercall_callback_op(&args);
}

START_TEST(callbacks_hypercall)
{
    struct bench *b = bench_start(false);
    struct hypercall_args args = {{CALLBACKOP_register, 0x900000}};

    ck_assert_int_eq(callback(b, CALLBACKOP_register, CALLBACKTYPE_syscall, 0, 0xffffffff82000000), 0);
    ck_assert(b->v->cpu.syscall.address == 0xffffffff82000000 && !b->v->cpu.syscall.mask_events);
    ck_assert_int_eq(callback(b, CALLBACKOP_register, CALLBACKTYPE_syscall32, CALLBACKF_mask_events, 0x1000),
                     0);
    ck_assert(b->v->cpu.syscall32.mask_events);
    ck_assert_int_eq(callback(b, CALLBACKOP_register, CALLBACKTYPE_event, 0, 0x0000900000000000),
                     -XEN_EINVAL);
    ck_assert_int_eq(callback(b, CALLBACKOP_register, 6, 0, 0x1000), -XEN_ENOSYS);
    ck_assert_int_eq(callback(b, CALLBACKOP_register, 0xffff, 0, 0x1000), -XEN_ENOSYS);
    ck_assert_int_eq(callback(b, 2, CALLBACKTYPE_event, 0, 0x1000), -XEN_ENOSYS);
    ck_assert_int_eq(callback(b, CALLBACKOP_unregister, CALLBACKTYPE_event, 0, 0), -XEN_EINVAL);
    ck_assert_int_eq(callback(b, CALLBACKOP_register, CALLBACKTYPE_nmi, 0, 0x1000), 0);
    ck_assert_uint_eq(b->v->cpu.traps[2].address, 0x1000);
    ck_assert_int_eq(callback(b, CALLBACKOP_unregister, CALLBACKTYPE_nmi, 0, 0), 0);
    ck_assert_uint_eq(b->v->cpu.traps[2].address, 0);
    ck_assert_int_eq(hypercall_callback_op(&args), -XEN_EFAULT);
    args = (struct hypercall_args){{0x1000, 0x0000900000000000, 0x2000}};
    ck_assert_int_eq(hypercall_set_callbacks(&args), 0);
    ck_assert(b->v->cpu.event.address == 0x1000 && b->v->cpu.syscall.address == 0x2000);
}
END_TEST

START_TEST(segment_bases_hypercall)
{
    struct bench *b = bench_start(false);

    (void)b;
    ck_assert_int_eq(hypercall_set_segment_base(&(struct hypercall_args){{SEGBASE_FS, 1}}), 0);
    ck_assert_int_eq(hypercall_set_segment_base(&(struct hypercall_args){{SEGBASE_GS_USER, 2}}), 0);
    ck_assert_int_eq(hypercall_set_segment_base(&(struct hypercall_args){{SEGBASE_GS_KERNEL, 3}}), 0);
    ck_assert(port_fs_base() == 1 && port_gs_base_other() == 2 && port_gs_base() == 3);
    ck_assert_int_eq(hypercall_set_segment_base(&(struct hypercall_args){{SEGBASE_FS, 0x0000900000000000}}),
                     -XEN_EINVAL);
    ck_assert_int_eq(hypercall_set_segment_base(&(struct hypercall_args){{4, 0}}), -XEN_EINVAL);
    ck_assert_int_eq(hypercall_set_segment_base(&(struct hypercall_args){{SEGBASE_GS_USER_SEL, ~0ull}}), 0);
}
END_TEST

START_TEST(assists_hypercall)
{
    struct bench *b = bench_start(false);

    for (uint64_t type = 0; type < 70; type++) {
        bool known = type <= 5 || type == 32;

        ck_assert_int_eq(hypercall_vm_assist(&(struct hypercall_args){{VMASST_CMD_enable, type}}),
                         known ? 0 : -XEN_EINVAL);
    }
    ck_assert_uint_eq(b->d->vm_assist, 0x10000003f);
    ck_assert_int_eq(hypercall_vm_assist(&(struct hypercall_args){{VMASST_CMD_disable, 2}}), 0);
    ck_assert_uint_eq(b->d->vm_assist, 0x10000003b);
    ck_assert_int_eq(hypercall_vm_assist(&(struct hypercall_args){{2, 2}}), -XEN_ENOSYS);
}
END_TEST

START_TEST(contexts_refused)
{
    static struct vcpu_guest_context c;
    struct bench *b = bench_start(false);
    uint64_t *const addresses[] = {
        &c.user_regs.rip,         &c.user_regs.rsp,         &c.kernel_sp, &c.event_callback_eip,
        &c.failsafe_callback_eip, &c.syscall_callback_eip,  &c.fs_base,   &c.gs_base_kernel,
        &c.gs_base_user,          &c.trap_ctxt[77].address,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++) {
        memset(&c, 0, sizeof(c));
        *addresses[i] = 0x0000900000000000;
        ck_assert_int_eq(guest_cpu_load(b->v, &c), -XEN_EINVAL);
    }
    memset(&c, 0, sizeof(c));
    c.gdt_ents = 7169;
    ck_assert_int_eq(guest_cpu_load(b->v, &c), -XEN_EINVAL);
    memset(&c, 0, sizeof(c));
    c.vm_assist = 1ull << 6;
    ck_assert_int_eq(guest_cpu_load(b->v, &c), -XEN_EINVAL);
    memset(&c, 0, sizeof(c));
    c.ldt_ents = 1;
    c.ldt_base = 0xffff800000000000;
    ck_assert_int_eq(guest_cpu_load(b->v, &c), -XEN_EINVAL);
    memset(&c, 0, sizeof(c));
    c.gdt_ents = 1;
    c.gdt_frames[0] = 1ull << 40;
    ck_assert_int_eq(guest_cpu_load(b->v, &c), -XEN_EINVAL);
    ck_assert(!b->v->initialised);
}
END_TEST

/* Another domain's vCPU, with an empty root and a GDT: what a toolstack sets it can read again, but not
 * replace. */
START_TEST(contexts_round_trip)
{
    static struct vcpu_guest_context c, back;
    struct domain_config config = {.vcpu_count = 1, .event_port_max = UINT32_MAX};
    struct bench *b = bench_start(false);
    struct vcpu *v;

    ck_assert_int_eq(domain_create(DOMID_INVALID, &config, &b->d), 0);
    ck_assert_int_eq(vcpu_create(b->d, 0), 0);
    v = b->d->vcpus[0];
    c = (struct vcpu_guest_context){
        .flags = VGCF_in_kernel | VGCF_syscall_disables_events | VGCF_I387_VALID,
        .user_regs = {.rip = 0x1000, .cs = 0x10, .rflags = 0x1000, .rsp = 0x2000, .ss = 0x18, .fs = 0x2b},
        .kernel_ss = 0x18,
        .kernel_sp = 0x3000,
        .event_callback_eip = 0x4000,
        .syscall_callback_eip = 0x5000,
        .failsafe_callback_eip = 0x6000,
        .gdt_ents = 16,
        .gs_base_kernel = 0x7000,
        .fs_base = 0x8000,
        .vm_assist = 1 << VMASST_TYPE_writable_pagetables,
        .debugreg = {0x9000, [6] = 0xffff0ff0, [7] = 0x400},
    };
    c.ctrlreg[3] = xen_pfn_to_cr3(guest_frame(b).n);
    c.gdt_frames[0] = guest_frame(b).n;
    c.trap_ctxt[14] = (struct trap_info){14, 4, 0x10, 0xa000};
    memset(c.fpu_ctxt.x, 0x5a, sizeof(c.fpu_ctxt.x));
    ck_assert_int_eq(guest_cpu_load(v, &c), 0);
    ck_assert(v->initialised && v->cpu.kernel_mode && v->cpu.iopl == 1);
    ck_assert_uint_eq(b->d->vm_assist, c.vm_assist);
    ck_assert_int_eq(frame_type_now(mfn(c.gdt_frames[0])), FRAME_SEGDESC);
    ck_assert_int_eq(frame_type_now(v->mm.kernel_root), FRAME_L4);
    guest_cpu_save(v, &back);
    ck_assert_uint_eq(back.user_regs.rflags, 0x1202); /* runs with interrupts on; IOPL is virtual, and told */
    ck_assert(back.user_regs.cs == 0x13 && back.user_regs.ss == 0x1b && back.kernel_ss == 0x1b);
    ck_assert(back.user_regs.rip == 0x1000 && back.user_regs.fs == 0x2b && back.kernel_sp == 0x3000);
    ck_assert(back.ctrlreg[3] == c.ctrlreg[3] && back.ctrlreg[1] == 0 &&
              back.gdt_frames[0] == c.gdt_frames[0]);
    ck_assert(back.trap_ctxt[14].address == 0xa000 && back.trap_ctxt[14].cs == 0x13);
    ck_assert(back.debugreg[0] == 0x9000 && back.debugreg[7] == 0x400 && back.gs_base_kernel == 0x7000);
    ck_assert(back.flags & VGCF_syscall_disables_events &&
              !(back.flags & (VGCF_failsafe_disables_events | VGCF_online)));
    ck_assert_int_eq(memcmp(back.fpu_ctxt.x, c.fpu_ctxt.x, sizeof(c.fpu_ctxt.x)), 0);
    ck_assert_int_eq(guest_cpu_load(v, &back), 0);
    back.ctrlreg[3] = 0;
    ck_assert_int_eq(guest_cpu_load(v, &back), -XEN_EINVAL);
    back.ctrlreg[3] = c.ctrlreg[3];
    back.flags &= ~(uint64_t)VGCF_in_kernel;
    ck_assert_int_eq(guest_cpu_load(v, &back), -XEN_EINVAL);
    back.flags |= VGCF_in_kernel;
    back.ldt_ents = 1;
    ck_assert_int_eq(guest_cpu_load(v, &back), -XEN_EOPNOTSUPP);
}
END_TEST

/* Neither the hypervisor's range nor the end of the address space may lie in a guest's range. */
START_TEST(guest_ranges)
{
    const uint64_t low_end = 0x0000800000000000, high = 0xffff880000000000;

    ck_assert(guest_range_ok(guest_va(0), low_end) && !guest_range_ok(guest_va(0), low_end + 1));
    ck_assert(!guest_range_ok(guest_va(0x1000), 0ull - 0x1000) &&
              !guest_range_ok(guest_va(0x1000), UINT64_MAX));
    ck_assert(guest_range_ok(guest_va(low_end - 1), 1) && !guest_range_ok(guest_va(low_end - 1), 2));
    ck_assert(!guest_range_ok(guest_va(low_end), 0) && !guest_range_ok(guest_va(high - 1), 1));
    ck_assert(guest_range_ok(guest_va(high), 0ull - high) && !guest_range_ok(guest_va(high), 1 - high));
    ck_assert(guest_range_ok(guest_va(UINT64_MAX), 1) && !guest_range_ok(guest_va(UINT64_MAX), 2));
}
END_TEST

TCase *cpu_tables_tests(void)
{
    TCase *tests = tcase_create("tables");

    tcase_add_loop_test(tests, descriptor_table, 0, ARRAY_SIZE(descriptors));
    tcase_add_test(tests, guest_ranges);
    tcase_add_test(tests, gdt_set_and_dropped);
    tcase_add_test(tests, gdt_refused);
    tcase_add_test(tests, descriptor_updates);
    tcase_add_test(tests, selectors_read);
    tcase_add_test(tests, ldt_on_demand);
    tcase_add_test(tests, trap_table_hypercall);
    tcase_add_test(tests, trap_table_is_preempted);
    tcase_add_test(tests, callbacks_hypercall);
    tcase_add_test(tests, segment_bases_hypercall);
    tcase_add_test(tests, assists_hypercall);
    tcase_add_test(tests, contexts_refused);
    tcase_add_test(tests, contexts_round_trip);
    return tests;
}
