/* SPDX-License-Identifier: MIT */
/*
 * The instruction decoder: tables of what follows each opcode, and the walk over prefixes, opcode, ModRM and
 * immediate.
 */
#include "lib/insn.h"

/* clang-format off */
/*
 * What follows an opcode byte, sixteen to a row:
 *   .  no instruction, or one that is refused     -  nothing          !  nothing, and only in compatibility mode
 *   m  ModRM     b  ModRM, imm8     d  ModRM, imm16/32     3, 4  ModRM and, for TEST, imm8 or imm16/32
 *   1  imm8      z  imm16/32        v  imm16/32/64         w  imm16         e  imm16, imm8
 *   j  branch of 32 bits            a  address             p  a prefix or escape, handled before
 */
static const char insn_map_1[] =
    "mmmm1z!!mmmm1z!p" /* 00 */
    "mmmm1z!!mmmm1z!!"
    "mmmm1zp!mmmm1zp!"
    "mmmm1zp!mmmm1zp!"
    "!!!!!!!!!!!!!!!!" /* 40: REX in 64-bit mode */
    "----------------"
    "!!.mppppzd1b----"
    "1111111111111111"
    "bd.bmmmmmmmmmmmm" /* 80 */
    "----------.-----"
    "aaaa----1z------"
    "11111111vvvvvvvv"
    "bbw-..bde-w--1!-" /* c0 */
    "mmmm...-mmmmmmmm"
    "11111111jj.1----"
    "p-pp--34------mm";

static const char insn_map_0f[] =
    "mmmm.-----.-.m-b" /* 00 */
    "mmmmmmmmmmmmmmmm"
    "mmmm....mmmmmmmm"
    "------.-p.p....."
    "mmmmmmmmmmmmmmmm" /* 40 */
    "mmmmmmmmmmmmmmmm"
    "mmmmmmmmmmmmmmmm"
    "bbbbmmm-mm..mmmm"
    "jjjjjjjjjjjjjjjj" /* 80 */
    "mmmmmmmmmmmmmmmm"
    "---mbm..---mbmmm"
    "mmmmmmmmmmbmmmmm"
    "mmbmbbbm--------" /* c0 */
    "mmmmmmmmmmmmmmmm"
    "mmmmmmmmmmmmmmmm"
    "mmmmmmmmmmmmmmmm";
/* clang-format on */

struct insn_input {
    const uint8_t *bytes;
    size_t count, at;
    bool short_of_bytes;
};

static uint64_t input_little_endian(struct insn_input *in, unsigned int size)
{
    uint64_t value = 0;

    if (size > in->count - in->at) {
        in->short_of_bytes = true;
        return 0;
    }
    for (unsigned int i = 0; i < size; i++) {
        value |= (uint64_t)in->bytes[in->at++] << (8 * i);
    }
    return value;
}

static uint8_t input_byte(struct insn_input *in)
{
    if (in->at >= in->count) {
        in->short_of_bytes = true;
        return 0;
    }
    return in->bytes[in->at++];
}

static int64_t input_signed(struct insn_input *in, unsigned int size)
{
    unsigned int unused = 64 - 8 * size;

    return (int64_t)(input_little_endian(in, size) << unused) >> unused;
}

static uint8_t prefix_segment(uint8_t byte)
{
    switch (byte) {
    case 0x26:
        return INSN_SEGMENT_ES;
    case 0x2e:
        return INSN_SEGMENT_CS;
    case 0x36:
        return INSN_SEGMENT_SS;
    case 0x3e:
        return INSN_SEGMENT_DS;
    case 0x64:
        return INSN_SEGMENT_FS;
    case 0x65:
        return INSN_SEGMENT_GS;
    default:
        return INSN_SEGMENT_DEFAULT;
    }
}

/* Consumes one prefix byte; false if it is none. A REX counts only if no other prefix comes after it. */
static bool decode_prefix(struct insn *insn, uint8_t byte, enum insn_mode mode)
{
    uint8_t segment = prefix_segment(byte);

    if (mode == INSN_MODE_64 && (byte & 0xf0) == 0x40) {
        insn->rex = byte;
        return true;
    }
    if (segment != INSN_SEGMENT_DEFAULT) {
        if (mode == INSN_MODE_COMPAT32 || segment >= INSN_SEGMENT_FS) {
            insn->segment = segment;
        }
    } else if (byte == 0x66) {
        insn->operand_prefix = true;
    } else if (byte == 0x67) {
        insn->address_size = mode == INSN_MODE_64 ? 4 : 2;
    } else if (byte == 0xf2 || byte == 0xf3) {
        insn->repeat = byte;
    } else if (byte == 0xf0) {
        insn->lock = true;
    } else {
        return false;
    }
    insn->rex = 0;
    return true;
}

static uint8_t decode_prefixes(struct insn *insn, struct insn_input *in, enum insn_mode mode)
{
    uint8_t byte;

    insn->address_size = mode == INSN_MODE_64 ? 8 : 4;
    do {
        byte = input_byte(in);
    } while (!in->short_of_bytes && decode_prefix(insn, byte, mode));
    insn->operand_size = insn->rex & INSN_REX_W ? 8 : insn->operand_prefix ? 2 : 4;
    return byte;
}

/* Finds the opcode's map and what follows it. */
static char decode_opcode(struct insn *insn, struct insn_input *in, uint8_t byte)
{
    insn->map = INSN_MAP_1;
    insn->opcode = byte;
    if (byte != 0x0f) {
        return insn_map_1[byte];
    }
    insn->map = INSN_MAP_0F;
    insn->opcode = input_byte(in);
    if (insn->opcode == 0x38 || insn->opcode == 0x3a) {
        insn->map = insn->opcode == 0x38 ? INSN_MAP_0F38 : INSN_MAP_0F3A;
        insn->opcode = input_byte(in);
        return insn->map == INSN_MAP_0F38 ? 'm' : 'b';
    }
    return insn_map_0f[insn->opcode];
}

