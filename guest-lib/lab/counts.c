/* SPDX-License-Identifier: MIT */
/*
 * A plugin of QEMU's emulation that counts, between two marks that the guest executes, what no guest sees:
 * loads of CR3, flushes of single pages, loads of CR4, entries into the hypervisor, and the instructions
 * there and in the guest.
 *
 * A mark is a nop of seven bytes whose displacement is one of the two below. At each end one line is written
 * to the file of the plugin's argument: "COUNT NUMBER" for the numbers in the order of `names`, of the CPU
 * that executed the marks, and where there are more CPUs "others NUMBER", the instructions that those
 * executed meanwhile; or "moved" when the marks were executed by different CPUs.
 *
 * QEMU must emulate all CPUs in one thread, as it does under -icount: then what was counted between two
 * blocks of different CPUs belongs to the first.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* QEMU's plugin interface, of which Debian has no header: version 1, QEMU 6 to 8. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS };
enum { QEMU_PLUGIN_INLINE_ADD_U64 };
typedef void tb_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void executed(unsigned int vcpu, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_translated *callback);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed *callback, int flags,
                                            void *data);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed *callback, int flags,
                                          void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int operation, void *at,
                                                uint64_t value);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;

/* Addresses that the ABI keeps for the hypervisor. */
#define HYPERVISOR_FIRST 0xffff800000000000u
#define HYPERVISOR_LAST  0xffff87ffffffffffu

#define CPUS_MAX 64u

#define MARK_BEGIN 0x50560001u
#define MARK_END   0x50560002u

enum count { CR3, INVLPG, CR4, ENTRIES, HYPERVISOR, GUEST, COUNTS };
static const char *const names[COUNTS] = {"cr3", "invlpg", "cr4", "entries", "hypervisor", "guest"};
/* Of all CPUs, and how much of that is some CPU's already. */
static uint64_t counts[COUNTS], settled[COUNTS];

static struct cpu {
    uint64_t counts[COUNTS];
    bool inside; /* in the hypervisor */
} cpus[CPUS_MAX];

static struct cpu *current = cpus;
static bool several; /* CPUs have been seen */
static struct cpu *begun_on;
static uint64_t begun[COUNTS], begun_whole;
static FILE *out;

/* What was counted since the last call is that CPU's. */
static void settle(void)
{
    for (unsigned int i = 0; i < COUNTS; i++) {
        current->counts[i] += counts[i] - settled[i];
        settled[i] = counts[i];
    }
}

static struct cpu *switch_to(unsigned int vcpu)
{
    if (current != &cpus[vcpu % CPUS_MAX]) {
        settle();
        current = &cpus[vcpu % CPUS_MAX];
        several = true;
    }
    return current;
}

static uint64_t whole(const uint64_t *all)
{
    return all[HYPERVISOR] + all[GUEST];
}

static void begin(unsigned int vcpu, void *data)
{
    (void)data;
    begun_on = switch_to(vcpu);
    settle();
    memcpy(begun, current->counts, sizeof(begun));
    begun_whole = whole(counts);
}

static void end(unsigned int vcpu, void *data)
{
    (void)data;
    switch_to(vcpu);
    settle();
    for (unsigned int i = 0; i < COUNTS && current == begun_on; i++) {
        fprintf(out, "%s%s %" PRIu64, i ? " " : "", names[i], current->counts[i] - begun[i]);
    }
    if (current != begun_on) {
        fprintf(out, "moved");
    } else if (several) {
        fprintf(out, " others %" PRIu64,
                whole(counts) - begun_whole - (whole(current->counts) - whole(begun)));
    }
    fprintf(out, "\n");
    fflush(out);
}

/* At each block: the first of the hypervisor after one of a guest is an entry. */
static void enter_hypervisor(unsigned int vcpu, void *data)
{
    struct cpu *cpu = switch_to(vcpu);

    (void)data;
    counts[ENTRIES] += !cpu->inside;
    cpu->inside = true;
}

static void enter_guest(unsigned int vcpu, void *data)
{
    (void)data;
    switch_to(vcpu)->inside = false;
}

static bool is_hypervisor(uint64_t address)
{
    return address >= HYPERVISOR_FIRST && address <= HYPERVISOR_LAST;
}

/* The bytes behind prefixes. */
static const uint8_t *skip_prefixes(const uint8_t *code, size_t *size)
{
    while (*size > 1 &&
           (*code == 0x66 || *code == 0xf2 || *code == 0xf3 || *code == 0x2e || (*code & 0xf0) == 0x40)) {
        code++;
        --*size;
    }
    return code;
}

static void count(struct qemu_plugin_insn *insn, enum count what)
{
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &counts[what], 1);
}

static void look_at(struct qemu_plugin_insn *insn, bool hypervisor)
{
    size_t size = qemu_plugin_insn_size(insn);
    const uint8_t *code = skip_prefixes(qemu_plugin_insn_data(insn), &size);
    unsigned int reg = size >= 3 ? code[2] >> 3 & 7 : 0;
    uint32_t displacement = 0;

    count(insn, hypervisor ? HYPERVISOR : GUEST);
    if (size < 3 || code[0] != 0x0f) {
        return;
    }
    if (code[1] == 0x22 && (reg == 3 || reg == 4)) {
        count(insn, reg == 3 ? CR3 : CR4);
    } else if (code[1] == 0x01 && reg == 7 && code[2] < 0xc0) {
        count(insn, INVLPG);
    } else if (code[1] == 0x1f && size >= 7) {
        memcpy(&displacement, code + 3, sizeof(displacement));
    }
    if (displacement == MARK_BEGIN || displacement == MARK_END) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, displacement == MARK_BEGIN ? begin : end,
                                               QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    bool hypervisor = is_hypervisor(qemu_plugin_tb_vaddr(tb));

    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, hypervisor ? enter_hypervisor : enter_guest,
                                         QEMU_PLUGIN_CB_NO_REGS, NULL);
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        look_at(qemu_plugin_tb_get_insn(tb, i), hypervisor);
    }
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0 || !(out = fopen(argv[0] + 4, "w"))) {
        fprintf(stderr, "counts: give it out=FILE\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
