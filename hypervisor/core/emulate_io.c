/* SPDX-License-Identifier: MIT */
/* IN, OUT, INS and OUTS of guests: who may, and the movement of data. */
#include "core/emulate_io.h"

#include "core/cpu_bits.h"
#include "core/descriptor.h"
#include "core/domain.h"
#include "port/guest_copy.h"

#define DEBUG_TYPE_SHIFT 16u
#define DEBUG_TYPE_IO    2u
#define REPETITIONS_MAX  256u

bool emulate_io_decode(struct emulate_io *io, const struct insn *insn)
{
    uint8_t op = insn->opcode;

    if (insn->map != INSN_MAP_1) {
        return false;
    }
    io->string = op >= 0x6c && op <= 0x6f;
    io->out = op & 2;
    io->bytes = op & 1 ? MIN(insn->operand_size, 4u) : 1; /* REX.W means nothing here */
    return io->string || (op >= 0xe4 && op <= 0xe7) || (op >= 0xec && op <= 0xef);
}

/* The guest's bitmap lies in its kernel's space. What cannot be read allows nothing. */
static bool bitmap_allows(struct vcpu *v, uint16_t port, unsigned int bytes)
{
    bool from_user = !v->cpu.kernel_mode;
    uint8_t bits[2];
    unsigned int wanted = ((1u << bytes) - 1) << (port & 7);
    size_t needed = (port & 7) + bytes > 8 ? 2 : 1;
    int result;

    if (v->cpu.io_bitmap.n == 0 || port + bytes > v->cpu.io_bitmap_ports) {
        return false;
    }
    if (from_user) {
        guest_cpu_toggle(v);
    }
    bits[1] = 0xff;
    result = port_copy_from_guest(bits, guest_va(v->cpu.io_bitmap.n + port / 8), needed);
    if (from_user) {
        guest_cpu_toggle(v);
    }
    return result == 0 && ((bits[0] | (unsigned int)bits[1] << 8) & wanted) == 0;
}

static uint64_t port_breakpoints(const struct vcpu *v, uint16_t port, unsigned int bytes)
{
    uint64_t control = v->cpu.dr[7], hits = 0;

    if (!(control & DEBUG_CONTROL_ENABLE) || !(v->cpu.cr4 & GUEST_CR4_DE)) {
        return 0;
    }
    for (unsigned int i = 0; i < 4; i++) {
        uint64_t length = (control >> (DEBUG_TYPE_SHIFT + 2 + 4 * i) & 3) + 1;
        uint64_t first = v->cpu.dr[i] & ~(length - 1);

        if (control >> (2 * i) & 3 && (control >> (DEBUG_TYPE_SHIFT + 4 * i) & 3) == DEBUG_TYPE_IO &&
            first < (uint64_t)port + bytes && first + length > port) {
            hits |= 1ull << i;
        }
    }
    return hits;
}

static bool port_allowed(struct vcpu *v, uint16_t port, unsigned int bytes)
{
    return guest_cpu_iopl_ok(v) || bitmap_allows(v, port, bytes);
}

static uint16_t data_selector(struct vcpu *v, const struct cpu_user_regs *regs, unsigned int segment)
{
    port_read_selectors(v);
    switch (segment) {
    case INSN_SEGMENT_ES:
        return v->cpu.es;
    case INSN_SEGMENT_CS:
        return regs->cs;
    case INSN_SEGMENT_SS:
        return regs->ss;
    case INSN_SEGMENT_FS:
        return v->cpu.fs;
    case INSN_SEGMENT_GS:
        return v->cpu.gs;
    default:
        return v->cpu.ds;
    }
}

/* INS always goes to ES, OUTS comes from DS or what a prefix says. False: the segment is not for that. */
static bool string_segment(struct vcpu *v, const struct cpu_user_regs *regs, const struct insn *insn,
                           struct emulate_io *io)
{
    struct descriptor_view view;

    io->segment = io->out ? insn->segment : INSN_SEGMENT_ES;
    if (insn->mode == INSN_MODE_64) {
        io->limit = UINT64_MAX;
        io->base = io->segment == INSN_SEGMENT_FS   ? port_fs_base()
                   : io->segment == INSN_SEGMENT_GS ? port_gs_base()
                                                    : 0;
        return true;
    }
    if (!descriptor_read(v, data_selector(v, regs, io->segment), &view) ||
        (io->out ? view.code && !view.access : view.code || !view.access)) {
        return false;
    }
    io->base = view.base;
    io->limit = view.limit;
    return true;
}

