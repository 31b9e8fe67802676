/* SPDX-License-Identifier: MIT */
/* Where the bytes of the present input come from; for world.c. */
#ifndef TESTS_FUZZ_HV_INPUT_H
#define TESTS_FUZZ_HV_INPUT_H

#include <stddef.h>
#include <stdint.h>

void fuzz_input_set(const uint8_t *data, size_t size);

#endif
