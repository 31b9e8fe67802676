/* SPDX-License-Identifier: MIT */
/* Privileged instructions that are not emulated raise #GP in the kernel as in user mode, and change nothing.
 */
#include "guest/test.h"

static uint8_t operand[16];

#define INSTRUCTION(name, text)                                                   \
    static void name(void *argument)                                              \
    {                                                                             \
        (void)argument;                                                           \
        __asm__ volatile(text ::"m"(operand), "a"(0), "c"(0), "d"(0) : "memory"); \
    }

INSTRUCTION(try_hlt, "hlt")
INSTRUCTION(try_lgdt, "lgdt %0")
INSTRUCTION(try_lidt, "lidt %0")
INSTRUCTION(try_lldt, "lldt %%ax")
INSTRUCTION(try_ltr, "ltr %%ax")
INSTRUCTION(try_invlpg, "invlpg %0")
INSTRUCTION(try_swapgs, "swapgs")
INSTRUCTION(try_rdpmc, "rdpmc")
INSTRUCTION(try_invd, "invd")
INSTRUCTION(try_lmsw, "lmsw %%ax")
INSTRUCTION(try_sysret, "sysretq")

GUEST_TEST(emulate_refused)
{
    static const struct {
        const char *name;
        void (*act)(void *);
    } all[] = {{"hlt", try_hlt},   {"lgdt", try_lgdt},     {"lidt", try_lidt},     {"lldt", try_lldt},
               {"ltr", try_ltr},   {"invlpg", try_invlpg}, {"swapgs", try_swapgs}, {"rdpmc", try_rdpmc},
               {"invd", try_invd}, {"lmsw", try_lmsw},     {"sysret", try_sysret}};
    struct trap_frame frame;

    for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
        bool trapped = trap_catch(all[i].act, NULL, &frame);

        if (!trapped || frame.vector != VECTOR_GP || frame.error != 0) {
            printf("  %s: trapped %d vector %lu error %lx\n", all[i].name, trapped, frame.vector,
                   frame.error);
        }
        EXPECT(trapped && frame.vector == VECTOR_GP && frame.error == 0);
    }
}
