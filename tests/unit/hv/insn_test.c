/* SPDX-License-Identifier: MIT */
/*
 * Tests of the instruction decoder: a table of instructions, hostile bytes, and what a disassembler says of
 * its own program.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/insn.h"

struct expected {
    const char *bytes; /* hexadecimal */
    unsigned int op;   /* INSN_OP */
    uint8_t operand_size, reg, rm;
    bool memory;
    uint8_t base, index, scale;
    int64_t displacement;
    uint64_t immediate;
};

#define NONE       INSN_NO_REGISTER
#define RIP        INSN_BASE_RIP
#define OP0F(byte) INSN_OP(INSN_MAP_0F, byte)

/* clang-format off */
static const struct expected table[] = {
    {"0f06", OP0F(0x06), 4, 0, 0, false, NONE, NONE, 1, 0, 0},                     /* clts */
    {"0f20d8", OP0F(0x20), 4, 3, 0, false, NONE, NONE, 1, 0, 0},                   /* mov %cr3,%rax */
    {"0f2018", OP0F(0x20), 4, 3, 0, false, NONE, NONE, 1, 0, 0},                   /* the same with mod 0 */
    {"440f22c0", OP0F(0x22), 4, 8, 0, false, NONE, NONE, 1, 0, 0},                 /* mov %rax,%cr8 */
    {"0f01d1", OP0F(0x01), 4, 2, 1, false, NONE, NONE, 1, 0, 0},                   /* xsetbv */
    {"0fa2", OP0F(0xa2), 4, 0, 0, false, NONE, NONE, 1, 0, 0},                     /* cpuid */
    {"f36c", 0x6c, 4, 0, 0, false, NONE, NONE, 1, 0, 0},                           /* rep insb */
    {"66ed", 0xed, 2, 0, 0, false, NONE, NONE, 1, 0, 0},                           /* in (%dx),%ax */
    {"e470", 0xe4, 4, 0, 0, false, NONE, NONE, 1, 0, 0x70},                        /* in $0x70,%al */
    {"e6f8", 0xe6, 4, 0, 0, false, NONE, NONE, 1, 0, ~7ull},                       /* out %al,$0xf8 */
    {"cd80", 0xcd, 4, 0, 0, false, NONE, NONE, 1, 0, ~0x7full},                    /* int $0x80 */
    {"488907", 0x89, 8, 0, 7, true, 7, NONE, 1, 0, 0},                             /* mov %rax,(%rdi) */
    {"4889742408", 0x89, 8, 6, 4, true, 4, NONE, 1, 8, 0},                         /* mov %rsi,8(%rsp) */
    {"4a890cc7", 0x89, 8, 1, 4, true, 7, 8, 8, 0, 0},                              /* mov %rcx,(%rdi,%r8,8) */
    {"4a890ce7", 0x89, 8, 1, 4, true, 7, 12, 8, 0, 0},                             /* index r12, not none */
    {"42890c2500000080", 0x89, 4, 1, 4, true, NONE, 12, 1, -0x80000000ll, 0},      /* index r12, no base */
    {"890c2500000080", 0x89, 4, 1, 4, true, NONE, NONE, 1, -0x80000000ll, 0},      /* absolute */
    {"4589ac2400ffffff", 0x89, 4, 13, 12, true, 12, NONE, 1, -256, 0},             /* mov %r13d,-256(%r12) */
    {"41894500", 0x89, 4, 0, 13, true, 13, NONE, 1, 0, 0},                         /* mov %eax,0(%r13) */
    {"48c70578563412efcdab89", 0xc7, 8, 0, 5, true, RIP, NONE, 1, 0x12345678, 0xffffffff89abcdefull},
    {"48b8efcdab8967452301", 0xb8, 8, 0, 0, false, NONE, NONE, 1, 0, 0x0123456789abcdefull},
    {"66b83412", 0xb8, 2, 0, 0, false, NONE, NONE, 1, 0, 0x1234},
    {"f04480200f", 0x80, 4, 12, 0, true, 0, NONE, 1, 0, 0xf},                      /* lock andb, REX.R idle */
    {"f0480fba3706", OP0F(0xba), 8, 6, 7, true, 7, NONE, 1, 0, 6},                 /* lock btrq $6,(%rdi) */
    {"f0480fb117", OP0F(0xb1), 8, 2, 7, true, 7, NONE, 1, 0, 0},                   /* lock cmpxchg */
    {"f00fc70f", OP0F(0xc7), 4, 1, 7, true, 7, NONE, 1, 0, 0},                     /* lock cmpxchg8b */
    {"488707", 0x87, 8, 0, 7, true, 7, NONE, 1, 0, 0},                             /* xchg */
    {"f604240f", 0xf6, 4, 0, 4, true, 4, NONE, 1, 0, 0xf},                         /* testb $15,(%rsp) */
    {"f61424", 0xf6, 4, 2, 4, true, 4, NONE, 1, 0, 0},                             /* notb (%rsp) */
    {"f7c000000080", 0xf7, 4, 0, 0, false, NONE, NONE, 1, 0, 0xffffffff80000000ull},
    {"48a30000000080ffffff", 0xa3, 8, 0, 0, true, NONE, NONE, 1, -0x8000000000ll, 0},
    {"67a300000080", 0xa3, 4, 0, 0, true, NONE, NONE, 1, 0x80000000ll, 0},
    {"c8100001", 0xc8, 4, 0, 0, false, NONE, NONE, 1, 0, 0x10010},                 /* enter */
    {"660f3a0fc108", INSN_OP(INSN_MAP_0F3A, 0x0f), 2, 0, 1, false, NONE, NONE, 1, 0, 8}, /* palignr */
    {"0f38f1310f", INSN_OP(INSN_MAP_0F38, 0xf1), 4, 6, 1, true, 1, NONE, 1, 0, 0}, /* movbe, and a byte more */
    {"48668b00", 0x8b, 2, 0, 0, true, 0, NONE, 1, 0, 0},                           /* a REX that counts not */
};
/* clang-format on */

