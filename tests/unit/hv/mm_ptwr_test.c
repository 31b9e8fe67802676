/* SPDX-License-Identifier: MIT */
/* Stores into page tables that are emulated: every instruction, its flags and registers, and what is refused.
 */
#include "core/mm.h"
#include "core/mmio_ro.h"
#include "core/pte.h"
#include "core/ptwr_insn.h"
#include "mm_suites.h"
#include "mm_world.h"

#include <stdlib.h>
#include <string.h>

#define CODE   0x400000ull       /* where instructions are */
#define WINDOW 0x5000ull         /* the table's read-only alias */
#define SLOT   (WINDOW + 8 * 16) /* the entry that is written: number 16 */

#define CF    0x1ull
#define PF    0x4ull
#define ZF    0x40ull
#define SF    0x80ull
#define FLAGS 0x8d5ull

#define WRITE_FAULT 7u /* present, write, from ring 3 */

static uint8_t code[64];
static struct space space;
static mfn_t page;
static struct vcpu *v;
static struct cpu_user_regs *regs;

static void start(void)
{
    world_start();
    v = world_vcpu(1, 0);
    space = world_space(1);
    page = world_frame(1);
    world_set(space.l1, 5, space.l1, RO);
    world_enter(v, space.l4);
    fake_guest_memory(guest_va(CODE), code, sizeof(code));
    regs = &v->machine.regs;
    regs->rdi = SLOT;
}

/* The instruction at CODE writes to address; true if it was emulated. */
static bool fault(uint64_t address, const uint8_t *bytes, size_t length)
{
    bool done;

    memset(code, 0xcc, sizeof(code));
    memcpy(code, bytes, length);
    regs->rip = CODE;
    done = mm_fixup_fault(v, guest_va(address), WRITE_FAULT);
    ck_assert_uint_eq(regs->rip, done ? CODE + length : CODE);
    world_check();
    return done;
}

