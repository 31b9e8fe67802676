/* SPDX-License-Identifier: MIT */
/* The operands of a decoded instruction: registers in the guest's frame, and the address of a memory operand. */
#include "lib/insn.h"

uint64_t *insn_register(struct cpu_user_regs *regs, unsigned int number)
{
#define AT(name) offsetof(struct cpu_user_regs, name) / sizeof(uint64_t)
    static const uint8_t places[16] = {
        AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp), AT(rsi), AT(rdi),
        AT(r8),  AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15),
    };
#undef AT

    return (uint64_t *)regs + places[number & 15];
}

static bool is_high_byte(const struct insn *insn, unsigned int number, unsigned int width)
{
    return width == 1 && insn->rex == 0 && number >= 4 && number <= 7;
}

static uint64_t width_mask(unsigned int width)
{
    return width == 8 ? ~0ull : (1ull << (8 * width)) - 1;
}

uint64_t insn_register_read(const struct insn *insn, struct cpu_user_regs *regs, unsigned int number,
                            unsigned int width)
{
    if (is_high_byte(insn, number, width)) {
        return *insn_register(regs, number - 4) >> 8 & 0xff;
    }
    return *insn_register(regs, number) & width_mask(width);
}

void insn_register_write(const struct insn *insn, struct cpu_user_regs *regs, unsigned int number,
                         unsigned int width, uint64_t value)
{
    uint64_t mask = width_mask(width);
    uint64_t *to;

    if (is_high_byte(insn, number, width)) {
        to = insn_register(regs, number - 4);
        *to = (*to & ~0xff00ull) | (value & 0xff) << 8;
        return;
    }
    to = insn_register(regs, number);
    *to = width >= 4 ? value & mask : (*to & ~mask) | (value & mask);
}

uint64_t insn_effective_address(const struct insn *insn, struct cpu_user_regs *regs)
{
    uint64_t address = (uint64_t)insn->displacement;

    if (insn->base == INSN_BASE_RIP) {
        address += regs->rip + insn->length;
    } else if (insn->base != INSN_NO_REGISTER) {
        address += *insn_register(regs, insn->base);
    }
    if (insn->index != INSN_NO_REGISTER) {
        address += *insn_register(regs, insn->index) * insn->scale;
    }
    return insn->address_size == 8 ? address : (uint32_t)address;
}
