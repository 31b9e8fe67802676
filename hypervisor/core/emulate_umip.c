/* SPDX-License-Identifier: MIT */
/* SGDT, SIDT, SLDT, STR and SMSW of guests: addresses that Linux makes up, no selectors, the guest's CR0. */
#include "core/emulate_umip.h"

#include "core/cpu_bits.h"
#include "core/domain.h"
#include "lib/string.h"
#include "port/guest_copy.h"

#define GDT_BASE   0xfffffffffffe0000ull
#define IDT_BASE   0xffffffffffff0000ull
#define TABLE_SIZE 10u /* a limit, which is 0, and a base */
#define WORD_SIZE  2u

enum {
    GROUP_6 = INSN_OP(INSN_MAP_0F, 0x00), /* 0: SLDT, 1: STR */
    GROUP_7 = INSN_OP(INSN_MAP_0F, 0x01), /* 0: SGDT, 1: SIDT, 4: SMSW */
};

static unsigned int extension(const struct insn *insn)
{
    return insn->modrm >> 3 & 7;
}

static bool is_smsw(const struct insn *insn)
{
    return INSN_OP(insn->map, insn->opcode) == GROUP_7 && extension(insn) == 4;
}

static bool is_table(const struct insn *insn)
{
    return INSN_OP(insn->map, insn->opcode) == GROUP_7 && extension(insn) <= 1 && insn->memory;
}

bool emulate_umip_decode(const struct insn *insn)
{
    return is_smsw(insn) || is_table(insn) ||
           (INSN_OP(insn->map, insn->opcode) == GROUP_6 && extension(insn) <= 1);
}

/* Page by page, so that the fault tells the right one. False: it was injected. */
static bool store(struct vcpu *v, uint64_t address, const uint8_t *bytes, unsigned int size)
{
    unsigned int first = (unsigned int)MIN((uint64_t)size, PAGE_SIZE - (address & (PAGE_SIZE - 1)));

    if (!guest_range_ok(guest_va(address), size)) {
        guest_cpu_inject_trap(v, VECTOR_GENERAL_PROTECTION, 0, true);
        return false;
    }
    for (unsigned int at = 0; at < size; at += first, first = size - at) {
        if (port_copy_to_guest(guest_va(address + at), bytes + at, first) != 0) {
            guest_cpu_inject_page_fault(v, address + at, PAGE_FAULT_WRITE);
            return false;
        }
    }
    return true;
}

static uint64_t operand_address(const struct insn *insn, struct cpu_user_regs *regs)
{
    uint64_t base = insn->segment == INSN_SEGMENT_FS   ? port_fs_base()
                    : insn->segment == INSN_SEGMENT_GS ? port_gs_base()
                                                       : 0;

    return base + insn_effective_address(insn, regs);
}

bool emulate_umip_run(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *insn, bool *again)
{
    uint64_t value = is_table(insn) ? (extension(insn) == 0 ? GDT_BASE : IDT_BASE)
                     : is_smsw(insn) ? guest_cpu_cr0(v)
                                     : 0;
    uint8_t bytes[TABLE_SIZE] = {0};

    if (!insn->memory) {
        insn_register_write(insn, regs, insn->rm, insn->operand_size, value);
        return true;
    }
    if (insn->mode != INSN_MODE_64) {
        return false;
    }
    memcpy(is_table(insn) ? bytes + WORD_SIZE : bytes, &value, sizeof(value));
    *again = !store(v, operand_address(insn, regs), bytes, is_table(insn) ? TABLE_SIZE : WORD_SIZE);
    return true;
}
