/* SPDX-License-Identifier: MIT */
/* The option spec-ctrl=, a list of words with Xen's names. */
#ifndef BOOT_SPEC_CTRL_H
#define BOOT_SPEC_CTRL_H

#include "lib/types.h"
#include "x86/speculation.h"

/* Parses the value of length bytes into options; false for a word that makes no sense. Xen's words for what Parvis
 * does always, or never has, are accepted. */
bool boot_spec_ctrl_parse(const char *value, size_t length, struct x86_speculation_options *options);

#endif
