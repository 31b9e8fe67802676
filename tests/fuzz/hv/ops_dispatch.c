/* SPDX-License-Identifier: MIT */
/* Any hypercall with any arguments, alone or in a list. */
#include "operations.h"

#include <string.h>

#define LIST_MAX 5u

static uint64_t any_number(void)
{
    return fuzz_one_in(32) ? fuzz_number() : fuzz_below(42);
}

/* An argument: a number, an address, a frame, a page of bytes of which some are set. */
static uint64_t any_argument(void)
{
    uint8_t bytes[96];

    switch (fuzz_below(6)) {
    case 0:
    case 1:
        return fuzz_number();
    case 2:
        return fuzz_address();
    case 3:
        return fuzz_one_in(2) ? fuzz_frame().n : fuzz_entry(fuzz_below(FUZZ_ROLES));
    default:
        for (unsigned int i = 0; i < sizeof(bytes); i++) {
            bytes[i] = i % 4 == 0 ? fuzz_u8() : 0;
        }
        return fuzz_put(bytes, sizeof(bytes)).n;
    }
}

void op_any(void)
{
    uint64_t number = any_number(), a = any_argument(), b = any_argument(), c = any_argument();

    fuzz_call(number, a, b, c, fuzz_one_in(2) ? DOMID_SELF : fuzz_number());
}

/* A list of calls; those that change one entry of a table are the ones that kernels put into lists. */
void op_multicall(void)
{
    struct multicall_entry list[LIST_MAX];
    unsigned int count = 1 + fuzz_below(LIST_MAX);

    memset(list, 0, sizeof(list));
    for (unsigned int i = 0; i < count; i++) {
        list[i].op = any_number();
        switch (list[i].op) {
        case __HYPERVISOR_update_va_mapping:
            list[i].args[0] = fuzz_address();
            list[i].args[1] = fuzz_entry(0);
            list[i].args[2] = fuzz_below(16);
            break;
        case __HYPERVISOR_mmuext_op: {
            struct mmuext_op op = {.cmd = fuzz_below(22)};

            op.arg1.mfn = fuzz_frame().n;
            list[i].args[0] = fuzz_put(&op, sizeof(op)).n;
            list[i].args[1] = 1;
            list[i].args[3] = DOMID_SELF;
            break;
        }
        default:
            list[i].args[0] = any_argument();
            list[i].args[1] = fuzz_one_in(2) ? any_argument() : fuzz_number();
            list[i].args[2] = fuzz_number();
            list[i].args[3] = DOMID_SELF;
        }
    }
    fuzz_call(__HYPERVISOR_multicall, fuzz_put(list, count * sizeof(list[0])).n,
              fuzz_one_in(16) ? fuzz_number() : count, 0, 0);
}
