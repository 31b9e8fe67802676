/* SPDX-License-Identifier: MIT */
/*
 * An instruction decoder: takes apart the legacy encodings of 64-bit mode and of 32-bit compatibility mode
 * into prefixes, opcode, operands and length, without judging what they do. VEX, EVEX and XOP encodings,
 * 16-bit addressing and what is ambiguous between makers of CPUs are refused. Pure: it reads the given bytes
 * and writes the given structure.
 */
#ifndef LIB_INSN_H
#define LIB_INSN_H

#include "lib/types.h"
#include "pvabi/xen.h"

#define INSN_LENGTH_MAX 15u

enum insn_mode {
    INSN_MODE_64,
    INSN_MODE_COMPAT32,
};

enum insn_segment {
    INSN_SEGMENT_DEFAULT,
    INSN_SEGMENT_ES,
    INSN_SEGMENT_CS,
    INSN_SEGMENT_SS,
    INSN_SEGMENT_DS,
    INSN_SEGMENT_FS,
    INSN_SEGMENT_GS,
};

/*
 * Opcode maps: one byte, 0f, 0f 38, 0f 3a. insn.opcode is the last opcode byte, INSN_OP(map, byte) both as
 * one number.
 */
#define INSN_MAP_1         0u
#define INSN_MAP_0F        1u
#define INSN_MAP_0F38      2u
#define INSN_MAP_0F3A      3u
#define INSN_OP(map, byte) ((unsigned int)(map) << 8 | (byte))

#define INSN_NO_REGISTER 0xffu
#define INSN_BASE_RIP    0x10u

#define INSN_REX_W 8u
#define INSN_REX_R 4u
#define INSN_REX_X 2u
#define INSN_REX_B 1u

struct insn {
    uint8_t length;
    uint8_t mode; /* enum insn_mode: how it was read */
    uint8_t map, opcode;
    uint8_t operand_size; /* 2, 4 or 8: what the prefixes say; opcodes that work on bytes are the caller's to
                             know */
    uint8_t address_size; /* 4 or 8 */
    uint8_t rex;          /* the whole byte; 0: none */
    uint8_t repeat;       /* 0, 0xf2 or 0xf3 */
    bool lock;
    bool operand_prefix; /* 66 */
    uint8_t segment;     /* enum insn_segment; in 64-bit mode only FS and GS remain */
    bool has_modrm;
    uint8_t modrm;
    uint8_t mod, reg, rm;   /* reg and rm with their REX bits; rm is a register's number only if not memory */
    bool memory;            /* the r/m operand is in memory: base + index * scale + displacement */
    uint8_t base, index;    /* register numbers, INSN_NO_REGISTER, INSN_BASE_RIP */
    uint8_t scale;          /* 1, 2, 4, 8 */
    int64_t displacement;   /* also the address of the moffs forms (a0 to a3), whose memory is set too */
    uint8_t immediate_size; /* bytes of it in the encoding, 0: none */
    uint64_t immediate;     /* sign-extended */
};

/*
 * Decodes one instruction from count bytes. False if they are no instruction that is known, or not all of
 * one.
 */
bool insn_decode(struct insn *insn, const uint8_t *bytes, size_t count, enum insn_mode mode) MUST_CHECK;

/* A general register by number 0 to 15 (rax rcx rdx rbx rsp rbp rsi rdi r8 ...). */
uint64_t *insn_register(struct cpu_user_regs *regs, unsigned int number);

/*
 * The value of a register operand of 1, 2, 4 or 8 bytes, zero-extended, and writing it as the CPU does: 4
 * bytes clear the upper half, 1 and 2 leave the rest. Without REX the byte registers 4 to 7 are AH CH DH BH.
 */
uint64_t insn_register_read(const struct insn *insn, struct cpu_user_regs *regs, unsigned int number,
                            unsigned int width);
void insn_register_write(const struct insn *insn, struct cpu_user_regs *regs, unsigned int number,
                         unsigned int width, uint64_t value);

/*
 * The effective address of the memory operand, cut to the address size, without a segment's base. regs->rip
 * is the address of the instruction itself.
 */
uint64_t insn_effective_address(const struct insn *insn, struct cpu_user_regs *regs);

#endif