#define FAULT(address, ...) \
    fault((address), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static uint64_t entry(void)
{
    return fake_peek(space.l1, 16);
}

START_TEST(mov)
{
    start();
    regs->rax = pte_make(page, RW);
    ck_assert(FAULT(SLOT, 0x48, 0x89, 0x07)); /* mov %rax,(%rdi) */
    ck_assert_uint_eq(entry(), pte_make(page, RW | PTE_GLOBAL));
    ck_assert(FAULT(SLOT, 0x48, 0xc7, 0x07, 0, 0, 0, 0)); /* movq $0,(%rdi) */
    ck_assert_uint_eq(entry(), 0);
    ck_assert_uint_eq(REF_COUNT(page), 1);
    regs->rdi = 0;
    regs->rsi = SLOT / 8;
    ck_assert(FAULT(SLOT, 0x48, 0x89, 0x04, 0xf7)); /* mov %rax,(%rdi,%rsi,8) */
    ck_assert_uint_eq(entry(), pte_make(page, RW | PTE_GLOBAL));
    regs->rax = pte_make(page, RO);
    ck_assert(FAULT(SLOT, 0x48, 0xa3, 0x80, 0x50, 0, 0, 0, 0, 0, 0)); /* movabs %rax,SLOT */
    ck_assert_uint_eq(entry(), pte_make(page, RO | PTE_GLOBAL));
}
END_TEST

START_TEST(parts_of_an_entry)
{
    start();
    regs->rax = pte_make(page, RW) & 0xffffffff;
    ck_assert(FAULT(SLOT, 0x89, 0x07)); /* mov %eax,(%rdi) */
    ck_assert_uint_eq(entry() & ~PTE_GLOBAL, pte_make(page, RW));
    ck_assert(FAULT(SLOT, 0xc6, 0x07, 0x05)); /* movb $5,(%rdi): read-only */
    ck_assert_uint_eq(entry(), pte_make(page, RO | PTE_GLOBAL));
    ck_assert_uint_eq(TYPE_COUNT(page), 0);
    regs->rdi = SLOT + 7;
    ck_assert(FAULT(SLOT + 7, 0x80, 0x0f, 0x80)); /* orb $0x80,(%rdi): no execute */
    ck_assert_uint_eq(entry(), pte_make(page, RO | PTE_GLOBAL | PTE_NO_EXECUTE));
    regs->rdi = SLOT + 1;
    ck_assert(FAULT(SLOT + 1, 0x66, 0x83, 0x0f, 0x00) == false); /* orw across: not aligned */
    regs->rdi = SLOT + 6;
    ck_assert(FAULT(SLOT + 6, 0x66, 0x81, 0x27, 0xff, 0x7f)); /* andw $0x7fff,(%rdi) */
    ck_assert_uint_eq(entry(), pte_make(page, RO | PTE_GLOBAL));
}
END_TEST

START_TEST(xchg)
{
    uint64_t before = 0;

    start();
    regs->rax = pte_make(page, RW);
    ck_assert(FAULT(SLOT, 0x48, 0x89, 0x07));
    before = entry();
    regs->rax = 0;
    ck_assert(FAULT(SLOT, 0x48, 0x87, 0x07)); /* xchg %rax,(%rdi) */
    ck_assert_uint_eq(regs->rax, before);
    ck_assert_uint_eq(entry(), 0);
    ck_assert(FAULT(SLOT, 0x48, 0x87, 0x07));
    ck_assert_uint_eq(regs->rax, 0);
    ck_assert_uint_eq(entry(), before);
}
END_TEST

START_TEST(locked_bits)
{
    start();
    regs->rax = pte_make(page, RW | PTE_ACCESSED);
    ck_assert(FAULT(SLOT, 0x48, 0x89, 0x07));
    regs->rflags = 0;
    ck_assert(FAULT(SLOT, 0xf0, 0x80, 0x27, 0xfd)); /* lock andb $~2,(%rdi): ptep_set_wrprotect */
    ck_assert_uint_eq(entry(), pte_make(page, RO | PTE_ACCESSED | PTE_GLOBAL));
    ck_assert_uint_eq(regs->rflags & ZF, 0);
    ck_assert(FAULT(SLOT, 0xf0, 0x0f, 0xba, 0x37, 5)); /* lock btrl $5,(%rdi): accessed */
    ck_assert_uint_eq(regs->rflags & CF, CF);
    ck_assert_uint_eq(entry(), pte_make(page, RO | PTE_GLOBAL));
    ck_assert(FAULT(SLOT, 0xf0, 0x48, 0x0f, 0xba, 0x37, 5));
    ck_assert_uint_eq(regs->rflags & CF, 0);
    ck_assert(FAULT(SLOT, 0xf0, 0x48, 0x0f, 0xba, 0x2f, 1)); /* lock btsq $1,(%rdi) */
    ck_assert_uint_eq(entry(), pte_make(page, RW | PTE_GLOBAL));
    regs->rcx = 64 * 3 + 6; /* a bit number that reaches 3 entries further */
    regs->rdi = SLOT - 24;
    ck_assert(FAULT(SLOT, 0xf0, 0x48, 0x0f, 0xab, 0x0f)); /* lock bts %rcx,(%rdi) */
    ck_assert_uint_eq(entry(), pte_make(page, RW | PTE_GLOBAL | PTE_DIRTY));
}
END_TEST

START_TEST(cmpxchg)
{
    uint64_t before;

    start();
    regs->rax = pte_make(page, RW);
    ck_assert(FAULT(SLOT, 0x48, 0x89, 0x07));
    before = entry();
    regs->rax = 1;
    regs->rbx = pte_make(page, RO);
    regs->rflags = ZF;
    ck_assert(FAULT(SLOT, 0xf0, 0x48, 0x0f, 0xb1, 0x1f)); /* lock cmpxchg %rbx,(%rdi) */
    ck_assert_uint_eq(regs->rax, before);
    ck_assert_uint_eq(regs->rflags & ZF, 0);
    ck_assert_uint_eq(entry(), before);
    ck_assert(FAULT(SLOT, 0xf0, 0x48, 0x0f, 0xb1, 0x1f));
    ck_assert_uint_eq(regs->rflags & ZF, ZF);
    ck_assert_uint_eq(entry(), pte_make(page, RO | PTE_GLOBAL));
    regs->rax = (uint32_t)entry();
    regs->rdx = entry() >> 32;
    regs->rbx = regs->rcx = 0;
    ck_assert(FAULT(SLOT, 0xf0, 0x0f, 0xc7, 0x0f)); /* lock cmpxchg8b (%rdi) */
    ck_assert_uint_eq(regs->rflags & ZF, ZF);
    ck_assert_uint_eq(entry(), 0);
}
END_TEST

START_TEST(arithmetic)
{
    start();
    regs->rax = PTE_DIRTY << 4;
    regs->rcx = 0x40;
    ck_assert(FAULT(SLOT, 0xf0, 0x48, 0x0f, 0xc1, 0x0f)); /* lock xadd %rcx,(%rdi) */
    ck_assert_uint_eq(regs->rcx, 0);
    ck_assert_uint_eq(entry(), 0x40);
    ck_assert(FAULT(SLOT, 0x48, 0x01, 0x07)); /* add %rax,(%rdi) */
    ck_assert_uint_eq(entry(), 0x440);
    ck_assert(FAULT(SLOT, 0x48, 0x29, 0x07)); /* sub */
    ck_assert(FAULT(SLOT, 0x48, 0x09, 0x07)); /* or */
    ck_assert(FAULT(SLOT, 0x48, 0x31, 0x07)); /* xor */
    ck_assert_uint_eq(entry(), 0x40);
    ck_assert(FAULT(SLOT, 0x48, 0x83, 0x27, 0x00)); /* andq $0 */
    ck_assert_uint_eq(regs->rflags & ZF, ZF);
    ck_assert_uint_eq(entry(), 0);
}
END_TEST

START_TEST(refused)
{
    mfn_t foreign;

    start();
    foreign = world_frame(2);
    regs->rax = pte_make(foreign, RO);
    ck_assert(!FAULT(SLOT, 0x48, 0x89, 0x07));
    regs->rax = pte_make(space.l1, RW); /* the table itself */
    ck_assert(!FAULT(SLOT, 0x48, 0x89, 0x07));
    regs->rax = pte_make(page, RW | PTE_CACHE_DISABLE);
    ck_assert(!FAULT(SLOT, 0x48, 0x89, 0x07));
    ck_assert_uint_eq(entry(), 0);
    regs->rax = pte_make(page, RW);
    ck_assert(!FAULT(SLOT, 0x48, 0x8b, 0x07));       /* a load does not fault writing */
    ck_assert(!FAULT(SLOT, 0x48, 0x89, 0xc7));       /* no memory */
    ck_assert(!FAULT(SLOT, 0x0f, 0x0b));             /* ud2 */
    ck_assert(!FAULT(SLOT, 0xf0, 0x48, 0x89, 0x07)); /* lock mov is none */
    ck_assert(!FAULT(SLOT, 0xf3, 0x48, 0xab));       /* rep stos is for mmu_update */
    ck_assert(!FAULT(SLOT, 0x48, 0x0f, 0xc7, 0x0f)); /* cmpxchg16b spans two entries */
    ck_assert(!FAULT(SLOT, 0x66, 0x0f, 0xd6, 0x07)); /* movq %xmm0 */
    ck_assert(!FAULT(SLOT + 8, 0x48, 0x89, 0x07));   /* another instruction than the one that faulted */
    regs->rdi = SLOT + 4;
    ck_assert(!FAULT(SLOT + 4, 0x48, 0x89, 0x07)); /* 8 bytes over two entries */
    ck_assert_uint_eq(entry(), 0);
    /* An instruction that cannot be read. */
    regs->rip = 0x7000;
    ck_assert(!mm_fixup_fault(v, guest_va(SLOT), WRITE_FAULT));
}
END_TEST

START_TEST(only_for_kernels_that_asked)
{
    start();
    regs->rax = pte_make(page, RO);
    world_domain(1)->vm_assist = 0;
    ck_assert(!FAULT(SLOT, 0x48, 0x89, 0x07));
    world_domain(1)->vm_assist = 1ull << VMASST_TYPE_writable_pagetables;
    ck_assert_int_eq(mm_set_user_root(v, space.l4), 0);
    v->cpu.kernel_mode = false;
    mm_update_hw_root(v);
    ck_assert(!FAULT(SLOT, 0x48, 0x89, 0x07));
    v->cpu.kernel_mode = true;
    mm_update_hw_root(v);
    ck_assert(FAULT(SLOT, 0x48, 0x89, 0x07));
}
END_TEST

START_TEST(upper_tables_are_not_emulated)
{
    start();
    ck_assert_int_eq(world_mmu_update(world_slot(space.l1, 6), pte_make(space.l2, RO), DOMID_SELF), 0);
    ck_assert_int_eq(world_mmu_update(world_slot(space.l1, 7), pte_make(page, RO), DOMID_SELF), 0);
    regs->rax = 0;
    regs->rdi = 0x6008;
    ck_assert(!FAULT(0x6008, 0x48, 0x89, 0x07));
    regs->rdi = 0x7008; /* no table at all: the guest made it read-only itself */
    ck_assert(!FAULT(0x7008, 0x48, 0x89, 0x07));
}
END_TEST

START_TEST(spurious_faults)
{
    start();
    ck_assert_int_eq(world_mmu_update(world_slot(space.l1, 8), pte_make(page, RW), DOMID_SELF), 0);
    ck_assert_int_eq(
        world_mmu_update(world_slot(space.l1, 9), pte_make(page, RO | PTE_NO_EXECUTE), DOMID_SELF), 0);
    ck_assert(mm_fixup_fault(v, guest_va(0x8000), WRITE_FAULT));
    ck_assert(mm_fixup_fault(v, guest_va(0x8000), 4));
    ck_assert(mm_fixup_fault(v, guest_va(0x8000), 0x15));
    ck_assert(!mm_fixup_fault(v, guest_va(0x8000), WRITE_FAULT | 8)); /* a reserved bit is never spurious */
    ck_assert(!mm_fixup_fault(v, guest_va(0x9000), 0x15));
    ck_assert(mm_fixup_fault(v, guest_va(0x9000), 5));
    ck_assert(!mm_fixup_fault(v, guest_va(0xa000), 4));
    ck_assert(!mm_fixup_fault(v, guest_va(1ull << 30), 4));
    ck_assert(!mm_fixup_fault(v, guest_va(0xffff800000000000ull), 5));
    ck_assert(!mm_fixup_fault(v, guest_va(0x0000900000000000ull), 5));
    /* No execution at an upper level counts too. */
    ck_assert_int_eq(
        world_mmu_update(world_slot(space.l3, 0), pte_make(space.l2, RW | PTE_NO_EXECUTE), DOMID_SELF), 0);
    ck_assert(!mm_fixup_fault(v, guest_va(0x8000), 0x15));
    ck_assert_int_eq(world_mmu_update(world_slot(space.l3, 0), pte_make(space.l2, RO), DOMID_SELF), 0);
    ck_assert(!mm_fixup_fault(v, guest_va(0x8000), WRITE_FAULT));
    world_check();
}
END_TEST

START_TEST(single_step)
{
    start();
    regs->rflags = 0x102;
    ck_assert(FAULT(SLOT, 0x48, 0xc7, 0x07, 0, 0, 0, 0));
    ck_assert_uint_eq(v->cpu.bounce.address, 0x1001);
    ck_assert_uint_eq(v->cpu.dr[6] & 0x4000, 0x4000);
}
END_TEST

START_TEST(segment_bases)
{
    start();
    v->machine.gs_base = SLOT - 0x100;
    regs->rdi = 0x100;
    regs->rax = pte_make(page, RO);
    ck_assert(FAULT(SLOT, 0x65, 0x48, 0x89, 0x07)); /* mov %rax,%gs:(%rdi) */
    ck_assert_uint_eq(entry(), pte_make(page, RO | PTE_GLOBAL));
}
END_TEST

/* The arithmetic against the processor's own, where the host is one. */
static uint64_t host_flags(unsigned int op, uint64_t *value, uint64_t other)
{
    uint64_t flags = 0;

#if defined(__x86_64__)
    switch (op) {
    case 0x01:
        __asm__("addq %2, %0; pushfq; popq %1" : "+r"(*value), "=r"(flags) : "r"(other) : "cc");
        break;
    case 0x29:
        __asm__("subq %2, %0; pushfq; popq %1" : "+r"(*value), "=r"(flags) : "r"(other) : "cc");
        break;
    case 0x21:
        __asm__("andq %2, %0; pushfq; popq %1" : "+r"(*value), "=r"(flags) : "r"(other) : "cc");
        break;
    default:
        __asm__("xorq %2, %0; pushfq; popq %1" : "+r"(*value), "=r"(flags) : "r"(other) : "cc");
        break;
    }
#endif
    return flags;
}

START_TEST(flags_as_the_processor)
{
    static const uint8_t ops[] = {0x01, 0x29, 0x21, 0x31};
    struct cpu_user_regs r = {0};
    struct ptwr_insn p;

    for (unsigned int i = 0; i < 4000; i++) {
        const uint8_t bytes[] = {0x48, ops[i % 4], 0x07};
        uint64_t a = (uint64_t)rand() << 40 ^ (uint64_t)rand() << 20 ^ (uint64_t)rand(),
                 b = i % 7 ? a ^ 1ull << i % 64 : a;
        uint64_t value = a, undefined = ops[i % 4] >= 0x21 && ops[i % 4] != 0x29 ? 0x10 : 0, flags;
        struct ptwr_result result;

        r.rax = b;
        r.rdi = 0x1000;
        ck_assert(ptwr_decode(&p, bytes, sizeof(bytes), &r));
        result = ptwr_execute(&p, &r, a);
        flags = host_flags(ops[i % 4], &value, b);
        ck_assert_uint_eq(result.value, value);
        ck_assert_uint_eq(result.flags & FLAGS & ~undefined, flags & FLAGS & ~undefined);
    }
}
END_TEST

/* The decoder's short way, which wants a few bytes to look at, finds what the long one does, which gets as many
 * as the instruction has. */
START_TEST(short_way_decodes_alike)
{
    struct cpu_user_regs r = {.rax = 1ull << 40, .rbx = 3ull << 41, .rbp = 5, .rdi = ~7ull, .r13 = 99};
    unsigned int same = 0;

    for (unsigned int i = 0; i < 200000; i++) {
        static const uint8_t opcodes[] = {0x87, 0x89, 0xb1, 0xc1, 0x88};
        uint8_t bytes[INSN_LENGTH_MAX], *at = bytes;
        struct ptwr_insn a, b;

        *at++ = 0xf0;
        at -= rand() % 2;
        *at++ = (uint8_t)(rand() % 8 ? 0x48 | (rand() & 7) : rand());
        *at++ = 0x0f;
        at -= rand() % 2;
        *at++ = opcodes[rand() % 5];
        while (at < bytes + sizeof(bytes)) {
            *at++ = (uint8_t)rand();
        }
        if (!ptwr_decode(&a, bytes, sizeof(bytes), &r) || a.insn.length > 8) {
            continue;
        }
        ck_assert(ptwr_decode(&b, bytes, a.insn.length, &r));
        ck_assert_uint_eq(a.insn.length, b.insn.length);
        ck_assert_uint_eq(a.address, b.address);
        ck_assert_int_eq(a.action, b.action);
        ck_assert_uint_eq(a.width, b.width);
        ck_assert(a.from_register == b.from_register && a.insn.lock == b.insn.lock);
        ck_assert(a.insn.segment == b.insn.segment && a.insn.reg == b.insn.reg && a.insn.rex == b.insn.rex);
        same++;
    }
    ck_assert_uint_gt(same, 10000);
}
END_TEST

#define DEVICE       0xb8ull /* a frame of I/O memory */
#define DEVICE_ALIAS 0x6010ull

/* Stores to what no domain may write of a device do nothing; others to I/O memory are faults of the guest. */
START_TEST(stores_that_are_dropped)
{
    struct range storage[1];
    struct rangeset allowed;

    world_start();
    v = world_vcpu(1, 0);
    space = world_space(1);
    rangeset_init(&allowed, storage, ARRAY_SIZE(storage));
    world_domain(1)->io_frames = &allowed;
    ck_assert_int_eq(rangeset_add(world_domain(1)->io_frames, DEVICE, DEVICE), 0);
    ck_assert_int_eq(mmio_ro_add(DEVICE, DEVICE), 0);
    fake_poke(space.l1, 6, DEVICE << PAGE_SHIFT | RW);
    world_enter(v, space.l4);
    ck_assert_uint_eq(fake_peek(space.l1, 6) & PTE_WRITE, 0); /* without a word */
    fake_guest_memory(guest_va(CODE), code, sizeof(code));
    regs = &v->machine.regs;
    regs->rdi = DEVICE_ALIAS;
    ck_assert(FAULT(DEVICE_ALIAS, 0x48, 0x89, 0x07));
    ck_assert(FAULT(DEVICE_ALIAS, 0xc7, 0x07, 0x01, 0x02, 0x03, 0x04)); /* movl $..., (%rdi) */
    ck_assert(!FAULT(DEVICE_ALIAS, 0x48, 0x87, 0x07));                  /* xchg reads, too */
    regs->rdi = DEVICE_ALIAS + PAGE_SIZE;
    ck_assert(!FAULT(DEVICE_ALIAS, 0x48, 0x89, 0x07)); /* another address than the fault's */
    mmio_ro_remove(DEVICE, DEVICE);
    regs->rdi = DEVICE_ALIAS;
    ck_assert(!FAULT(DEVICE_ALIAS, 0x48, 0x89, 0x07));
}
END_TEST

Suite *mm_ptwr_suite(void)
{
    Suite *suite = suite_create("mm ptwr");
    TCase *tests = tcase_create("instructions");

    tcase_add_test(tests, mov);
    tcase_add_test(tests, parts_of_an_entry);
    tcase_add_test(tests, xchg);
    tcase_add_test(tests, locked_bits);
    tcase_add_test(tests, cmpxchg);
    tcase_add_test(tests, arithmetic);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, only_for_kernels_that_asked);
    tcase_add_test(tests, upper_tables_are_not_emulated);
    tcase_add_test(tests, spurious_faults);
    tcase_add_test(tests, single_step);
    tcase_add_test(tests, segment_bases);
    tcase_add_test(tests, flags_as_the_processor);
    tcase_add_test(tests, short_way_decodes_alike);
    tcase_add_test(tests, stores_that_are_dropped);
    suite_add_tcase(suite, tests);
    return suite;
}
