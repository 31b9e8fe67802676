/* SPDX-License-Identifier: MIT */
/* The instructions that write to page tables: what they make of a memory operand, as a pure function. */
#ifndef CORE_PTWR_INSN_H
#define CORE_PTWR_INSN_H

#include "lib/insn.h"
#include "lib/types.h"

enum ptwr_action {
    PTWR_MOVE,
    PTWR_EXCHANGE,
    PTWR_ADD,
    PTWR_OR,
    PTWR_AND,
    PTWR_SUB,
    PTWR_XOR,
    PTWR_BIT_SET,
    PTWR_BIT_CLEAR,
    PTWR_BIT_FLIP,
    PTWR_ADD_EXCHANGE,
    PTWR_COMPARE_EXCHANGE,
    PTWR_COMPARE_EXCHANGE_PAIR, /* cmpxchg8b */
};

struct ptwr_insn {
    struct insn insn;
    enum ptwr_action action;
    unsigned int width; /* of the memory operand in bytes: 1, 2, 4, 8 */
    uint64_t address;   /* of the operand, without a segment's base */
    bool from_register; /* the other operand is register insn.reg, else insn.immediate */
};

/* What the instruction does, once the operand's old value is known. */
struct ptwr_result {
    uint64_t value; /* new value of the operand */
    bool write;     /* it is to be written: not so for a comparison that failed */
    uint64_t flags; /* arithmetic flags of rflags afterwards */
};

/* Recognises an instruction at regs->rip. False: none that is emulated. */
bool ptwr_decode(struct ptwr_insn *p, const uint8_t *bytes, size_t count,
                 struct cpu_user_regs *regs) MUST_CHECK;

/* Computes; changes nothing. */
struct ptwr_result ptwr_execute(const struct ptwr_insn *p, struct cpu_user_regs *regs, uint64_t old);

/* After the write: registers, flags and rip as the instruction leaves them. */
void ptwr_retire(const struct ptwr_insn *p, const struct ptwr_result *result, struct cpu_user_regs *regs,
                 uint64_t old);

#endif