static size_t from_hex(const char *text, uint8_t *bytes)
{
    size_t n = 0;

    for (; text[2 * n] != '\0'; n++) {
        char digits[3] = {text[2 * n], text[2 * n + 1], '\0'};

        bytes[n] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return n;
}

START_TEST(table_agrees)
{
    const struct expected *e = &table[_i];
    uint8_t bytes[32];
    size_t count = from_hex(e->bytes, bytes);
    struct insn insn;

    ck_assert_msg(insn_decode(&insn, bytes, count, INSN_MODE_64), "%s", e->bytes);
    ck_assert_msg(insn.length == count || strncmp(e->bytes, "0f38f1310f", 10) == 0, "%s: length %u", e->bytes,
                  insn.length);
    ck_assert_msg(INSN_OP(insn.map, insn.opcode) == e->op, "%s: opcode %x", e->bytes, insn.opcode);
    ck_assert_msg(insn.operand_size == e->operand_size, "%s: operand size %u", e->bytes, insn.operand_size);
    ck_assert_msg(insn.reg == e->reg && insn.rm == e->rm, "%s: reg %u rm %u", e->bytes, insn.reg, insn.rm);
    ck_assert_msg(insn.memory == e->memory && insn.base == e->base && insn.index == e->index &&
                      insn.scale == e->scale,
                  "%s: base %u index %u scale %u", e->bytes, insn.base, insn.index, insn.scale);
    ck_assert_msg(insn.displacement == e->displacement, "%s: displacement %lx", e->bytes,
                  (long)insn.displacement);
    ck_assert_msg(insn.immediate == e->immediate, "%s: immediate %lx", e->bytes,
                  (unsigned long)insn.immediate);
    /* Every shorter piece of it is refused, and nothing beyond its bytes is read. */
    for (size_t cut = 0; cut < insn.length; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        struct insn part;

        memcpy(exact, bytes, cut);
        ck_assert_msg(!insn_decode(&part, exact, cut, INSN_MODE_64), "%s cut to %zu", e->bytes, cut);
        free(exact);
    }
}
END_TEST

static const char *const refused[] = {
    "06",
    "0e",
    "27",
    "37",
    "60",
    "61",
    "62f1",
    "82c000",
    "9a0000000000",
    "c4e2",
    "c5f8",
    "ce",
    "d4",
    "ea", /* not in 64-bit mode */
    "0f04",
    "0f0a",
    "0f24c0",
    "0f36",
    "0f39c0", /* none at all */
    "66e800000000",
    "660f8400000000", /* ambiguous */
    "8fe878",
    "c7f800000000",
    "c6f800",
    "660f78c00102",                     /* other encodings' */
    "666666666666666666666666666690",   /* 15 bytes: allowed, see below */
    "66666666666666666666666666666690", /* 16 bytes */
};

START_TEST(others_refused)
{
    uint8_t bytes[32];
    size_t count = from_hex(refused[_i], bytes);
    struct insn insn;
    bool good = insn_decode(&insn, bytes, count, INSN_MODE_64);

    ck_assert_msg(good == (strlen(refused[_i]) == 30), "%s", refused[_i]);
}
END_TEST

START_TEST(compatibility_mode)
{
    uint8_t bytes[32];
    struct insn insn;

    ck_assert(insn_decode(&insn, bytes, from_hex("40", bytes), INSN_MODE_COMPAT32));
    ck_assert_uint_eq(insn.length, 1);
    ck_assert(insn_decode(&insn, bytes, from_hex("26890d00000080", bytes), INSN_MODE_COMPAT32));
    ck_assert(insn.base == INSN_NO_REGISTER && insn.segment == INSN_SEGMENT_ES && insn.address_size == 4);
    ck_assert(insn_decode(&insn, bytes, from_hex("66e80100", bytes), INSN_MODE_COMPAT32));
    ck_assert_uint_eq(insn.length, 4);
    ck_assert(!insn_decode(&insn, bytes, from_hex("678900", bytes), INSN_MODE_COMPAT32));
    ck_assert(insn_decode(&insn, bytes, from_hex("26488907", bytes), INSN_MODE_64));
    ck_assert_uint_eq(insn.segment, INSN_SEGMENT_DEFAULT);
    ck_assert(insn_decode(&insn, bytes, from_hex("65488907", bytes), INSN_MODE_64));
    ck_assert_uint_eq(insn.segment, INSN_SEGMENT_GS);
}
END_TEST

START_TEST(registers_by_width)
{
    struct cpu_user_regs regs = {.rax = 0x1122334455667788, .rsp = 0x1000, .r12 = 0xffffffffffffffff};
    struct insn plain = {0}, rex = {.rex = 0x40};

    ck_assert_uint_eq(insn_register_read(&plain, &regs, 0, 1), 0x88);
    ck_assert_uint_eq(insn_register_read(&plain, &regs, 4, 1), 0x77); /* AH */
    ck_assert_uint_eq(insn_register_read(&rex, &regs, 4, 1), 0x00);   /* SPL */
    ck_assert_uint_eq(insn_register_read(&plain, &regs, 12, 2), 0xffff);
    insn_register_write(&plain, &regs, 4, 1, 0xab);
    ck_assert_uint_eq(regs.rax, 0x112233445566ab88);
    insn_register_write(&plain, &regs, 0, 2, 0x1234);
    ck_assert_uint_eq(regs.rax, 0x1122334455661234);
    insn_register_write(&plain, &regs, 0, 4, 0x9abcdef0);
    ck_assert_uint_eq(regs.rax, 0x9abcdef0);
    insn_register_write(&plain, &regs, 0, 8, ~0ull);
    ck_assert_uint_eq(regs.rax, ~0ull);
}
END_TEST

START_TEST(effective_addresses)
{
    struct cpu_user_regs regs = {.rip = 0x1000, .rdi = 0xffff888000001000, .r8 = 3};
    uint8_t bytes[32];
    struct insn insn;

    ck_assert(insn_decode(&insn, bytes, from_hex("4a890cc7", bytes), INSN_MODE_64));
    ck_assert_uint_eq(insn_effective_address(&insn, &regs), 0xffff888000001018);
    ck_assert(insn_decode(&insn, bytes, from_hex("674a890cc7", bytes), INSN_MODE_64));
    ck_assert_uint_eq(insn_effective_address(&insn, &regs), 0x1018);
    ck_assert(insn_decode(&insn, bytes, from_hex("48c70500010000efcdab89", bytes), INSN_MODE_64));
    ck_assert_uint_eq(insn_effective_address(&insn, &regs), 0x1000 + 11 + 0x100);
}
END_TEST

/* One line of a disassembly: "  address:\tbytes \ttext". Returns how many bytes; 0: no such line. */
static size_t parse_line(const char *line, uint8_t *bytes, const char **text)
{
    const char *at = strchr(line, ':');
    unsigned int byte;
    size_t n = 0;
    int used;

    if (!at || at[1] != '\t') {
        return 0;
    }
    for (at += 2;
         n < 16 && sscanf(at, "%2x%n", &byte, &used) == 1 && used == 2 && (at[2] == ' ' || at[2] == '\t');
         at += 3) {
        bytes[n++] = (uint8_t)byte;
        if (at[2] == '\t') {
            at += 3;
            break;
        }
    }
    *text = strchr(line + (at - line) - 1, '\t');
    return n;
}

static bool is_other_encoding(const uint8_t *bytes, const char *text)
{
    while (bytes[0] == 0x66 || bytes[0] == 0x67 || bytes[0] == 0xf2 || bytes[0] == 0xf3 || bytes[0] == 0x2e) {
        bytes++;
    }
    return bytes[0] == 0xc5 || bytes[0] == 0xc4 || bytes[0] == 0x62 || (text && strstr(text, "(bad)"));
}

START_TEST(disassembler_agrees)
{
    /* There, /proc/self/exe is objdump. */
    FILE *pipe = popen("objdump -d --insn-width=16 /proc/self/exe $(ls /lib64/ld-linux-x86-64.so.2) "
                       "2>/dev/null | head -150000",
                       "r");
    unsigned int compared = 0, wrong = 0;
    char line[512];

    ck_assert_ptr_nonnull(pipe);
    while (fgets(line, sizeof(line), pipe)) {
        uint8_t bytes[32] = {0};
        const char *text = NULL;
        size_t count = parse_line(line, bytes, &text);
        struct insn insn;

        if (count == 0 || is_other_encoding(bytes, text)) {
            continue;
        }
        compared++;
        if (!insn_decode(&insn, bytes, sizeof(bytes), INSN_MODE_64) || insn.length != count) {
            fprintf(stderr, "decoded to %u: %s", insn.length, line);
            wrong++;
        }
    }
    pclose(pipe);
    ck_assert_uint_eq(wrong, 0);
    printf("instructions that objdump agreed on: %u\n", compared);
}
END_TEST

START_TEST(any_bytes_are_safe)
{
    srand(23);
    for (int step = 0; step < 200000; step++) {
        size_t count = (size_t)rand() % 17;
        uint8_t *bytes = malloc(count ? count : 1);
        struct insn insn;

        for (size_t i = 0; i < count; i++) {
            bytes[i] = (uint8_t)rand();
        }
        if (insn_decode(&insn, bytes, count, step & 1 ? INSN_MODE_64 : INSN_MODE_COMPAT32)) {
            struct cpu_user_regs regs = {0};

            ck_assert(insn.length >= 1 && insn.length <= INSN_LENGTH_MAX && insn.length <= count);
            ck_assert(insn.base <= INSN_BASE_RIP || insn.base == INSN_NO_REGISTER);
            insn_effective_address(&insn, &regs);
        }
        free(bytes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("insn");
    TCase *tests = tcase_create("insn");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, table_agrees, 0, sizeof(table) / sizeof(table[0]));
    tcase_add_loop_test(tests, others_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, compatibility_mode);
    tcase_add_test(tests, registers_by_width);
    tcase_add_test(tests, effective_addresses);
    tcase_add_test(tests, disassembler_agrees);
    tcase_add_test(tests, any_bytes_are_safe);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
