/* SPDX-License-Identifier: MIT */
/* Fuzzes the instruction decoder: the first byte chooses the mode, the rest is code. */
#include <stdlib.h>

#include "lib/insn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpu_user_regs regs = {.rip = 0x1000, .rsp = 0x7000};
    struct insn insn, again;
    enum insn_mode mode;

    if (size == 0) {
        return 0;
    }
    mode = data[0] & 1 ? INSN_MODE_COMPAT32 : INSN_MODE_64;
    if (!insn_decode(&insn, data + 1, size - 1, mode)) {
        return 0;
    }
    require(insn.length >= 1 && insn.length <= INSN_LENGTH_MAX && insn.length <= size - 1);
    require(insn.memory || insn.displacement == 0);
    require(insn.reg < 16 && insn.rm < 16 && insn.immediate_size <= 8);
    /* What lies behind an instruction does not matter, and every byte of it does. */
    require(insn_decode(&again, data + 1, insn.length, mode) && again.length == insn.length);
    require(!insn_decode(&again, data + 1, insn.length - 1u, mode));
    if (insn.memory) {
        uint64_t address = insn_effective_address(&insn, &regs);

        require(insn.address_size == 8 || address >> 32 == 0);
    }
    insn_register_write(&insn, &regs, insn.reg, 1, insn_register_read(&insn, &regs, insn.rm, 1));
    return 0;
}