/* Where the next element is; false if that is outside of the segment or not the guest's (which was injected). */
static bool string_address(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn,
                           const struct emulate_io *io, uint64_t *address)
{
    uint64_t offset = io->out ? regs->rsi : regs->rdi;
    bool good;

    if (insn->address_size == 4) {
        offset = (uint32_t)offset;
    }
    *address = io->base + offset;
    if (insn->mode == INSN_MODE_64) {
        good = guest_range_ok(guest_va(*address), 1);
    } else {
        *address = (uint32_t)*address;
        good = io->limit >= io->bytes - 1 && offset <= io->limit - (io->bytes - 1);
    }
    if (!good) {
        guest_cpu_inject_trap(v,
                              insn->mode != INSN_MODE_64 && io->segment == INSN_SEGMENT_SS
                                  ? VECTOR_STACK
                                  : VECTOR_GENERAL_PROTECTION,
                              0, true);
    }
    return good;
}

/* Adds to a register as addresses of this size do: 32 bits clear the upper half. */
static void add_to_register(uint64_t *reg, const struct insn *insn, int64_t amount)
{
    uint64_t sum = *reg + (uint64_t)amount;

    *reg = insn->address_size == 4 ? (uint32_t)sum : sum;
}

/* One element; false if it faulted (which was injected). */
static bool string_step(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn,
                        const struct emulate_io *io)
{
    int64_t step = regs->rflags & EFLAGS_DF ? -(int64_t)io->bytes : (int64_t)io->bytes;
    uint64_t address;
    uint32_t data = 0;

    if (!string_address(v, regs, insn, io, &address)) {
        return false;
    }
    if (io->out) {
        if (port_copy_from_guest(&data, guest_va(address), io->bytes) != 0) {
            guest_cpu_inject_page_fault(v, address, 0);
            return false;
        }
        io_guest_write(v->domain, regs->dx, io->bytes, data);
    } else {
        /* Shown to be writable before the port is read: a read can have effects. */
        if (port_copy_from_guest(&data, guest_va(address), io->bytes) != 0 ||
            port_copy_to_guest(guest_va(address), &data, io->bytes) != 0) {
            guest_cpu_inject_page_fault(v, address, PAGE_FAULT_WRITE);
            return false;
        }
        data = io_guest_read(v->domain, regs->dx, io->bytes);
        if (port_copy_to_guest(guest_va(address), &data, io->bytes) != 0) {
            guest_cpu_inject_page_fault(v, address, PAGE_FAULT_WRITE);
            return false;
        }
    }
    add_to_register(io->out ? &regs->rsi : &regs->rdi, insn, step);
    return true;
}

static uint64_t repetitions_left(const struct insn *insn, const struct cpu_user_regs *regs)
{
    return insn->address_size == 4 ? regs->ecx : regs->rcx;
}

static void string_run(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn,
                       struct emulate_io *io)
{
    if (!insn->repeat) {
        io->unfinished = !string_step(v, regs, insn, io);
        return;
    }
    for (unsigned int i = 0; repetitions_left(insn, regs) != 0; i++) {
        if (i == REPETITIONS_MAX || !string_step(v, regs, insn, io)) {
            io->unfinished = true;
            return;
        }
        add_to_register(&regs->rcx, insn, -1);
    }
}

bool emulate_io_run(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn,
                    struct emulate_io *io)
{
    bool immediate = !io->string && insn->immediate_size != 0;
    uint16_t port = immediate ? (uint8_t)insn->immediate : regs->dx;

    if (io->string && insn->repeat && repetitions_left(insn, regs) == 0) {
        return true; /* nothing is touched, so no right is needed */
    }
    if (!port_allowed(v, port, io->bytes) || (io->string && !string_segment(v, regs, insn, io))) {
        return false;
    }
    io->breakpoints = port_breakpoints(v, port, io->bytes);
    if (io->string) {
        string_run(v, regs, insn, io);
    } else if (io->out) {
        io_guest_write(v->domain, port, io->bytes, regs->eax);
    } else {
        insn_register_write(insn, regs, 0, io->bytes, io_guest_read(v->domain, port, io->bytes));
    }
    return true;
}