static void decode_sib(struct insn *insn, struct insn_input *in)
{
    uint8_t sib = input_byte(in);
    uint8_t index = (uint8_t)((sib >> 3 & 7) | (insn->rex & INSN_REX_X ? 8 : 0));

    insn->scale = (uint8_t)(1 << (sib >> 6));
    insn->index = index == 4 ? INSN_NO_REGISTER : index;
    insn->base = (uint8_t)((sib & 7) | (insn->rex & INSN_REX_B ? 8 : 0));
    if ((sib & 7) == 5 && insn->mod == 0) {
        insn->base = INSN_NO_REGISTER;
        insn->displacement = input_signed(in, 4);
    }
}

static void decode_memory(struct insn *insn, struct insn_input *in, enum insn_mode mode)
{
    insn->memory = true;
    if ((insn->modrm & 7) == 4) {
        decode_sib(insn, in);
    } else if ((insn->modrm & 7) == 5 && insn->mod == 0) {
        insn->base = mode == INSN_MODE_64 ? INSN_BASE_RIP : INSN_NO_REGISTER;
        insn->displacement = input_signed(in, 4);
    } else {
        insn->base = insn->rm;
    }
    if (insn->mod == 1) {
        insn->displacement = input_signed(in, 1);
    } else if (insn->mod == 2) {
        insn->displacement = input_signed(in, 4);
    }
}

/* MOV to and from control and debug registers take their mod bits for 3, whatever they are. */
static bool is_special_move(const struct insn *insn)
{
    return insn->map == INSN_MAP_0F && insn->opcode >= 0x20 && insn->opcode <= 0x23;
}

static void decode_modrm(struct insn *insn, struct insn_input *in, enum insn_mode mode)
{
    insn->has_modrm = true;
    insn->modrm = input_byte(in);
    insn->mod = insn->modrm >> 6;
    insn->reg = (uint8_t)((insn->modrm >> 3 & 7) | (insn->rex & INSN_REX_R ? 8 : 0));
    insn->rm = (uint8_t)((insn->modrm & 7) | (insn->rex & INSN_REX_B ? 8 : 0));
    if (insn->mod != 3 && !is_special_move(insn)) {
        decode_memory(insn, in, mode);
    }
}

static void decode_immediate(struct insn *insn, struct insn_input *in, unsigned int size)
{
    insn->immediate_size = (uint8_t)size;
    insn->immediate = size == 0 ? 0 : (uint64_t)input_signed(in, size);
}

/* The size of the immediate by the table's letter; the ModRM byte is known. */
static unsigned int immediate_size(const struct insn *insn, char shape)
{
    unsigned int z = insn->operand_size == 2 ? 2 : 4;
    bool is_test = (insn->modrm >> 3 & 7) <= 1;

    switch (shape) {
    case '1':
    case 'b':
        return 1;
    case 'w':
        return 2;
    case 'e':
        return 3;
    case 'j':
        return 4;
    case 'd':
    case 'z':
        return z;
    case 'v':
        return insn->operand_size;
    case '3':
        return is_test ? 1 : 0;
    case '4':
        return is_test ? z : 0;
    default:
        return 0;
    }
}

/*
 * Encodings that the tables' letters allow but that mean something else, or different things on different
 * CPUs.
 */
static bool is_refused(const struct insn *insn, char shape, enum insn_mode mode)
{
    switch (INSN_OP(insn->map, insn->opcode)) {
    case INSN_OP(INSN_MAP_1, 0x8f): /* XOP */
    case INSN_OP(INSN_MAP_1, 0xc6): /* XABORT, XBEGIN have reg 7 */
    case INSN_OP(INSN_MAP_1, 0xc7):
        return (insn->modrm & 0x38) != 0;
    case INSN_OP(INSN_MAP_0F, 0x78): /* SSE4a's forms have two more bytes */
    case INSN_OP(INSN_MAP_0F, 0x79):
        return insn->operand_prefix || insn->repeat == 0xf2;
    default:
        break;
    }
    if (insn->address_size == 2) {
        return true;
    }
    /* A near branch with an operand-size prefix: Intel ignores it, AMD does not. */
    return shape == 'j' && mode == INSN_MODE_64 && insn->operand_prefix;
}

bool insn_decode(struct insn *insn, const uint8_t *bytes, size_t count, enum insn_mode mode)
{
    struct insn_input in = {bytes, MIN(count, INSN_LENGTH_MAX), 0, false};
    char shape;

    *insn =
        (struct insn){.base = INSN_NO_REGISTER, .index = INSN_NO_REGISTER, .scale = 1, .mode = (uint8_t)mode};
    shape = decode_opcode(insn, &in, decode_prefixes(insn, &in, mode));
    if (in.short_of_bytes || shape == '.' || shape == 'p' || (shape == '!' && mode == INSN_MODE_64)) {
        return false;
    }
    if (shape == 'm' || shape == 'b' || shape == 'd' || shape == '3' || shape == '4') {
        decode_modrm(insn, &in, mode);
    }
    if (shape == 'a') {
        insn->memory = true;
        insn->displacement = (int64_t)input_little_endian(&in, insn->address_size);
    }
    if (is_refused(insn, shape, mode)) {
        return false;
    }
    if (shape == 'j' && mode == INSN_MODE_COMPAT32 && insn->operand_size == 2) {
        decode_immediate(insn, &in, 2);
    } else {
        decode_immediate(insn, &in, immediate_size(insn, shape));
    }
    insn->length = (uint8_t)in.at;
    return !in.short_of_bytes;
}
