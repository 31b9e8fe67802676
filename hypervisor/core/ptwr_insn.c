/* SPDX-License-Identifier: MIT */
/* Decoding and arithmetic of the instructions that write to page tables. */
#include "core/ptwr_insn.h"

#include "lib/string.h"

#define FLAG_CF          0x001ull
#define FLAG_PF          0x004ull
#define FLAG_AF          0x010ull
#define FLAG_ZF          0x040ull
#define FLAG_SF          0x080ull
#define FLAG_RF          0x10000ull
#define FLAG_OF          0x800ull
#define FLAGS_ARITHMETIC (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

#define REGISTER_AX 0u

/* An opcode whose lowest bit tells bytes from words, with a register as the other operand. */
struct pair {
    uint16_t opcode;
    enum ptwr_action action;
};

static const struct pair sized[] = {
    {INSN_OP(INSN_MAP_1, 0x00), PTWR_ADD},           {INSN_OP(INSN_MAP_1, 0x08), PTWR_OR},
    {INSN_OP(INSN_MAP_1, 0x20), PTWR_AND},           {INSN_OP(INSN_MAP_1, 0x28), PTWR_SUB},
    {INSN_OP(INSN_MAP_1, 0x30), PTWR_XOR},           {INSN_OP(INSN_MAP_1, 0x86), PTWR_EXCHANGE},
    {INSN_OP(INSN_MAP_1, 0x88), PTWR_MOVE},          {INSN_OP(INSN_MAP_0F, 0xb0), PTWR_COMPARE_EXCHANGE},
    {INSN_OP(INSN_MAP_0F, 0xc0), PTWR_ADD_EXCHANGE},
};

static const struct pair bit_by_register[] = {
    {INSN_OP(INSN_MAP_0F, 0xab), PTWR_BIT_SET},
    {INSN_OP(INSN_MAP_0F, 0xb3), PTWR_BIT_CLEAR},
    {INSN_OP(INSN_MAP_0F, 0xbb), PTWR_BIT_FLIP},
};

static uint64_t width_mask(unsigned int width)
{
    return width == 8 ? ~0ull : (1ull << width * 8) - 1;
}

/* The opcode groups whose register field says what is done with an immediate. */
static bool decode_group(struct ptwr_insn *p, unsigned int op)
{
    static const int arithmetic[8] = {PTWR_ADD, PTWR_OR, -1, -1, PTWR_AND, PTWR_SUB, PTWR_XOR, -1};
    static const int bits[8] = {-1, -1, -1, -1, -1, PTWR_BIT_SET, PTWR_BIT_CLEAR, PTWR_BIT_FLIP};
    unsigned int which = p->insn.modrm >> 3 & 7;
    int action = -1;

    p->from_register = false;
    p->width = p->insn.operand_size;
    switch (op) {
    case INSN_OP(INSN_MAP_1, 0x80):
        p->width = 1;
        action = arithmetic[which];
        break;
    case INSN_OP(INSN_MAP_1, 0x81):
    case INSN_OP(INSN_MAP_1, 0x83):
        action = arithmetic[which];
        break;
    case INSN_OP(INSN_MAP_1, 0xc6):
        p->width = 1;
        action = which == 0 ? PTWR_MOVE : -1;
        break;
    case INSN_OP(INSN_MAP_1, 0xc7):
        action = which == 0 ? PTWR_MOVE : -1;
        break;
    case INSN_OP(INSN_MAP_0F, 0xba):
        action = bits[which];
        break;
    case INSN_OP(INSN_MAP_0F, 0xc7):
        p->width = 8;
        action = which == 1 && !(p->insn.rex & INSN_REX_W) ? PTWR_COMPARE_EXCHANGE_PAIR : -1;
        break;
    default:
        break;
    }
    p->action = (enum ptwr_action)action;
    return action >= 0;
}

static bool decode_action(struct ptwr_insn *p, unsigned int op)
{
    p->from_register = true;
    for (size_t i = 0; i < ARRAY_SIZE(sized); i++) {
        if ((op & ~1u) == sized[i].opcode) {
            p->action = sized[i].action;
            p->width = op & 1 ? p->insn.operand_size : 1;
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(bit_by_register); i++) {
        if (op == bit_by_register[i].opcode) {
            p->action = bit_by_register[i].action;
            p->width = p->insn.operand_size;
            return true;
        }
    }
    /* mov from the accumulator to an absolute address. */
    if ((op & ~1u) == INSN_OP(INSN_MAP_1, 0xa2)) {
        p->action = PTWR_MOVE;
        p->width = op & 1 ? p->insn.operand_size : 1;
        p->insn.reg = REGISTER_AX;
        return true;
    }
    return decode_group(p, op);
}

static bool action_is_bit(enum ptwr_action action)
{
    return action == PTWR_BIT_SET || action == PTWR_BIT_CLEAR || action == PTWR_BIT_FLIP;
}

/* The other operand. */
static uint64_t source(const struct ptwr_insn *p, struct cpu_user_regs *regs)
{
    if (p->from_register) {
        return insn_register_read(&p->insn, regs, p->insn.reg, p->width);
    }
    return p->insn.immediate & width_mask(p->width);
}

/* A bit number in a register reaches beyond the operand: the address moves by whole operands. */
static int64_t bit_displacement(const struct ptwr_insn *p, struct cpu_user_regs *regs)
{
    uint64_t number = source(p, regs);
    unsigned int bits = p->width * 8;
    int64_t offset = bits == 64   ? (int64_t)number
                     : bits == 32 ? (int64_t)(int32_t)number
                                  : (int64_t)(int16_t)number;

    return (offset >> (bits == 64 ? 6 : bits == 32 ? 5 : 4)) * (int64_t)p->width;
}

#define PREFIX_LOCK    0xf0u
#define REX_W_FIRST    0x48u
#define REX_W_LAST     0x4fu
#define ESCAPE         0x0fu
#define PLAIN_ENOUGH   9u /* bytes: lock, REX, two of the opcode, ModRM, displacement */
#define RM_SIB         4u
#define RM_NO_BASE     5u
#define REX_SHIFT(rex, bit) ((rex) & (bit) ? 8u : 0u)

/* The three opcodes that kernels use most, of 8 bytes. */
static bool plain_action(unsigned int op, enum ptwr_action *action)
{
    switch (op) {
    case INSN_OP(INSN_MAP_1, 0x87):
        *action = PTWR_EXCHANGE;
        return true;
    case INSN_OP(INSN_MAP_1, 0x89):
        *action = PTWR_MOVE;
        return true;
    case INSN_OP(INSN_MAP_0F, 0xb1):
        *action = PTWR_COMPARE_EXCHANGE;
        return true;
    default:
        return false;
    }
}

/* A short way to what ptwr_decode finds for the instructions that are met most: an operand of 8 bytes at a
 * register and a displacement. False: to be decoded properly. */
static bool decode_plain(struct ptwr_insn *p, const uint8_t *bytes, size_t count, struct cpu_user_regs *regs)
{
    const uint8_t *at = bytes;
    bool lock = *at == PREFIX_LOCK, wide;
    unsigned int rex, modrm, mod, rm;

    if (count < PLAIN_ENOUGH) {
        return false;
    }
    at += lock;
    rex = *at++;
    wide = *at == ESCAPE;
    at += wide;
    modrm = at[1];
    mod = modrm >> 6;
    rm = modrm & 7;
    if (rex < REX_W_FIRST || rex > REX_W_LAST || mod == 3 || rm == RM_SIB || (mod == 0 && rm == RM_NO_BASE) ||
        !plain_action(INSN_OP(wide ? INSN_MAP_0F : INSN_MAP_1, *at), &p->action) ||
        (lock && p->action == PTWR_MOVE)) {
        return false;
    }
    at += 2;
    p->address = *insn_register(regs, rm | REX_SHIFT(rex, INSN_REX_B));
    if (mod == 1) {
        p->address += (uint64_t)(int64_t)(int8_t)*at++;
    } else if (mod == 2) {
        int32_t displacement;

        memcpy(&displacement, at, sizeof(displacement));
        p->address += (uint64_t)(int64_t)displacement;
        at += sizeof(displacement);
    }
    p->insn = (struct insn){.length = (uint8_t)(at - bytes),
                            .operand_size = sizeof(uint64_t),
                            .rex = (uint8_t)rex,
                            .lock = lock,
                            .reg = (uint8_t)((modrm >> 3 & 7) | REX_SHIFT(rex, INSN_REX_R))};
    p->width = sizeof(uint64_t);
    p->from_register = true;
    return true;
}

bool ptwr_decode(struct ptwr_insn *p, const uint8_t *bytes, size_t count, struct cpu_user_regs *regs)
{
    if (decode_plain(p, bytes, count, regs)) {
        return true;
    }
    if (!insn_decode(&p->insn, bytes, count, INSN_MODE_64) || !p->insn.memory || p->insn.repeat ||
        !decode_action(p, INSN_OP(p->insn.map, p->insn.opcode))) {
        return false;
    }
    if (p->insn.lock && p->action == PTWR_MOVE) {
        return false;
    }
    p->address = insn_effective_address(&p->insn, regs);
    if (action_is_bit(p->action) && p->from_register) {
        p->address += (uint64_t)bit_displacement(p, regs);
    }
    return true;
}

/* SF, ZF and PF of a result. */
static uint64_t result_flags(uint64_t value, unsigned int width)
{
    uint64_t flags = value ? 0 : FLAG_ZF;

    flags |= value >> (width * 8 - 1) & 1 ? FLAG_SF : 0;
    flags |= __builtin_parityll(value & 0xff) ? 0 : FLAG_PF;
    return flags;
}

static uint64_t add_flags(uint64_t a, uint64_t b, uint64_t sum, unsigned int width)
{
    uint64_t sign = 1ull << (width * 8 - 1);

    return result_flags(sum, width) | (sum < a ? FLAG_CF : 0) | ((a ^ b ^ sum) & 0x10 ? FLAG_AF : 0) |
           (~(a ^ b) & (a ^ sum) & sign ? FLAG_OF : 0);
}

static uint64_t sub_flags(uint64_t a, uint64_t b, uint64_t difference, unsigned int width)
{
    uint64_t sign = 1ull << (width * 8 - 1);

    return result_flags(difference, width) | (a < b ? FLAG_CF : 0) |
           ((a ^ b ^ difference) & 0x10 ? FLAG_AF : 0) | ((a ^ b) & (a ^ difference) & sign ? FLAG_OF : 0);
}

static struct ptwr_result execute_bit(const struct ptwr_insn *p, uint64_t flags, uint64_t old, uint64_t other)
{
    uint64_t bit = 1ull << other % (p->width * 8);
    struct ptwr_result r = {.write = true, .flags = (flags & ~FLAG_CF) | (old & bit ? FLAG_CF : 0)};

    if (p->action == PTWR_BIT_SET) {
        r.value = old | bit;
    } else {
        r.value = p->action == PTWR_BIT_CLEAR ? old & ~bit : old ^ bit;
    }
    return r;
}

static struct ptwr_result execute_compare(const struct ptwr_insn *p, struct cpu_user_regs *regs, uint64_t old,
                                          uint64_t other)
{
    uint64_t expected = insn_register_read(&p->insn, regs, REGISTER_AX, p->width);
    uint64_t flags = regs->rflags & ~FLAGS_ARITHMETIC;

    flags |= sub_flags(expected, old, (expected - old) & width_mask(p->width), p->width);
    return (struct ptwr_result){.value = other, .write = old == expected, .flags = flags};
}

static struct ptwr_result execute_compare_pair(struct cpu_user_regs *regs, uint64_t old)
{
    uint64_t expected = (uint64_t)(uint32_t)regs->rdx << 32 | (uint32_t)regs->rax;

    return (struct ptwr_result){
        .value = (uint64_t)(uint32_t)regs->rcx << 32 | (uint32_t)regs->rbx,
        .write = old == expected,
        .flags = (regs->rflags & ~FLAG_ZF) | (old == expected ? FLAG_ZF : 0),
    };
}

static struct ptwr_result execute_arithmetic(const struct ptwr_insn *p, uint64_t flags, uint64_t old,
                                             uint64_t other)
{
    uint64_t mask = width_mask(p->width), value, result;

    flags &= ~FLAGS_ARITHMETIC;
    switch (p->action) {
    case PTWR_OR:
        value = old | other;
        result = result_flags(value, p->width);
        break;
    case PTWR_AND:
        value = old & other;
        result = result_flags(value, p->width);
        break;
    case PTWR_XOR:
        value = old ^ other;
        result = result_flags(value, p->width);
        break;
    case PTWR_SUB:
        value = (old - other) & mask;
        result = sub_flags(old, other, value, p->width);
        break;
    default: /* add, xadd */
        value = (old + other) & mask;
        result = add_flags(old, other, value, p->width);
        break;
    }
    return (struct ptwr_result){.value = value, .write = true, .flags = flags | result};
}

struct ptwr_result ptwr_execute(const struct ptwr_insn *p, struct cpu_user_regs *regs, uint64_t old)
{
    uint64_t other = p->action == PTWR_COMPARE_EXCHANGE_PAIR ? 0 : source(p, regs);

    switch (p->action) {
    case PTWR_MOVE:
    case PTWR_EXCHANGE:
        return (struct ptwr_result){.value = other, .write = true, .flags = regs->rflags};
    case PTWR_BIT_SET:
    case PTWR_BIT_CLEAR:
    case PTWR_BIT_FLIP:
        return execute_bit(p, regs->rflags, old, other);
    case PTWR_COMPARE_EXCHANGE:
        return execute_compare(p, regs, old, other);
    case PTWR_COMPARE_EXCHANGE_PAIR:
        return execute_compare_pair(regs, old);
    default:
        return execute_arithmetic(p, regs->rflags, old, other);
    }
}

void ptwr_retire(const struct ptwr_insn *p, const struct ptwr_result *result, struct cpu_user_regs *regs,
                 uint64_t old)
{
    if (p->action == PTWR_EXCHANGE || p->action == PTWR_ADD_EXCHANGE) {
        insn_register_write(&p->insn, regs, p->insn.reg, p->width, old);
    } else if (p->action == PTWR_COMPARE_EXCHANGE && !result->write) {
        insn_register_write(&p->insn, regs, REGISTER_AX, p->width, old);
    } else if (p->action == PTWR_COMPARE_EXCHANGE_PAIR && !result->write) {
        regs->rax = (uint32_t)old;
        regs->rdx = old >> 32;
    }
    regs->rflags = result->flags & ~FLAG_RF;
    regs->rip += p->insn.length;
}
